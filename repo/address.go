package repo

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lib/pq"
)

// defaultConnectTimeout bounds connecting where the address says nothing.
const defaultConnectTimeout = 10 * time.Second

// Address says which database, where and as whom. The zero value is none.
type Address struct {
	cfg     pq.Config
	options []option // what the text said, in its order
	private bool
	free    bool // nobody said sslmode
}

// option is one setting of an address.
type option struct{ key, value string }

// passed are the settings of libpq that lib/pq knows.
var passed = []string{
	"host", "hostaddr", "port", "dbname", "user", "password", "passfile", "options",
	"application_name", "fallback_application_name", "sslmode", "sslnegotiation", "sslcert",
	"sslkey", "sslrootcert", "sslsni", "ssl_min_protocol_version", "ssl_max_protocol_version",
	"krbsrvname", "connect_timeout", "client_encoding", "target_session_attrs",
	"load_balance_hosts", "min_protocol_version", "max_protocol_version", "service",
}

// kept are settings of libpq that lib/pq would send to the server as parameters
// of the session. They stay in the URL for psql and SQLAlchemy.
var kept = []string{
	"channel_binding", "gssencmode", "gsslib", "gssdelegation", "keepalives", "keepalives_idle",
	"keepalives_interval", "keepalives_count", "tcp_user_timeout", "sslcompression", "sslcertmode",
}

// ParseAddress reads a postgres://, postgresql:// or postgresql+psycopg2:// URL
// or a key=value string as libpq does: what it leaves open comes from the PG*
// environment, ~/.pgpass and libpq's defaults. Its error is an ErrUsage and
// repeats nothing that could be part of a password.
func ParseAddress(text string) (Address, error) {
	options, err := parseOptions(strings.TrimSpace(text))
	if err != nil {
		return Address{}, err
	}
	return newAddress(options)
}

func newAddress(options []option) (Address, error) {
	var dsn strings.Builder
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	for _, o := range options {
		if o.value != "" && slices.Contains(passed, o.key) {
			dsn.WriteString(o.key + "='" + quote.Replace(o.value) + "' ")
		}
	}
	cfg, err := pq.NewConfig(dsn.String())
	if err != nil {
		// By now everything sits under its own key, and no message of lib/pq's
		// repeats the password's.
		return Address{}, badAddress(oneLine(strings.TrimPrefix(err.Error(), "pq: ")))
	}
	free := cfg.SSLMode == ""
	if free {
		// lib/pq alone would demand TLS and refuse the addresses people have.
		cfg.SSLMode = pq.SSLModePrefer
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = defaultConnectTimeout
	}
	a := Address{cfg: cfg, options: options, free: free}
	for _, h := range a.hosts() {
		if _, err := netip.ParseAddr(h.key); !isSocket(h.key) && err != nil && strings.ContainsAny(h.key, ":[]") {
			return Address{}, badAddress("a host is a name or an address, an IPv6 address in brackets")
		}
	}
	return a, nil
}

// SocketAddress is a database behind a unix socket in the folder dir, whatever
// the PG* environment says.
func SocketAddress(dir string, port int, user, database string) Address {
	return Address{cfg: pq.Config{
		Host: dir, Port: uint16(port), User: user, Database: database,
		SSLMode: pq.SSLModeDisable, ConnectTimeout: defaultConnectTimeout,
		MinProtocolVersion: pq.ProtocolVersion30, MaxProtocolVersion: pq.ProtocolVersion30,
		ClientEncoding: "UTF8", Datestyle: "ISO, MDY",
	}}
}

// Private marks the address as one of the private Postgres.
func (a Address) Private() Address {
	a.private = true
	return a
}

// IsPrivate reports whether the address is one of the private Postgres.
func (a Address) IsPrivate() bool { return a.private }

// IsZero reports whether this is no address at all.
func (a Address) IsZero() bool { return a.cfg.Host == "" && a.cfg.Port == 0 }

// Database is the database's name; where none is given it is the user's, as in libpq.
func (a Address) Database() string {
	if a.cfg.Database == "" {
		return a.cfg.User
	}
	return a.cfg.Database
}

// WithDatabase is the same server's database of that name.
func (a Address) WithDatabase(name string) Address {
	a.cfg = a.cfg.Clone()
	a.cfg.Database = name
	return a
}

// WithUser is the same database as another user, who needs no password: that of the
// private Postgres.
func (a Address) WithUser(name string) Address {
	a.cfg = a.cfg.Clone()
	a.cfg.User = name
	return a
}

