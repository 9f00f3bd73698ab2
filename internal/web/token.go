package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"time"
)

// Role is what a token lets its holder be.
type Role byte

// The roles. To join nobody has a token, but a code.
const (
	Participant Role = 'p'
	Host        Role = 'h'
	Join        Role = 'j' // may become a participant
)

// Token is what an address says of its holder. Host and Join name participant 0.
type Token struct {
	Role        Role
	Epoch       int64 // of the launch that it was made for
	Participant int64
	Generation  int // an older one than the player's was revoked
}

const (
	tokenVersion = 1
	tokenBody    = 1 + 1 + 8 + 8 + 4
	tokenMAC     = 16
)

// errToken says nothing of what is wrong: whoever forges learns nothing.
var errToken = errors.New("this address is not valid")

// Signer makes tokens and reads them, by a secret of the database.
type Signer struct{ key []byte }

// NewSigner makes a signer of a secret of 32 bytes.
func NewSigner(secret []byte) (Signer, error) {
	if len(secret) != 32 {
		return Signer{}, errors.New("the secret of the addresses has not 32 bytes")
	}
	return Signer{key: append([]byte(nil), secret...)}, nil
}

// Sign is the token's text: version, role, epoch, participant, generation and the
// first 16 bytes of their HMAC-SHA256, in base64url without padding.
func (s Signer) Sign(t Token) string {
	b := append(make([]byte, 0, tokenBody+tokenMAC), tokenVersion, byte(t.Role))
	b = binary.BigEndian.AppendUint64(b, uint64(t.Epoch))
	b = binary.BigEndian.AppendUint64(b, uint64(t.Participant))
	b = binary.BigEndian.AppendUint32(b, uint32(t.Generation))
	return base64.RawURLEncoding.EncodeToString(append(b, s.mac("token", b)[:tokenMAC]...))
}

// Path is the path of the page that a token opens. That to join is short: it is typed.
func (s Signer) Path(t Token) string {
	if t.Role == Join {
		return "/join/" + s.code(t.Epoch, t.Generation)
	}
	return map[Role]string{Participant: "/p/", Host: "/host/"}[t.Role] + s.Sign(t)
}

// codes are Crockford's base 32 (https://www.crockford.com/base32.html), in the small
// letters that telephones offer first.
var codes = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// code is what to join is typed: 40 bits. At ten thousand guesses a second it takes more
// than a year to find, and a class an hour.
func (s Signer) code(epoch int64, generation int) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(epoch))
	return codes.EncodeToString(s.mac("join", binary.BigEndian.AppendUint32(b, uint32(generation)))[:5])
}

// misread are letters that the code has not, and what they were read of.
var misread = strings.NewReplacer("o", "0", "i", "1", "l", "1", "-", "", " ", "")

// isCode reports whether somebody has typed the code, in letters of any size.
func (s Signer) isCode(text string, epoch int64, generation int) bool {
	return len(text) <= 40 && hmac.Equal([]byte(misread.Replace(strings.ToLower(text))), []byte(s.code(epoch, generation)))
}

// Read gives the token of a text that Sign has made, and an error for any other.
func (s Signer) Read(text string) (Token, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	// DecodeString leaves out line ends: a token has one spelling only.
	if err != nil || len(b) != tokenBody+tokenMAC || len(text) != base64.RawURLEncoding.EncodedLen(len(b)) {
		return Token{}, errToken
	}
	body, mac := b[:tokenBody], b[tokenBody:]
	if !hmac.Equal(mac, s.mac("token", body)[:tokenMAC]) || body[0] != tokenVersion {
		return Token{}, errToken
	}
	return Token{
		Role:        Role(body[1]),
		Epoch:       int64(binary.BigEndian.Uint64(body[2:])),
		Participant: int64(binary.BigEndian.Uint64(body[10:])),
		Generation:  int(int32(binary.BigEndian.Uint32(body[18:]))),
	}, nil
}

// mac is the HMAC of a text of some use: one for a token is no good for a press.
func (s Signer) mac(use string, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(use))
	h.Write([]byte{0})
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

const (
	keyBody = 8 + 8 + 4 + 4
	keyMAC  = 8
)

// pressKey is what a key says: when its page was drawn or the press before it was
// answered, in which session, and which decision of the participant it will be. It is
// in the key, which is signed, so that a retry says the same whatever has become of
// the server meanwhile, and nobody makes a key that a transfer from elsewhere has.
type pressKey struct {
	shown   time.Time
	random  uint64
	round   int
	session [4]byte
}

// sessionMark tells the keys of one session from those of another.
func (s Signer) sessionMark(session string) (mark [4]byte) {
	copy(mark[:], s.mac("session", []byte(session)))
	return mark
}

// signKey is the text of a participant's key.
func (s Signer) signKey(participant int64, k pressKey) string {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, keyBody+keyMAC), uint64(k.shown.UnixMilli()))
	b = binary.BigEndian.AppendUint64(b, k.random)
	b = binary.BigEndian.AppendUint32(b, uint32(k.round))
	b = append(b, k.session[:]...)
	return base64.RawURLEncoding.EncodeToString(append(b, s.keyMAC(participant, b)...))
}

// readKey reads a key, and is false for what signKey has not made for this
// participant.
func (s Signer) readKey(participant int64, text string) (k pressKey, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != keyBody+keyMAC || len(text) != base64.RawURLEncoding.EncodedLen(len(b)) {
		return k, false
	}
	if !hmac.Equal(b[keyBody:], s.keyMAC(participant, b[:keyBody])) {
		return k, false
	}
	k.shown = time.UnixMilli(int64(binary.BigEndian.Uint64(b)))
	k.random = binary.BigEndian.Uint64(b[8:])
	k.round = int(binary.BigEndian.Uint32(b[16:]))
	copy(k.session[:], b[20:])
	return k, true
}

func (s Signer) keyMAC(participant int64, body []byte) []byte {
	return s.mac("press", binary.BigEndian.AppendUint64(nil, uint64(participant)), body)[:keyMAC]
}
