package web

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTokenReadsBack(t *testing.T) {
	s, err := NewSigner([]byte(strings.Repeat("k", 32)))
	require.NoError(t, err)
	for _, want := range []Token{
		{Role: Participant, Epoch: 5, Participant: 7, Generation: 3},
		{Role: Host, Epoch: 1 << 40}, {Role: Join, Epoch: 9, Generation: 1 << 30},
	} {
		got, err := s.Read(s.Sign(want))
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err = NewSigner([]byte("short"))
	assert.Error(t, err)
}

// TestTokenAnyBit finds each changed bit, each truncation, and another's secret.
func TestTokenAnyBit(t *testing.T) {
	s, _ := NewSigner([]byte(strings.Repeat("k", 32)))
	other, _ := NewSigner([]byte(strings.Repeat("o", 32)))
	good := s.Sign(Token{Role: Participant, Epoch: 5, Participant: 7})
	raw, err := base64.RawURLEncoding.DecodeString(good)
	require.NoError(t, err)
	for i := range len(raw) * 8 {
		bad := append([]byte(nil), raw...)
		bad[i/8] ^= 1 << (i % 8)
		_, err := s.Read(base64.RawURLEncoding.EncodeToString(bad))
		assert.Error(t, err, "bit %d", i)
	}
	for i := range len(good) {
		_, err := s.Read(good[:i])
		assert.Error(t, err, "the first %d", i)
	}
	for _, bad := range []string{good + "A", good + "=", good + "\n", " " + good, good[:10] + "\n" + good[10:],
		other.Sign(Token{Role: Participant, Epoch: 5, Participant: 7}), s.signKey(7, pressKey{shown: time.Now()})} {
		_, err := s.Read(bad)
		assert.Error(t, err, "%q", bad)
	}
}

func TestPressKey(t *testing.T) {
	s, _ := NewSigner([]byte(strings.Repeat("k", 32)))
	at := time.UnixMilli(1_700_000_000_123)
	want := pressKey{at, 99, 3, s.sessionMark("class")}
	key := s.signKey(7, want)
	got, ok := s.readKey(7, key)
	assert.True(t, ok)
	assert.Equal(t, want, got)
	_, ok = s.readKey(8, key)
	assert.False(t, ok, "a key is for its own participant")
	_, ok = s.readKey(7, key[:len(key)-1])
	assert.False(t, ok)
}

func FuzzToken(f *testing.F) {
	s, _ := NewSigner([]byte(strings.Repeat("k", 32)))
	f.Add(s.Sign(Token{Role: Participant, Epoch: 5, Participant: 7, Generation: -1}))
	f.Add(s.signKey(7, pressKey{shown: time.UnixMilli(5), round: 9}))
	f.Add("")
	f.Add("AXAAAA\n")
	f.Fuzz(func(t *testing.T, text string) {
		if token, err := s.Read(text); err == nil {
			assert.Equal(t, text, s.Sign(token), "a token has one spelling")
		}
		if key, ok := s.readKey(7, text); ok {
			assert.Equal(t, text, s.signKey(7, key))
		}
	})
}

// TestAddresses asks with tokens that are somebody else's, revoked, or no tokens.
func TestAddresses(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	of := func(id int64, change func(*Token)) string {
		token := g.token(id)
		change(&token)
		return g.o.Signer.Sign(token)
	}
	as := func(*Token) {}
	good := of(1, as)
	forger, _ := NewSigner([]byte(strings.Repeat("x", 32)))
	host := of(0, as)
	for name, path := range map[string]string{
		"forged": "/p/" + forger.Sign(g.token(1)), "truncated": "/p/" + good[:len(good)-1],
		"of another launch": "/p/" + of(1, func(t *Token) { t.Epoch++ }),
		"of nobody":         "/p/" + of(1, func(t *Token) { t.Participant = 99 }),
		"a host's":          "/p/" + host, "not a host's": "/host/" + good, "to join": "/join/" + good,
		"to join, which nobody may": g.o.Signer.Path(Token{Role: Join, Epoch: g.o.Epoch}),
	} {
		assert.Equal(t, http.StatusForbidden, g.do("GET", path, nil).Code, name)
	}
	assert.Equal(t, http.StatusOK, g.do("GET", "/p/"+good, nil).Code)
	assert.Equal(t, http.StatusOK, g.do("GET", "/host/"+host, nil).Code)

	_, err := g.b.store.Serving.Renew(t.Context(), 1)
	require.NoError(t, err)
	g.renewHost()
	require.NoError(t, g.refresh(t.Context(), false))
	assert.Equal(t, http.StatusForbidden, g.do("GET", "/p/"+good, nil).Code, "revoked")
	assert.Equal(t, http.StatusForbidden, g.do("GET", "/host/"+host, nil).Code, "revoked")
	assert.Equal(t, http.StatusOK, g.do("GET", g.address(1), nil).Code)
	assert.Equal(t, http.StatusOK, g.do("GET", g.address(2), nil).Code, "others keep theirs")
}
