/** Every kind of handshake, and how each of them fails. */
import { describe, expect, it } from 'vitest';
import { computeNow } from './compute.ts';
import { readFragments } from './fragments.ts';
import { HANDSHAKE_MESSAGES, type HandshakeKind } from './messages.ts';
import type { ServerIdentity } from './options.ts';
import { ContentType, readRecord } from './record.ts';
import { alertIn, effectsOf, type Network, Pair, type PairOptions } from './testing.ts';
import { attempt, CERTIFICATES, ECDHE_PSK, expectNoSession, RAW_KEYS, refusalsOf } from './testing-attempts.ts';
import { LONG_MS } from './testing-disturbance.ts';
import { MODES, merge, pairOf } from './testing-modes.ts';
import { CERTIFIED_SERVER, RAW_CLIENT, RAW_SERVER } from './testing-peers.ts';

/** The first body octet of a plaintext handshake message in a datagram that holds nothing else, and its type. */
function messageIn(datagram: Uint8Array): HandshakeKind | undefined {
  const record = readRecord(datagram, 0);
  if (record?.type !== ContentType.HANDSHAKE || record.epoch !== 0) return undefined;
  const type = readFragments(record.fragment)?.[0]?.type;
  return (Object.keys(HANDSHAKE_MESSAGES) as HandshakeKind[]).find((kind) => HANDSHAKE_MESSAGES[kind].type === type);
}

describe.each(MODES)('a handshake with $name', (mode) => {
  it.each([
    ['at once', {}],
    ['with answers that take their time, and small datagrams', { lookupMs: 700, computeMs: 300, shared: { mtu: 200 } }],
  ])('is established on both sides, %s', (_, more) => {
    const pair = pairOf(mode, more);
    pair.client.connect(pair.now);
    pair.run(pair.now + 10_000);
    const [client] = effectsOf(pair.clientEffects, 'established');
    const [server] = effectsOf(pair.serverEffects, 'established');
    expect(effectsOf([...pair.clientEffects, ...pair.serverEffects], 'refused')).toEqual([]);
    if (client === undefined || server === undefined) throw new Error('not established');
    expect(client).toMatchObject({ suite: server.suite, extendedMasterSecret: true, resumed: mode.resumed ?? false });
    expect(server.resumed).toBe(mode.resumed ?? false);
    expect(server.identity).toMatch(/^(psk|rpk|x509):[0-9a-f]+$/);
    expect(server.credential).toMatch(/^credential-[123]$/);
    pair.client.send(client.session, Buffer.from('up'));
    pair.server.send(server.session, Buffer.from('down'));
    pair.run(pair.now + 100);
    expect(effectsOf(pair.serverEffects, 'received').map(({ data }) => Buffer.from(data).toString())).toEqual(['up']);
    expect(effectsOf(pair.clientEffects, 'received').map(({ data }) => Buffer.from(data).toString())).toEqual(['down']);
  });

  it('tells its secret to a key log alike on both sides', () => {
    const lines: string[] = [];
    const pair = pairOf(mode, { shared: { keyLog: (line) => lines.push(line) } });
    lines.length = 0;
    pair.client.connect(pair.now);
    pair.run(pair.now + 10_000);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}$/);
    expect(lines[1]).toBe(lines[0]);
  });

  it('is given up when nothing comes through, and leaves nothing', () => {
    for (let lost = 1; lost < 6; lost++) {
      const pair = pairOf(mode);
      pair.network = (_, __, index) => (index >= lost ? [] : [1]);
      pair.client.connect(pair.now);
      pair.run(pair.now + LONG_MS);
      for (const endpoint of [pair.server, pair.client]) {
        expect(endpoint.sizes()).toMatchObject({ halfOpen: 0, lookups: 0, deadlines: 0 });
      }
    }
  });

  it('never leads to a session when a hello is changed on the way', () => {
    // A client random of somebody's choice in every ClientHello: both sides see different handshakes.
    const network: Network = (datagram) => {
      if (messageIn(datagram) === 'server-hello') datagram[40] = (datagram[40] ?? 0) ^ 1;
      return [1];
    };
    const pair = pairOf(mode);
    pair.network = network;
    pair.client.connect(pair.now);
    pair.run(pair.now + LONG_MS);
    expect(effectsOf([...pair.serverEffects, ...pair.clientEffects], 'established')).toEqual([]);
  });
});

