// A DTLS 1.2 client or echo server on github.com/pion/dtls; README.md lists the options. Both end with their standard
// input.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/elliptic"
)

var (
	port        = flag.Int("port", 0, "port of the server; as a server, 0 lets the system choose")
	suite       = flag.String("suite", "", "the only cipher suite, by its IANA name")
	groups      = flag.String("groups", "P-256", "groups with commas, the preferred one first")
	identity    = flag.String("identity", "", "identity of the pre-shared key")
	psk         = flag.String("psk", "", "pre-shared key in hex")
	certificate = flag.String("certificate", "", "PEM file with the own certificate chain")
	key         = flag.String("key", "", "PEM file with its key")
	ca          = flag.String("ca", "", "PEM file with the certificate that the peer's chain must lead to")
	name        = flag.String("name", "localhost", "name that the server's certificate must have")
	cid         = flag.Int("cid", -1, "length of the own Connection ID; -1 for none")
	mtu         = flag.Int("mtu", 1200, "size that handshake messages are cut to")
	resume      = flag.Bool("resume", false, "as a client, do a second handshake that resumes the first's session")
)

func main() {
	flag.Parse()
	role := client
	if flag.Arg(0) == "server" {
		role = server
	}
	if err := role(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// options are those that both roles have.
func options() ([]dtls.Option, error) {
	chosen, err := suiteID()
	if err != nil {
		return nil, err
	}
	var curves []elliptic.Curve
	for _, group := range strings.Split(*groups, ",") {
		curves = append(curves, curveOf[group])
	}
	result := []dtls.Option{
		dtls.WithCipherSuites(chosen),
		dtls.WithEllipticCurves(curves...),
		dtls.WithMTU(*mtu),
		dtls.WithSessionStore(&store{sessions: map[string]dtls.Session{}}),
	}
	if *cid == 0 {
		result = append(result, dtls.WithConnectionIDGenerator(dtls.OnlySendCIDGenerator()))
	} else if *cid > 0 {
		result = append(result, dtls.WithConnectionIDGenerator(dtls.RandomCIDGenerator(*cid)))
	}
	if *psk != "" {
		secret, err := hex.DecodeString(*psk)
		if err != nil {
			return nil, err
		}
		give := func([]byte) ([]byte, error) { return secret, nil }
		result = append(result, dtls.WithPSK(give), dtls.WithPSKIdentityHint([]byte(*identity)))
	}
	if *certificate != "" {
		pair, err := tls.LoadX509KeyPair(*certificate, *key)
		if err != nil {
			return nil, err
		}
		result = append(result, dtls.WithCertificates(pair))
	}
	return result, nil
}

var curveOf = map[string]elliptic.Curve{"P-256": elliptic.P256, "X25519": elliptic.X25519, "P-384": elliptic.P384}

func suiteID() (dtls.CipherSuiteID, error) {
	for id := range 1 << 16 {
		// The library writes one of them with hyphens.
		if strings.ReplaceAll(dtls.CipherSuiteName(dtls.CipherSuiteID(id)), "-", "_") == *suite {
			return dtls.CipherSuiteID(id), nil
		}
	}
	return 0, fmt.Errorf("unknown suite %q", *suite)
}

func authorities() (*x509.CertPool, error) {
	text, err := os.ReadFile(*ca)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("no certificate in %s", *ca)
	}
	return pool, nil
}

func server() error {
	shared, err := options()
	if err != nil {
		return err
	}
	var own []dtls.ServerOption
	for _, option := range shared {
		own = append(own, option)
	}
	if *ca != "" {
		pool, err := authorities()
		if err != nil {
			return err
		}
		own = append(own, dtls.WithClientCAs(pool), dtls.WithClientAuth(dtls.RequireAndVerifyClientCert))
	}
	listener, err := dtls.ListenWithOptions("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: *port}, own...)
	if err != nil {
		return err
	}
	fmt.Println("ready", listener.Addr().(*net.UDPAddr).Port)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go io.Copy(connection, connection)
		}
	}()
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func client() error {
	shared, err := options()
	if err != nil {
		return err
	}
	own := []dtls.ClientOption{dtls.WithServerName(*name)}
	for _, option := range shared {
		own = append(own, option)
	}
	if *ca != "" {
		pool, err := authorities()
		if err != nil {
			return err
		}
		own = append(own, dtls.WithRootCAs(pool))
	}
	connection, err := connect(own)
	if err != nil {
		return err
	}
	if *resume {
		connection.Close()
		if connection, err = connect(own); err != nil {
			return err
		}
	}
	go io.Copy(os.Stdout, connection)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if _, err := connection.Write(append(lines.Bytes(), '\n')); err != nil {
			return err
		}
	}
	return connection.Close()
}

func connect(own []dtls.ClientOption) (*dtls.Conn, error) {
	to := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: *port}
	connection, err := dtls.DialWithOptions("udp4", to, own...)
	if err != nil {
		return nil, err
	}
	return connection, connection.Handshake()
}

// store keeps the sessions of one process; its zero Session stands for none.
type store struct {
	guard    sync.Mutex
	sessions map[string]dtls.Session
}

func (s *store) Set(key []byte, session dtls.Session) error {
	s.guard.Lock()
	defer s.guard.Unlock()
	s.sessions[string(key)] = session
	return nil
}

func (s *store) Get(key []byte) (dtls.Session, error) {
	s.guard.Lock()
	defer s.guard.Unlock()
	return s.sessions[string(key)], nil
}

func (s *store) Del(key []byte) error {
	s.guard.Lock()
	defer s.guard.Unlock()
	delete(s.sessions, string(key))
	return nil
}
