package cli

import (
	"bufio"
	"context"
	"io"
	"strings"
)

// Interactive reports whether somebody sits there who can answer a question.
func (s *Streams) Interactive() bool { return s.InTTY && s.ErrTTY }

// Ask asks a question on Err and reads the answer from In: y or yes is yes,
// anything else and the end of the input are no. It fails when ctx ends.
func (s *Streams) Ask(ctx context.Context, question string) (yes bool, err error) {
	if s.OutTTY {
		_ = s.Flush() // what is asked about is read before the question
	}
	if _, err := io.WriteString(s.Err, visible(question)+" [y/N] "); err != nil {
		return false, err
	}
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(s.In).ReadString('\n') // at its end there is no answer
		answer <- line
	}()
	select {
	case line := <-answer:
		word := strings.ToLower(strings.TrimSpace(line))
		if !strings.HasSuffix(line, "\n") {
			s.line("", "") // the cursor stands behind the question
		}
		return word == "y" || word == "yes", nil
	case <-ctx.Done():
		s.line("", "")
		return false, ctx.Err()
	}
}
