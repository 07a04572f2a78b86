/** As history.test.ts: the classes of bugs that are about randomness, numbers, records and sessions. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DtlsClient } from './client.ts';
import { addressKey, type DtlsEffect } from './effects.ts';
import { readFragments, unfragmented } from './fragments.ts';
import { identityLabel } from './identity.ts';
import { masterSecret, pskPremasterSecret } from './key-schedule.ts';
import { decodeBody, handshakeKind } from './messages.ts';
import { ContentType, plaintextRecord, readRecord } from './record.ts';
import { DtlsServer } from './server.ts';
import { suitesNamed } from './suites.ts';
import { freshSnapshot, joined, newServer, said, sessionEnds } from './test-sessions.ts';
import { CLIENT_ADDRESS, effectsOf, KEY, Pair, type PairOptions, replayableRandom, SERVER_ADDRESS } from './testing.ts';
import { attempt, established } from './testing-attempts.ts';
import { clientHello } from './testing-insider.ts';
import { MODES, pairOf } from './testing-modes.ts';
import { CERTIFIED_CLIENT, CERTIFIED_SERVER } from './testing-peers.ts';

const NOTHING = new Uint8Array(0);
const CERTIFICATES: PairOptions = {
  client: { identity: CERTIFIED_CLIENT },
  server: { identities: [CERTIFIED_SERVER] },
};

describe('randomness', () => {
  it('is nowhere but in the option (as CVE-2021-34430)', () => {
    const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !/test|peers/.test(file),
    );
    expect(sources.length).toBeGreaterThan(40);
    for (const file of sources) {
      const source = readFileSync(join(import.meta.dirname, file), 'utf8');
      expect(source, file).not.toMatch(
        /Math\.random|randomBytes|randomFill|randomInt|randomUUID|getRandomValues|Date\.now/,
      );
    }
  });

  it('fills the random values of both hellos, the cookie secrets, session ids and tickets', () => {
    const hellosOf = (seed: string): string[] => {
      const random = replayableRandom(seed);
      const pair = attempt({
        client: { random: replayableRandom(`${seed} client`), resumption: {} },
        server: { random, resumption: { sessionIds: 1 } },
      });
      return [...effectsOf(pair.clientEffects, 'send'), ...effectsOf(pair.serverEffects, 'send')]
        .filter(({ datagram }) => datagram[0] === ContentType.HANDSHAKE)
        .flatMap(({ datagram }) => {
          const record = readRecord(datagram, 0);
          const [fragment] = record?.epoch === 0 ? (readFragments(record.fragment) ?? []) : [];
          const kind = handshakeKind(fragment?.type ?? 0);
          const decoded = fragment && kind !== 'unknown-handshake' ? decodeBody(kind, fragment.bytes) : undefined;
          if (decoded?.ok !== true) return [];
          const { message } = decoded;
          if (message.kind === 'hello-verify-request') return [message.body.cookie];
          if (message.kind === 'server-hello') return [message.body.random, message.body.sessionId];
          return message.kind === 'client-hello' ? [message.body.random] : [];
        })
        .map((bytes) => Buffer.from(bytes).toString('hex'));
    };
    const [first, again, other] = [hellosOf('a'), hellosOf('a'), hellosOf('b')];
    expect(first).toHaveLength(5);
    expect(again).toEqual(first);
    for (const value of other) expect(first).not.toContain(value);
  });

  it('makes ephemeral keys, signatures and tickets differ when everything else is the same', () => {
    const play = (): Set<string> => {
      const pair = attempt(CERTIFICATES);
      expect(established(pair.serverEffects)).toBe(1);
      const flights = effectsOf(pair.serverEffects, 'send').map(({ datagram }) =>
        Buffer.from(datagram).toString('hex'),
      );
      return new Set(flights);
    };
    const first = play();
    // The HelloVerifyRequest depends on the option alone; what holds keys does not.
    expect([...play()].filter((datagram) => first.has(datagram))).toHaveLength(1);
  });
});

describe('record and message numbers', () => {
  /** Content type, epoch, record number, message type and message number of the first record of each datagram. */
  const numbersIn = (effects: readonly DtlsEffect[]): string[] =>
    effectsOf(effects, 'send').map(({ datagram }) => {
      const record = readRecord(datagram, 0);
      const [message] = record?.epoch === 0 ? (readFragments(record.fragment) ?? []) : [];
      return `${handshakeKind(message?.type ?? 0)} record ${record?.sequence} message ${message?.messageSequence}`;
    });

  it.each([
    ['ClientHello (as OpenSSL #32063)', 0, []],
    ['HelloVerifyRequest (as OpenSSL #18635)', 1, ['hello-verify-request record 0 message 0']],
  ] as const)('are right after the loss of the first %s', (_, lost, before) => {
    const pair = new Pair({ network: (__, ___, index) => (index === lost ? [] : [1]) });
    pair.client.connect(0);
    pair.run(1_100);
    expect(numbersIn(pair.clientEffects).slice(0, 3)).toEqual([
      'client-hello record 0 message 0',
      'client-hello record 1 message 0',
      'client-hello record 2 message 1',
    ]);
    // Both answers carry the number of the record that they answer (RFC 6347 §4.2.1).
    expect(numbersIn(pair.serverEffects).slice(0, before.length + 2)).toEqual([
      ...before,
      'hello-verify-request record 1 message 0',
      'server-hello record 2 message 1',
    ]);
    expect(established(pair.clientEffects)).toBe(1);
  });
});

