/** Test kit: a client that holds good keys and sends the messages of its flight in any order, or leaves some out. */
import { SIGNATURE_SCHEMES, schemeOfKey } from './algorithms.ts';
import { encodeCertificate } from './certificates.ts';
import { judgeServer } from './client-judge.ts';
import { makeOffer, type Offer } from './client-offer.ts';
import { computeNow } from './compute.ts';
import type { DtlsEffect } from './effects.ts';
import type { FlightItem } from './flight.ts';
import { readFragments, unfragmented } from './fragments.ts';
import { Handshake } from './handshake.ts';
import { encodeClientKeyExchange } from './key-exchange.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { type ClientHello, decodeBody, encodeBody, handshakeKind, Version } from './messages.ts';
import type { ClientIdentity } from './options.ts';
import { ContentType, plaintextRecord, readRecord } from './record.ts';
import type { DtlsServer } from './server.ts';
import { type SuiteName, suitesNamed } from './suites.ts';
import { agreeTask, generateTask } from './tasks.ts';
import { CLIENT_ADDRESS, effectsOf, FOUND, KEY, PSK, replayableRandom, SERVER_ADDRESS } from './testing.ts';
import { admitKnownPeer } from './testing-peers.ts';

/** What an insider can send after the server's first flight. */
export const MOVES = [
  'certificate',
  'client-key-exchange',
  'certificate-verify',
  'change-cipher-spec',
  'finished',
] as const;
export type Move = (typeof MOVES)[number] | 'finished in plaintext';

/** Every selection of these in every order, the empty one included. */
export function* arrangements<T>(items: readonly T[]): Generator<T[]> {
  yield [];
  for (const item of items) {
    for (const others of arrangements(items.filter((other) => other !== item))) yield [item, ...others];
  }
}

const NOTHING = new Uint8Array(0);

/** A first ClientHello, as plain as can be but for what is given, in a datagram. */
export function clientHello(hello: Partial<ClientHello>): Uint8Array {
  const body = encodeBody('client-hello', {
    version: Version.DTLS_1_2,
    random: Buffer.alloc(32, 7),
    sessionId: NOTHING,
    cookie: NOTHING,
    cipherSuites: [0xc0a8, 0xc0ae],
    compressionMethods: [0],
    extensions: [],
    ...hello,
  });
  return plaintextRecord(ContentType.HANDSHAKE, 0, unfragmented({ type: 1, messageSequence: 0, body }));
}

/** Answers all questions of a server at once. @returns the effects on the way */
export function answerAll(server: DtlsServer, now = 0): DtlsEffect[] {
  const all: DtlsEffect[] = [];
  for (let effects = server.drain(); effects.length > 0; effects = server.drain()) {
    all.push(...effects);
    for (const effect of effects) {
      if (effect.kind === 'findPsk') server.pskFound(effect.lookup, FOUND, now);
      else if (effect.kind === 'findPeer')
        server.peerFound(effect.lookup, admitKnownPeer(effect.presented, 'server'), now);
      else if (effect.kind === 'findResumed') server.resumedFound(effect.lookup, true, now);
      else if (effect.kind === 'compute') server.computed(effect.job, computeNow(effect.task), now);
    }
  }
  return all;
}

export class Insider {
  /** All that the server has done. */
  readonly effects: DtlsEffect[] = [];
  readonly handshake: Handshake;
  readonly #server: DtlsServer;
  readonly #identity: ClientIdentity;
  readonly #offer: Offer;
  #protected = false;

