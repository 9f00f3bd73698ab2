package report

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/schema"
)

func TestChoices(t *testing.T) {
	var b strings.Builder
	labels := []string{"Ada \"A\" ($13)", "名前\n\x00</script>", "\xff"}
	require.NoError(t, Choices(&b, []string{"7", "8", "9"}, labels))
	var read struct{ Choices, Labels []string }
	require.NoError(t, json.Unmarshal([]byte(b.String()), &read))
	assert.Equal(t, []string{"7", "8", "9"}, read.Choices)
	assert.Equal(t, []string{labels[0], labels[1], "\uFFFD"}, read.Labels)
	b.Reset()
	require.NoError(t, Choices(&b, nil, nil))
	assert.Equal(t, "{\"choices\": [], \"labels\": []}\n", b.String())
}

func TestDecoder(t *testing.T) {
	d := NewDecoder([]schema.Column{{Kind: schema.Pickle}, {Kind: schema.JSON}, {Kind: schema.Int}, {Kind: schema.Text, Secret: true}}, false)
	assert.Equal(t, "Ada é", d.Text(0, []byte(`"Ada \u00e9"`)))
	assert.Equal(t, "2.5", d.Text(0, []byte(`2.5`)))
	assert.Empty(t, d.Text(0, []byte(`null`)))
	assert.Equal(t, "Ada", d.Text(1, []byte(`"Ada"`)))
	assert.Equal(t, "7", d.Text(2, []byte(`7`)))
	assert.Empty(t, d.Text(2, nil))
	assert.Equal(t, hidden, d.Text(3, []byte("hush")))
}