describe('the extended master secret', () => {
  it('is of all messages up to the ClientKeyExchange, so that no two sessions share it (as triple handshakes did)', () => {
    const lines: string[] = [];
    const heard: Uint8Array[] = [];
    const pair = attempt({
      shared: { suites: ['TLS_PSK_WITH_AES_128_CCM_8'], keyLog: (line) => lines.push(line) },
      network: (datagram) => {
        heard.push(Uint8Array.from(datagram));
        return [1];
      },
    });
    expect(effectsOf(pair.serverEffects, 'established')).toMatchObject([{ extendedMasterSecret: true }]);
    // The second ClientHello, ServerHello, ServerHelloDone, ClientKeyExchange: each in whole, in the order sent.
    const messages = heard.slice(2, 5).flatMap((datagram) => {
      const fragments: Uint8Array[] = [];
      for (let at = 0; at < datagram.length; ) {
        const record = readRecord(datagram, at);
        if (record === undefined) break;
        at += record.bytes.length;
        if (record.type === ContentType.HANDSHAKE && record.epoch === 0) fragments.push(record.fragment);
      }
      return fragments;
    });
    const sessionHash = createHash('sha256').update(Buffer.concat(messages)).digest();
    const randoms = { client: NOTHING, server: NOTHING };
    const expected = masterSecret('sha256', pskPremasterSecret(KEY), randoms, sessionHash);
    expect(lines[0]?.split(' ')[2]).toBe(Buffer.from(expected.bytes).toString('hex'));
  });
});

describe('a CBC record that does not open', () => {
  const [cbc] = suitesNamed(['TLS_PSK_WITH_AES_128_CBC_SHA256']);

  it.each([
    ['MAC-then-encrypt', false],
    ['encrypt-then-MAC', true],
  ])('looks the same whatever is wrong with it: padding, MAC or length (as Lucky 13), with %s', (_, encryptThenMac) => {
    if (cbc === undefined) throw new Error('the suite is missing');
    const base = sessionEnds({ suite: cbc });
    const ends = { suite: cbc, server: { keys: { ...base.server.keys, encryptThenMac } } };
    const session = joined({ suite: cbc });
    const { server, key } = joined(ends);
    const [good] = said(session, 'x'.repeat(40));
    if (good === undefined) throw new Error('nothing was said');
    const header = 13 + 16;
    const wrong = [header, header + 20, good.length - 33, good.length - 17, good.length - 16, good.length - 1].map(
      (at) => {
        const bytes = Buffer.from(good);
        bytes[at] = (bytes[at] ?? 0) ^ 0x80;
        return bytes;
      },
    );
    const short = [header, header + 16, header + 32].map((length) => {
      const bytes = Buffer.from(good.subarray(0, length));
      bytes.writeUInt16BE(length - 13, 11);
      return bytes;
    });
    for (const [i, record] of [...wrong, ...short].entries()) {
      server.receive(CLIENT_ADDRESS, record, 0);
      expect(server.drain(), `record ${i}`).toEqual([]);
      expect(server.dropped(), `record ${i}`).toMatchObject({ notAuthentic: i + 1, malformed: 0, notRecord: 0 });
    }
    expect(server.status(key)).toMatchObject({ badRecords: 9 });
  });
});

