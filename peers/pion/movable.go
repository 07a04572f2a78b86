package main

import (
	"net"
	"sync"
	"time"
)

// movable is a UDP socket whose port can be changed while it is read, as a NAT would change it.
type movable struct {
	guard   sync.Mutex
	current net.PacketConn
}

// rebind goes on with a new socket on a port that the system chooses.
func (m *movable) rebind() error {
	fresh, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	m.guard.Lock()
	old := m.current
	m.current = fresh
	m.guard.Unlock()
	if old != nil {
		return old.Close()
	}
	return nil
}

func (m *movable) socket() net.PacketConn {
	m.guard.Lock()
	defer m.guard.Unlock()
	return m.current
}

// ReadFrom goes on at the new socket when the old one was closed under it.
func (m *movable) ReadFrom(buffer []byte) (int, net.Addr, error) {
	for {
		socket := m.socket()
		size, from, err := socket.ReadFrom(buffer)
		if err == nil || socket == m.socket() {
			return size, from, err
		}
	}
}

func (m *movable) WriteTo(data []byte, to net.Addr) (int, error) { return m.socket().WriteTo(data, to) }
func (m *movable) Close() error                                  { return m.socket().Close() }
func (m *movable) LocalAddr() net.Addr                           { return m.socket().LocalAddr() }
func (m *movable) SetDeadline(t time.Time) error                 { return m.socket().SetDeadline(t) }
func (m *movable) SetReadDeadline(t time.Time) error             { return m.socket().SetReadDeadline(t) }
func (m *movable) SetWriteDeadline(t time.Time) error            { return m.socket().SetWriteDeadline(t) }