// sslModes are the ways to connect, in the order in which they are tried. Where
// nobody decided it is as libpq's prefer, TLS first, but on this machine TLS
// last: nobody listens there, and lib/pq makes a second connection where a server
// has no TLS.
func (a Address) sslModes() []pq.SSLMode {
	if host := a.Host(); a.free && (host == "" || host == "localhost" || host == "127.0.0.1" || host == "::1") {
		return []pq.SSLMode{pq.SSLModeDisable, pq.SSLModeRequire}
	}
	return []pq.SSLMode{a.cfg.SSLMode}
}

// User is the user's name.
func (a Address) User() string { return a.cfg.User }

// Host is the first host: a name, an address, or the folder of a unix socket.
func (a Address) Host() string {
	if a.cfg.Hostaddr.IsValid() && !a.given("host") {
		return a.cfg.Hostaddr.String()
	}
	return a.cfg.Host
}

// Port is the first port.
func (a Address) Port() int { return int(a.cfg.Port) }

// Label is how a person is told which database it is: "exp1 on host" or
// "exp1 (private)".
func (a Address) Label() string {
	if a.private {
		return oneLine(a.Database()) + " (private)"
	}
	return oneLine(a.Database()) + " on " + a.where()
}

// String is the URL with *** for the password.
func (a Address) String() string { return a.url("***") }

// URL is the whole address, password included, as psql and SQLAlchemy take it.
func (a Address) URL() string { return a.url(a.cfg.Password) }

func (a Address) url(password string) string {
	var b strings.Builder
	b.WriteString("postgresql://" + escape(a.cfg.User))
	if a.cfg.Password != "" {
		if password != "***" {
			password = escape(password)
		}
		b.WriteString(":" + password)
	}
	b.WriteByte('@')
	var query []string
	if hosts := a.hosts(); len(hosts) == 1 && isSocket(hosts[0].key) {
		query = append(query, "host="+escapeName(hosts[0].key), "port="+hosts[0].value)
	} else {
		for i, h := range hosts {
			if i > 0 {
				b.WriteByte(',')
			}
			if strings.Contains(h.key, ":") {
				h.key = "[" + h.key + "]"
			} else {
				h.key = escape(h.key)
			}
			b.WriteString(h.key + ":" + h.value)
		}
	}
	b.WriteString("/" + escapeName(a.Database()))
	for _, o := range a.options {
		switch o.key {
		case "host", "port", "dbname", "user", "password":
		default:
			if o.value != "" { // as if it were not there
				query = append(query, o.key+"="+escape(o.value))
			}
		}
	}
	if len(query) > 0 {
		b.WriteString("?" + strings.Join(query, "&"))
	}
	return b.String()
}

// hosts are the hosts with their ports.
func (a Address) hosts() []option {
	host := a.cfg.Host
	if a.cfg.Hostaddr.IsValid() && !a.given("host") && !a.given("hostaddr") {
		host = a.cfg.Hostaddr.String()
	}
	list := []option{{host, strconv.Itoa(int(a.cfg.Port))}}
	for _, m := range a.cfg.Multi {
		list = append(list, option{m.Host, strconv.Itoa(int(m.Port))})
	}
	return list
}

func (a Address) given(key string) bool {
	return slices.ContainsFunc(a.options, func(o option) bool { return o.key == key && o.value != "" })
}

func (a Address) timeout() time.Duration { return a.cfg.ConnectTimeout }

// where names the server in messages.
func (a Address) where() string {
	host := oneLine(a.Host())
	if a.private {
		return "the private Postgres"
	}
	if a.cfg.Port != 5432 && !isSocket(host) {
		return net.JoinHostPort(host, strconv.Itoa(int(a.cfg.Port)))
	}
	return host
}

// endpoint is where precisely.
func (a Address) endpoint() string {
	host, port := oneLine(a.Host()), strconv.Itoa(int(a.cfg.Port))
	if isSocket(host) {
		return host + "/.s.PGSQL." + port
	}
	return net.JoinHostPort(host, port)
}

func isSocket(host string) bool {
	return strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@")
}

// escape is percent-encoding of all but RFC 3986's unreserved characters.
func escape(s string) string { return percent(s, "-._~") }

// escapeName keeps a name readable: SQLAlchemy takes a database's name as it
// stands, psql decodes it.
func escapeName(s string) string { return percent(s, "-._~/@$!*(),;=:") }

func percent(s, keep string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte(keep, c) >= 0,
			c >= 0x80 && len(keep) > 4:
			b.WriteByte(c)
		default:
			b.WriteString("%" + string(hex[c>>4]) + string(hex[c&15]))
		}
	}
	return b.String()
}

// MarshalText keeps passwords out of logs and JSON: it is String.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// GoString keeps passwords out of %#v: it is String.
func (a Address) GoString() string { return a.String() }
