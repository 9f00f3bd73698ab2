package schema

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/sample"
)

// learnTutorial learns the fixture's source as a user would.
func learnTutorial(t testing.TB) Learned {
	t.Helper()
	learned, err := Learn(sample.Source())
	require.NoError(t, err)
	return learned
}

// TestLearnedTreeIsTheTruth: vocabulary and source together give every class of
// the tutorial its table, identity, parent and the types that its query selects.
func TestLearnedTreeIsTheTruth(t *testing.T) {
	learned := learnTutorial(t)
	stored, err := json.Marshal(learned)
	require.NoError(t, err)
	learned = Learned{}
	require.NoError(t, json.Unmarshal(stored, &learned))
	tree := NewTree(append(VocabularyClasses(), learned.Classes...))

	tr := readTruth(t, "tutorial")
	for name, want := range tr.Classes {
		c := tree.Get(name)
		if !assert.NotNil(t, c, name) {
			continue
		}
		assert.Equal(t, want.Table, c.Table, name)
		assert.Equal(t, deref(want.Identity), c.Identity, name)
		assert.Equal(t, deref(want.Parent), c.Parent, name)
		var types, wantTypes []string
		for _, sub := range tree.Subclasses(c) {
			if _, imported := tr.Classes[sub.Name]; imported {
				types = append(types, sub.Identity)
			}
		}
		for _, id := range want.QueryTypes {
			wantTypes = append(wantTypes, strings.Replace(deref(id), "None", "", 1)) // a class without a type column
		}
		slices.Sort(types)
		slices.Sort(wantTypes)
		assert.Equal(t, wantTypes, types, name)
		if strings.HasPrefix(name, "dallinger_experiment.") {
			cols := tr.columns(name)
			for column, python := range c.Columns {
				assert.Equal(t, cols[column], python, "%s.%s", name, column)
			}
		}
	}
	for _, c := range learned.Classes {
		assert.Contains(t, tr.Classes, c.Name, "learnt, but no class of the experiment's database")
	}
	assert.Equal(t, map[string]string{"dollars": "Float", "nickname": "Text"}, learnedClass(learned, "psynet.participant.Participant").Columns)
	assert.Equal(t, "Integer", tree.Get("dallinger_experiment.experiment.CustomTrial").Columns["random_integer"])
}

