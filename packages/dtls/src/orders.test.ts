/**
 * A peer that holds good keys sends its messages in every order, and every selection of them: only the one order of
 * the specification leads to a session, and nothing before its Finished touches the session that is there.
 */
import { describe, expect, it } from 'vitest';
import { DtlsClient } from './client.ts';
import { computeNow } from './compute.ts';
import type { DtlsEffect } from './effects.ts';
import { readFragments, unfragmented, type WholeMessage } from './fragments.ts';
import { handshakeKind } from './messages.ts';
import type { ClientIdentity, ServerIdentity } from './options.ts';
import { ContentType, plaintextRecord, readRecord } from './record.ts';
import { DtlsServer } from './server.ts';
import type { SuiteName } from './suites.ts';
import { CLIENT_ADDRESS, effectsOf, PSK, replayableRandom, SERVER_ADDRESS } from './testing.ts';
import { answerAll, arrangements, Insider, MOVES, type Move } from './testing-insider.ts';
import { admitKnownPeer, CERTIFIED_CLIENT, CERTIFIED_SERVER, RAW_CLIENT, RAW_SERVER } from './testing-peers.ts';

const PLAIN: readonly SuiteName[] = ['TLS_PSK_WITH_AES_128_CCM_8'];
const ECDHE_PSK: readonly SuiteName[] = ['TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256'];
const ECDSA: readonly SuiteName[] = ['TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8'];

const CLIENTS: readonly [string, readonly SuiteName[], ClientIdentity, readonly ServerIdentity[], readonly Move[]][] = [
  ['PSK', PLAIN, PSK, [], ['client-key-exchange', 'change-cipher-spec', 'finished']],
  ['ECDHE_PSK', ECDHE_PSK, PSK, [], ['client-key-exchange', 'change-cipher-spec', 'finished']],
  ['raw keys', ECDSA, RAW_CLIENT, [RAW_SERVER], MOVES],
  ['certificates', ECDSA, CERTIFIED_CLIENT, [CERTIFIED_SERVER], MOVES],
];

/**
 * Whether messages up to the Finished are the right ones in order. A ChangeCipherSpec may be anywhere: on the network it
 * may overtake others, or they it, and it counts once its turn comes (RFC 6347 §4.1). What follows the Finished in
 * plaintext is for no one.
 */
function isRight(moves: readonly Move[], right: readonly Move[]): boolean {
  const inOrder = (all: readonly Move[]): string => all.filter((move) => move !== 'change-cipher-spec').join();
  return moves.includes('change-cipher-spec') && inOrder(moves).startsWith(inOrder(right));
}

describe.each(CLIENTS)('a client of %s', (_, suites, identity, identities, right) => {
  const newServer = (): DtlsServer => new DtlsServer({ random: replayableRandom('server'), suites, identities });

  it('is in by one order of its messages only', () => {
    for (const moves of arrangements(MOVES)) {
      const server = newServer();
      const insider = new Insider(server, suites, identity);
      insider.greet();
      for (const move of moves) insider.make(move);
      expect(insider.established, moves.join(', ')).toBe(isRight(moves, right));
    }
  });

  it('is not in by any of its messages twice, with one left out', () => {
    for (const doubled of right) {
      for (const missing of right.filter((move) => move !== doubled)) {
        const moves = right.flatMap((move) => (move === doubled ? [move, move] : move === missing ? [] : [move]));
        const server = newServer();
        const insider = new Insider(server, suites, identity);
        insider.greet();
        for (const move of moves) insider.make(move);
        expect(insider.established, moves.join(', ')).toBe(false);
      }
    }
  });
});

const SERVERS: readonly [string, readonly SuiteName[], ClientIdentity, readonly ServerIdentity[]][] = [
  ['PSK', PLAIN, PSK, []],
  ['ECDHE_PSK', ECDHE_PSK, PSK, []],
  ['raw keys', ECDSA, RAW_CLIENT, [RAW_SERVER]],
  ['certificates', ECDSA, CERTIFIED_CLIENT, [CERTIFIED_SERVER]],
];

describe.each(SERVERS)('a server of %s', (_, suites, identity, identities) => {
  /** A client that has said hello with a cookie; always the same one. */
  const greeting = (): { client: DtlsClient; answers: readonly Uint8Array[] } => {
    const random = replayableRandom('client');
    const client = new DtlsClient({ random, address: SERVER_ADDRESS, identity, suites });
    client.connect(0);
    const hello = (): Uint8Array => effectsOf(client.drain(), 'send')[0]?.datagram ?? new Uint8Array(0);
    const door = new DtlsServer({ random: replayableRandom('server'), suites, identities });
    const tell = (datagram: Uint8Array): Uint8Array[] => {
      door.receive(CLIENT_ADDRESS, datagram, 0);
      return effectsOf(answerAll(door), 'send').map((effect) => effect.datagram);
    };
    for (const datagram of tell(hello())) client.receive(SERVER_ADDRESS, datagram, 0);
    return { client, answers: tell(hello()) };
  };

  const flight = greeting().answers.flatMap(messagesIn);

  /** What the client says to messages, with their numbers and records in this order. */
  const answerTo = (messages: readonly WholeMessage[]): 'goes on' | 'waits' | 'refuses' => {
    const { client } = greeting();
    messages.forEach(({ type, body }, i) => {
      const message = unfragmented({ type, body, messageSequence: i + 1 });
      client.receive(SERVER_ADDRESS, plaintextRecord(ContentType.HANDSHAKE, i + 1, message), 0);
    });
    const effects = answerAllOf(client);
    if (effectsOf(effects, 'refused').length > 0) return 'refuses';
    return effectsOf(effects, 'send').length > 0 ? 'goes on' : 'waits';
  };

  it('is believed by one order of its messages only', () => {
    for (const messages of arrangements(flight)) {
      const order = messages.map(({ type }) => handshakeKind(type)).join(', ');
      const right = messages.length >= flight.length && flight.every((message, i) => messages[i] === message);
      const begins = messages.every((message, i) => flight[i] === message);
      expect(answerTo(messages), order).toBe(right ? 'goes on' : begins ? 'waits' : 'refuses');
    }
  });
});

/** All handshake messages of a datagram in plaintext. */
function messagesIn(datagram: Uint8Array): WholeMessage[] {
  const messages: WholeMessage[] = [];
  for (let at = 0; at < datagram.length; ) {
    const record = readRecord(datagram, at);
    if (record === undefined) break;
    at += record.bytes.length;
    for (const { type, messageSequence, bytes } of readFragments(record.fragment) ?? []) {
      messages.push({ type, messageSequence, body: bytes });
    }
  }
  return messages;
}

/** Answers all questions of a client at once. */
function answerAllOf(client: DtlsClient): DtlsEffect[] {
  const all: DtlsEffect[] = [];
  for (let effects = client.drain(); effects.length > 0; effects = client.drain()) {
    all.push(...effects);
    for (const effect of effects) {
      if (effect.kind === 'findPeer') client.peerFound(effect.lookup, admitKnownPeer(effect.presented, 'client'), 0);
      else if (effect.kind === 'compute') client.computed(effect.job, computeNow(effect.task), 0);
    }
  }
  return all;
}