describe('sides that have nothing in common', () => {
  it.each([
    [
      'groups',
      merge(ECDHE_PSK, { client: { groups: ['x25519'] }, server: { groups: ['secp256r1'] } }),
      'no-common-group',
    ],
    ['kinds of keys', merge(RAW_KEYS, { server: { identities: [CERTIFIED_SERVER] } }), 'no-common-certificate-type'],
    ['kinds of clients', merge(RAW_KEYS, { server: { clientKinds: ['certificate'] } }), 'no-common-certificate-type'],
    ['kinds of clients', { server: { clientKinds: ['raw-key'] } } as PairOptions, 'no-common-suite'],
    ['identities', { client: { identity: RAW_CLIENT } } as PairOptions, 'no-common-certificate-type'],
    [
      'names',
      merge(CERTIFICATES, { server: { identities: [{ ...CERTIFIED_SERVER, serverNames: ['other.example'] }] } }),
      'unknown-server-name',
    ],
  ])('part: %s', (_, options, check) => {
    const pair = attempt(options);
    expect(refusalsOf(pair.serverEffects)).toMatchObject([{ check }]);
    expect(refusalsOf(pair.clientEffects)).toMatchObject([{ check: 'alert' }]);
    expectNoSession(pair);
  });

  it('SE-5: take the identity for the name that is asked for, whatever its case, and another one once that is set', () => {
    const other: ServerIdentity = { ...RAW_SERVER, serverNames: ['elsewhere'] };
    const named: ServerIdentity = { ...CERTIFIED_SERVER, serverNames: ['Server.Example'] };
    const pair = new Pair(merge(CERTIFICATES, { server: { identities: [other, named] } }));
    pair.client.connect(0);
    pair.run(100);
    expect(effectsOf(pair.serverEffects, 'established')).toHaveLength(1);
    expect(effectsOf(pair.serverEffects, 'findPeer')).toMatchObject([{ serverName: 'server.example' }]);
    pair.server.setIdentities([other]);
    pair.client.connect(pair.now);
    pair.run(200);
    expect(refusalsOf(pair.serverEffects)).toMatchObject([{ check: 'unknown-server-name' }]);
  });
});

describe('an ephemeral public key', () => {
  /** Changes the last octets of a message of one side. */
  const spoiling = (kind: HandshakeKind, spoil: (datagram: Uint8Array) => void): Network => {
    return (datagram) => {
      if (messageIn(datagram) === kind) spoil(datagram);
      return [1];
    };
  };

  it('that is not on its curve ends the handshake, on either side', () => {
    const flip = (datagram: Uint8Array): void => {
      datagram[datagram.length - 1] = (datagram.at(-1) ?? 0) ^ 1;
    };
    const options = merge(ECDHE_PSK, { shared: { mtu: 110 } });
    const server = attempt({ ...options, network: spoiling('client-key-exchange', flip) });
    expect(refusalsOf(server.serverEffects)).toMatchObject([
      { check: 'malformed', detail: expect.stringContaining('point') },
    ]);
    expectNoSession(server);
    const client = attempt({ ...options, network: spoiling('server-key-exchange', flip) });
    expect(refusalsOf(client.clientEffects)).toMatchObject([
      { check: 'malformed', detail: expect.stringContaining('point') },
    ]);
    expect(effectsOf(client.clientEffects, 'established')).toEqual([]);
  });

  it('of x25519 that leads to no secret ends the handshake', () => {
    const options = merge(ECDHE_PSK, { shared: { groups: ['x25519'], mtu: 80 } });
    const zero = (datagram: Uint8Array): void => void datagram.fill(0, datagram.length - 32);
    const pair = attempt({ ...options, network: spoiling('client-key-exchange', zero) });
    expect(refusalsOf(pair.serverEffects)).toMatchObject([{ check: 'malformed' }]);
    expectNoSession(pair);
  });
});