func learnedClass(l Learned, name string) *Class {
	for _, c := range l.Classes {
		if c.Name == name {
			return c
		}
	}
	return &Class{}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func TestLearnPython(t *testing.T) {
	cases := []struct {
		name, src string
		want      []Class
	}{
		{"alias import", "from psynet.trial.gibbs import GibbsTrial as G\nclass A(G): pass\n",
			[]Class{{Name: "m.A", Bases: []string{"psynet.trial.gibbs.GibbsTrial"}}}},
		{"module import", "import psynet.trial.static\nclass A(psynet.trial.static.StaticTrial):\n  pass",
			[]Class{{Name: "m.A", Bases: []string{"psynet.trial.static.StaticTrial"}}}},
		{"module alias", "import psynet.trial.static as st\nclass A(st.StaticTrial, metaclass=M):\n  pass",
			[]Class{{Name: "m.A", Bases: []string{"psynet.trial.static.StaticTrial"}}}},
		{"relative, in brackets over lines", "from .helper import (\n  X,  # why\n  Y as Z,\n)\nclass A(Z): ...",
			[]Class{{Name: "m.A", Bases: []string{"helper.Y"}}}},
		{"star", "from psynet.trial.static import *\nclass A(StaticTrial): pass",
			[]Class{{Name: "m.A", Bases: []string{"psynet.trial.static.StaticTrial"}}}},
		{"identity by hand", "class A:\n  'doc'\n  polymorphic_identity = \"a\" 'b'\n  x = 1",
			[]Class{{Name: "m.A", Identity: "ab"}}},
		{"mapper args", "class A:\n  __mapper_args__ = {\n    'polymorphic_identity': 'z', 'y': 1}\n",
			[]Class{{Name: "m.A", Identity: "z"}}},
		{"mapper args by dict()", "class A:\n  __mapper_args__ = dict(polymorphic_identity='z')\n",
			[]Class{{Name: "m.A", Identity: "z"}}},
		{"table and columns", "import sqlalchemy as sa\nclass A:\n  __tablename__ = 'pet'\n  a = sa.Column(sa.String(50))\n  b: int = Column('bb', Integer, index=True)\n  c = claim_field('c', __extra_vars__, int)\n  d = deferred(Column(PythonDict))\n  e = relationship(X)\n  f = Column(ForeignKey('x.id'))\n",
			[]Class{{Name: "m.A", Table: "pet", Columns: map[string]string{"a": "String", "bb": "Integer", "c": "Integer", "d": "PythonDict", "f": ""}}}},
		{"declared_attr", "class A:\n  @declared_attr\n  def n(cls):\n    if 1:\n      return cls.__table__.c.get('n', Column(Integer))\n  def m(self):\n    x = Column(Text)\n",
			[]Class{{Name: "m.A", Columns: map[string]string{"n": "Integer"}}}},
		{"set from outside", "from psynet.participant import Participant\nParticipant.dollars = Column(Float)\n",
			[]Class{{Name: "psynet.participant.Participant", Identity: "-", Columns: map[string]string{"dollars": "Float"}}}},
		{"nested, conditional, local", "if TYPE_CHECKING:\n  from x import Y\nelse:\n  class B(Y):\n    class C: pass\ndef f():\n  class D: pass\n",
			[]Class{{Name: "m.B", Bases: []string{"x.Y"}}, {Name: "m.B.C"}}},
		{"text that looks like code", "s = '''\nclass X(Y): pass\n'''\n# class Z: pass\nt = f\"{'class W:'}\"\nclass \\\n  A: pass",
			[]Class{{Name: "m.A"}}},
		{"generic base and call", "class A(Base[T], make()): pass", []Class{{Name: "m.A", Bases: []string{"Base", "make"}}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := LearnPython([]byte(c.src), "m")
			require.NoError(t, err)
			require.Len(t, got, len(c.want))
			for i, w := range c.want {
				switch w.Identity {
				case "":
					w.Identity = w.Name
				case "-":
					w.Identity = ""
				}
				w.Known = FromSource
				assert.Equal(t, w, *got[i])
			}
		})
	}
}

func TestLearnPythonRefusesHalfAFile(t *testing.T) {
	for src, line := range map[string]int{"x = 1\ns = '''never": 2, "class A(\n  B": 1, "s = 'a\n'": 1} {
		_, err := LearnPython([]byte(src), "m")
		var at *SourceError
		if assert.ErrorAs(t, err, &at, src) {
			assert.Equal(t, line, at.Line, src)
		}
	}
}

func TestLink(t *testing.T) {
	known := NewTree(VocabularyClasses())
	raw, err := LearnPython([]byte(`
from psynet.trial import StaticTrial
from psynet.data import Info
import helper
class Mixin:
    mood = Column(Text)
class A(Mixin, StaticTrial):
    polymorphic_identity = "a"
class B(A):
    polymorphic_identity = "a"
class C(helper.H): pass
class Loop(Loop2): pass
class Loop2(Loop): pass
class I(Info): pass
`), "dallinger_experiment.experiment")
	require.NoError(t, err)
	helper, err := LearnPython([]byte("from psynet.trial.static import StaticNode\nclass H(StaticNode): pass"), "dallinger_experiment.helper")
	require.NoError(t, err)
	tree := NewTree(append(Link(append(raw, helper...), known), known.All()...))
	a := tree.Find("A")[0]
	assert.Equal(t, "a", a.Identity)
	assert.Equal(t, "info", a.Table)
	assert.Equal(t, "psynet.trial.static.StaticTrial", a.Parent)
	assert.Equal(t, map[string]string{"mood": "Text"}, a.Columns)
	assert.Equal(t, "dallinger_experiment.experiment.B", tree.Find("B")[0].Identity, "an inherited identity counts once")
	assert.Equal(t, "node", tree.Find("C")[0].Table)
	assert.Equal(t, "info", tree.Find("I")[0].Table)
	assert.Empty(t, tree.Find("Loop"))
}

func FuzzLearn(f *testing.F) {
	for _, src := range sample.Source() {
		f.Add(src)
	}
	f.Add([]byte("class A(B):\n  x = Column('y', String(5))\n@declared_attr\nimport\nfrom . import *\nA.b.c = claim_field(\n)"))
	known := NewTree(VocabularyClasses())
	f.Fuzz(func(t *testing.T, src []byte) {
		classes, err := LearnPython(src, "dallinger_experiment.experiment")
		if err == nil {
			NewTree(append(Link(classes, known), known.All()...))
		}
	})
}
