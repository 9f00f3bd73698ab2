package schema

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ledgerView makes one of the ledger's views.
func ledgerView(name string, columns ...string) *Table {
	t := table(name, columns...)
	t.Schema, t.View, t.PrimaryKey = LedgerSchema, true, nil
	t.Columns = append(t.Columns[:1:1], t.Columns[3:]...) // nothing of Dallinger's
	return t
}

func TestLedgerIsAnEntity(t *testing.T) {
	transfers, balances := ledgerView("transfers", "payer", "payee", "reverses"), ledgerView("balances", "participant_id")
	decisions := ledgerView("decisions", "donor", "recipient")
	s := New(Server{}, []*Table{table("participant", "type"), transfers, balances, decisions}, nil, Learned{})
	for _, name := range []string{"transfers", "transfer", "Transfers", "exptool.transfers"} {
		e, err := s.Entity(name, false)
		require.NoError(t, err, name)
		assert.Same(t, transfers, e.Table, name)
		assert.Equal(t, "transfers", e.Name, name)
	}
	e, err := s.Entity("balance", false)
	require.NoError(t, err)
	assert.Same(t, balances, e.Table)
	assert.Equal(t, "transfer", s.Singular(transfers))
	assert.Equal(t, "decision", s.Singular(decisions))
	assert.Subset(t, s.Words(), []string{"transfers", "balances", "decisions"})
	assert.True(t, transfers.Unique("id"))
	for _, name := range []string{"payer", "payee", "reverses"} {
		require.Len(t, s.ToOne(transfers, name), 1, name)
		assert.Equal(t, Ledger, s.ToOne(transfers, name)[0].Source)
	}
	assert.Equal(t, "participant", s.ToOne(balances, "participant")[0].RefTable)
	for _, name := range []string{"donor", "recipient"} {
		require.Len(t, s.ToOne(decisions, name), 1, name)
		assert.Equal(t, "participant", s.ToOne(decisions, name)[0].RefTable)
	}
	assert.True(t, LedgerWord("transfer") && LedgerWord("exptool.balances") && LedgerWord("decisions"))
	assert.False(t, LedgerWord("trials") || LedgerWord("exptool.trials"))
}

// An experiment's own table comes first, however it says its name.
func TestExperimentsOwnTransfers(t *testing.T) {
	ours := ledgerView("transfers", "payer", "payee")
	for _, called := range []string{"transfer", "transfers"} {
		theirs := table(called, "type")
		s := New(Server{}, []*Table{theirs, ours}, nil, Learned{})
		for _, name := range []string{"transfer", "transfers"} {
			e, err := s.Entity(name, false)
			require.NoError(t, err, name)
			assert.Same(t, theirs, e.Table, name)
		}
		e, err := s.Entity("exptool.transfers", false)
		require.NoError(t, err)
		assert.Same(t, ours, e.Table)
		assert.Equal(t, "exptool.transfers", e.Name)
		assert.Equal(t, "exptool.transfers", s.Singular(ours))
	}
}

// Where participants are called by anything but numbers, the ledger's numbers mean
// none of them.
func TestLedgerBesideOtherParticipants(t *testing.T) {
	ours := ledgerView("transfers", "payer", "payee")
	participant := table("participant")
	participant.Columns[0].SetType("uuid", "uuid", nil)
	s := New(Server{}, []*Table{participant, ours}, nil, Learned{})
	assert.Empty(t, s.RelationsFrom(ours))
}