describe('cryptography that is not done', () => {
  it.each(['client', 'server'] as const)('for want of room ends the handshake of the %s', (side) => {
    const overloaded = { kind: 'failed', reason: 'overloaded' } as const;
    const compute: PairOptions['compute'] = (task, by) => (by === side ? overloaded : computeNow(task));
    const pair = attempt(merge(RAW_KEYS, { compute }));
    expect(refusalsOf(side === 'client' ? pair.clientEffects : pair.serverEffects)).toMatchObject([{ check: 'limit' }]);
    expectNoSession(pair);
  });

  it('in time is a timeout, and a late result is ignored', () => {
    const pair = attempt(merge(RAW_KEYS, { computeMs: 100_000 }));
    expect(refusalsOf(pair.serverEffects)).toMatchObject([
      { check: 'timeout', detail: expect.stringContaining('computed') },
    ]);
    expectNoSession(pair);
  });
});

describe('the extended master secret', () => {
  it('is used when both sides do it, and can be required', () => {
    const pair = new Pair({ shared: { requireExtendedMasterSecret: true } });
    pair.client.connect(0);
    pair.run(100);
    expect(effectsOf(pair.serverEffects, 'established')).toMatchObject([{ extendedMasterSecret: true }]);
  });
});

describe('records', () => {
  it.each([
    [{ maxFragmentLength: 512 } as const, 512],
    [{ recordSizeLimit: 300 } as const, 300],
    [{ maxFragmentLength: 512, recordSizeLimit: 400 } as const, 400],
  ])('of the server are as short as the client asks: %o', (client, most) => {
    const pair = new Pair({ client });
    pair.client.connect(0);
    pair.run(100);
    const session = effectsOf(pair.serverEffects, 'established')[0]?.session;
    if (session === undefined) throw new Error('not established');
    expect(pair.server.send(session, Buffer.alloc(most))).toBe('sent');
    expect(pair.server.send(session, Buffer.alloc(most + 1))).toBe('too-long');
  });

  it('of a handshake keep to it too', () => {
    const pair = attempt(merge(CERTIFICATES, { client: { maxFragmentLength: 512 } }));
    expect(effectsOf(pair.serverEffects, 'established')).toHaveLength(1);
    for (const { datagram } of effectsOf(pair.serverEffects, 'send')) {
      for (let at = 0; at < datagram.length; ) {
        const record = readRecord(datagram, at);
        if (record === undefined) break;
        if (record.epoch === 0) expect(record.fragment.length).toBeLessThanOrEqual(512);
        at += record.bytes.length;
      }
    }
  });
});

describe('a refusal for want of packets', () => {
  it('tells of a fragment that is lost each time', () => {
    const network: Network = (datagram, from, index) =>
      from === 'client' && index > 2 && datagram.length === 200 && messageIn(datagram) === 'certificate' ? [] : [1];
    const pair = attempt(merge(CERTIFICATES, { network, shared: { mtu: 200 } }));
    expect(refusalsOf(pair.serverEffects)).toMatchObject([
      { check: 'fragment-lost', detail: expect.stringContaining('certificate') },
    ]);
  });

  it('tells of a way that small datagrams pass only', () => {
    const network: Network = (datagram) => (datagram.length > 500 ? [] : [1]);
    const pair = attempt(merge(CERTIFICATES, { network }));
    expect(refusalsOf(pair.serverEffects)).toMatchObject([{ check: 'mtu', detail: expect.stringContaining('octets') }]);
    expectNoSession(pair);
  });

  it('names the alert that was sent', () => {
    const pair = attempt({
      server: { suites: ['TLS_PSK_WITH_AES_128_GCM_SHA256'] },
      client: { suites: ['TLS_PSK_WITH_AES_128_CCM_8'] },
    });
    expect(effectsOf(pair.serverEffects, 'refused')).toMatchObject([
      {
        check: 'no-common-suite',
        alert: 'handshake_failure',
        offered: ['TLS_PSK_WITH_AES_128_CCM_8'],
        wanted: ['TLS_PSK_WITH_AES_128_GCM_SHA256'],
      },
    ]);
    expect(alertIn(pair.serverEffects.slice(1))).toBe('handshake_failure');
  });
});
