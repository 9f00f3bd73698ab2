package sqllog

import "io"

type parser struct {
	format  Format
	skipped int64
}
type top struct{}
type runs struct{}

func newParser(o Options) parser     { return parser{format: o.Format} }
func (p *parser) feed([]byte)        {}
func (p *parser) next(*Entry) bool   { return false }
func (p *parser) flush(bool)         {}
func (p *parser) prefixText() string { return "" }
func (r *Reader) read(*Entry) error  { return io.EOF }
func detect([]byte) Format           { return Unknown }
func (e *Entry) shaped() *shape      { return &e.shape }
func clone(e *Entry) Entry           { return *e }
func newTop() top                    { return top{} }
func (*top) add(*Entry, string)      {}
func (*top) rows() []TopRow          { return nil }
func (*top) labels() []TopRow        { return nil }
func (*top) total() TopRow           { return TopRow{} }
func newRuns(RunOptions) runs        { return runs{} }
func (*runs) add(*Entry)             {}
func (*runs) find() []Run            { return nil }
func (*runs) groups() []RunGroup     { return nil }
func className(t string) string      { return t }