  constructor(server: DtlsServer, suites: readonly SuiteName[], identity: ClientIdentity = PSK, seed = 'insider') {
    this.#server = server;
    this.#identity = identity;
    const random = replayableRandom(seed);
    this.#offer = makeOffer(
      { random, address: SERVER_ADDRESS, identity },
      suitesNamed(suites),
      ['secp256r1'],
      undefined,
    );
    this.handshake = new Handshake({
      role: 'client',
      state: 'client-await-hello',
      path: 'psk',
      address: SERVER_ADDRESS,
      prefix: '',
      clientRandom: random(32),
      limits: DEFAULT_LIMITS,
      firstRecord: 0,
      firstMessage: 0,
      expectMessage: 0,
      expiresAt: Number.POSITIVE_INFINITY,
    });
  }

  /** Says hello, with the cookie too, and takes in the server's flight. */
  greet(): void {
    this.#send(this.#hello(NOTHING));
    const [request] = effectsOf(this.effects, 'send').slice(-1);
    // header (13), handshake header (12), version (2), length (1)
    const cookie = request?.datagram.subarray(28) ?? NOTHING;
    this.handshake.restartTranscript();
    const before = this.effects.length;
    this.#send(this.#hello(cookie));
    for (const { datagram } of effectsOf(this.effects.slice(before), 'send')) this.#take(datagram);
    const task = generateTask(this.handshake);
    const pair = task && computeNow(task);
    if (pair?.kind === 'generated') this.handshake.keyPair = pair;
    const agreed = task && computeNow(agreeTask(this.handshake) ?? task);
    if (agreed?.kind === 'agreed') this.handshake.agreed = agreed.secret;
  }

  /** Sends a message as well as it can be made by now. */
  make(move: Move): void {
    const { handshake } = this;
    const identity = this.#identity;
    switch (move) {
      case 'certificate':
        if (identity.kind === 'psk') this.#send(handshake.compose('certificate', { content: Buffer.alloc(3) }));
        else this.#send(handshake.compose('certificate', { content: encodeCertificate(identity) }));
        break;
      case 'client-key-exchange': {
        if (identity.kind === 'psk') handshake.psk = Uint8Array.from(KEY);
        const content = encodeClientKeyExchange(handshake.keyExchange, {
          ...(identity.kind === 'psk' && { identity: identity.identity }),
          ...(handshake.keyPair && { publicKey: handshake.keyPair.publicKey }),
        });
        this.#send(handshake.compose('client-key-exchange', { content }));
        handshake.agree();
        break;
      }
      case 'certificate-verify':
        this.#prove();
        break;
      case 'change-cipher-spec':
        this.#send({ kind: 'change-cipher-spec' });
        break;
      case 'finished':
        this.#finish(1);
        break;
      case 'finished in plaintext':
        this.#finish(0);
        break;
    }
  }

  get established(): boolean {
    return effectsOf(this.effects, 'established').length > 0;
  }

  #hello(cookie: Uint8Array): FlightItem {
    const { suites, extensions } = this.#offer;
    return this.handshake.compose('client-hello', {
      version: Version.DTLS_1_2,
      random: this.handshake.clientRandom,
      sessionId: NOTHING,
      cookie,
      cipherSuites: suites.map(({ id }) => id),
      compressionMethods: [0],
      extensions,
    });
  }

  #take(datagram: Uint8Array): void {
    for (let at = 0; at < datagram.length; ) {
      const record = readRecord(datagram, at);
      if (record === undefined) return;
      at += record.bytes.length;
      if (record.type !== ContentType.HANDSHAKE) continue;
      for (const { type, messageSequence, bytes } of readFragments(record.fragment) ?? []) {
        const kind = handshakeKind(type);
        const decoded = kind === 'unknown-handshake' ? undefined : decodeBody(kind, bytes);
        if (decoded?.ok !== true) throw new Error(`the server sent a malformed ${kind}`);
        const policy = { identity: this.#identity, requireExtendedMasterSecret: false };
        const objection = judgeServer(this.handshake, decoded.message, this.#offer, policy);
        if (objection !== undefined) throw new Error(objection.detail);
        this.handshake.received({ type, messageSequence, body: bytes });
      }
    }
  }

  #prove(): void {
    const identity = this.#identity;
    const scheme = identity.kind === 'psk' ? undefined : schemeOfKey(identity.privateKey);
    const data = this.handshake.transcript();
    const signed =
      identity.kind !== 'psk' && scheme
        ? computeNow({ kind: 'sign', scheme, privateKey: identity.privateKey, data })
        : undefined;
    const signature = signed?.kind === 'signed' ? signed.signature : Buffer.alloc(70);
    const id = SIGNATURE_SCHEMES[scheme ?? 'ecdsa_secp256r1_sha256'].id;
    this.#send(this.handshake.compose('certificate-verify', { scheme: id, signature }));
  }

  /** Right if there are keys already. */
  #finish(epoch: 0 | 1): void {
    const { handshake } = this;
    if (handshake.masterSecret.length === 0) {
      this.#send(handshake.compose('finished', { verifyData: Buffer.alloc(12) }));
      return;
    }
    if (!this.#protected) handshake.protect(undefined);
    this.#protected = true;
    this.#send(handshake.compose('finished', { verifyData: handshake.finishedOf('client') }, epoch));
  }

  #send(item: FlightItem): void {
    const { layer } = this.handshake;
    const record =
      item.kind === 'change-cipher-spec'
        ? layer.seal(0, ContentType.CHANGE_CIPHER_SPEC, Uint8Array.of(1))
        : layer.seal(item.epoch, ContentType.HANDSHAKE, unfragmented(item.message));
    this.#server.receive(CLIENT_ADDRESS, record, 0);
    this.effects.push(...answerAll(this.#server));
  }
}