describe('identities and keys', () => {
  const OCTETS = Buffer.from('00ff8000c328e28000f0', 'hex');
  const SECRET = Buffer.from('00000102000000000000000000000000', 'hex');

  it.each([
    ['with NUL octets, and no UTF-8', OCTETS, SECRET],
    ['of one NUL octet', Buffer.alloc(1), Buffer.alloc(1)],
    ['that is empty', NOTHING, Buffer.alloc(64, 0xff)],
  ])('%s go through unchanged', (_, identity, key) => {
    const server = new DtlsServer({ random: replayableRandom('server') });
    const client = new DtlsClient({
      random: replayableRandom('client'),
      address: SERVER_ADDRESS,
      identity: { kind: 'psk', identity, key },
    });
    client.connect(0);
    const asked: Uint8Array[] = [];
    const opened: string[] = [];
    for (let round = 0; round < 6; round++) {
      for (const { datagram } of effectsOf(client.drain(), 'send')) server.receive(CLIENT_ADDRESS, datagram, 0);
      for (let effects = server.drain(); effects.length > 0; effects = server.drain()) {
        for (const effect of effects) {
          if (effect.kind === 'findPsk') {
            asked.push(effect.identity);
            const found = Buffer.compare(effect.identity, identity) === 0;
            server.pskFound(effect.lookup, found ? { key, credential: '' } : undefined, 0);
          } else if (effect.kind === 'send') client.receive(SERVER_ADDRESS, effect.datagram, 0);
          else if (effect.kind === 'established') opened.push(effect.identity);
        }
      }
    }
    expect(asked.map((bytes) => Buffer.from(bytes).toString('hex'))).toEqual([Buffer.from(identity).toString('hex')]);
    expect(opened).toEqual([`psk:${Buffer.from(identity).toString('hex')}`]);
  });

  it('that are equal up to a NUL octet, or not UTF-8, are different ones', () => {
    const labels = ['61', '6100', '610062', 'c3', 'e2', 'efbfbd'].map((hex) =>
      identityLabel({ kind: 'psk', identity: Buffer.from(hex, 'hex') }),
    );
    expect(new Set(labels).size).toBe(labels.length);
  });
});

describe('a session that is established', () => {
  it.each(MODES)('with $name is not renegotiated (as CVE-2009-3555)', (mode) => {
    const pair = pairOf(mode);
    pair.client.connect(pair.now);
    pair.run(pair.now + 1_000);
    const sessions = { client: pair.client.sizes().sessions, server: pair.server.sizes().sessions };
    expect(sessions).toEqual({ client: 1, server: 1 });
    // What anybody can send from the same address; what an insider sends in the session is for sessions.test.ts.
    pair.forget();
    pair.server.receive(CLIENT_ADDRESS, clientHello({ cookie: Buffer.alloc(32) }), pair.now);
    const request = unfragmented({ type: 0, messageSequence: 0, body: NOTHING });
    pair.client.receive(SERVER_ADDRESS, plaintextRecord(ContentType.HANDSHAKE, 9, request), pair.now);
    pair.run(pair.now + 1_000);
    expect(effectsOf([...pair.serverEffects, ...pair.clientEffects], 'closed')).toEqual([]);
    expect(pair.client.sizes().sessions + pair.server.sizes().sessions).toBe(2);
  });

  const NAMED = { connectionId: Buffer.from('c0ffee01', 'hex') };
  const FORGED = addressKey('203.0.113.9:666');

  it('does not move to an address that a copy of its records comes from (as RFC 9146 §6 warns)', () => {
    const session = joined(NAMED);
    const { server, key } = session;
    const records = said(session, 'a', 'b', 'c');
    for (const record of records) server.receive(CLIENT_ADDRESS, record, 0);
    server.drain();
    for (const record of records) server.receive(FORGED, record, 0);
    const [last] = records;
    const garbled = Buffer.from(last ?? NOTHING);
    garbled.writeUIntBE(99, 5, 6);
    server.receive(FORGED, garbled, 0);
    server.addressProven(key, FORGED, 0);
    server.send(key, Buffer.from('answer'));
    expect(server.drain()).toMatchObject([{ kind: 'send', address: CLIENT_ADDRESS }]);
  });

  it('takes no record again that was captured before its process ended', () => {
    const session = joined(NAMED);
    const captured = said(session, '0', '1', '2');
    for (const record of captured) session.server.receive(CLIENT_ADDRESS, record, 0);
    const received = effectsOf(session.server.drain(), 'received').at(-1)?.record ?? -1;
    const next = newServer();
    // The snapshot is from the beginning of the session; the store remembers how far it came.
    expect(next.import(freshSnapshot(sessionEnds(NAMED).server), { received }, 0).ok).toBe(true);
    for (const record of captured) next.receive(CLIENT_ADDRESS, record, 0);
    expect(effectsOf(next.drain(), 'received')).toEqual([]);
    for (const record of said(session, '3')) next.receive(CLIENT_ADDRESS, record, 0);
    expect(effectsOf(next.drain(), 'received')).toMatchObject([{ record: 3 }]);
  });
});
