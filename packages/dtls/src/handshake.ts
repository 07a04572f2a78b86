/** What is known of one handshake while it is under way; all of it is dropped when it ends. */
import { type KeyObject, timingSafeEqual } from 'node:crypto';
import type { GroupName, SignatureScheme } from './algorithms.ts';
import type { Presented } from './certificates.ts';
import type { JobId } from './compute.ts';
import type { Sleeper } from './deadlines.ts';
import type { AddressKey, LookupId } from './effects.ts';
import type { FlightItem } from './flight.ts';
import { Reassembly, unfragmented, type WholeMessage } from './fragments.ts';
import type { PresentedIdentity } from './identity.ts';
import { epochKeys, MasterSecret, masterSecret, pskPremasterSecret, verifyData } from './key-schedule.ts';
import type { DtlsLimits } from './limits.ts';
import { encodeBody, HANDSHAKE_MESSAGES, type HandshakeBodies, type HandshakeKind } from './messages.ts';
import type { Negotiated } from './negotiation.ts';
import type { DtlsRecord } from './record.ts';
import { RecordLayer } from './record-layer.ts';
import type { Resumable } from './resumption.ts';
import type { Path, State } from './states.ts';
import type { KeyExchange, Suite } from './suites.ts';
import { Transcript } from './transcript.ts';

export type Role = 'client' | 'server';

/** A flight that waits for its answer. */
export interface PendingFlight {
  readonly items: readonly FlightItem[];
  /** How often it was sent again. */
  retransmissions: number;
  /** Wait before the next time, in ms. */
  intervalMs: number;
  /** When it is sent again, in ms. */
  retransmitAt: number;
}

export interface HandshakeStart {
  readonly role: Role;
  readonly state: State;
  readonly path: Path;
  readonly address: AddressKey;
  /** What the limit per prefix counts it under. */
  readonly prefix: string;
  readonly clientRandom: Uint8Array;
  readonly limits: DtlsLimits;
  /** Sequence number of the first record to send. */
  readonly firstRecord: number;
  /** Number of the first handshake message to send, and of the first to expect. */
  readonly firstMessage: number;
  readonly expectMessage: number;
  /** When it is given up, in ms. */
  readonly expiresAt: number;
}

const CLIENT_KEY_EXCHANGE = HANDSHAKE_MESSAGES['client-key-exchange'].type;
const NOTHING = new Uint8Array(0);

export class Handshake implements Sleeper {
  readonly kind = 'handshake';
  wakeAt = 0;
  queueIndex = -1;

  readonly role: Role;
  readonly address: AddressKey;
  readonly prefix: string;
  readonly layer: RecordLayer;
  readonly reassembly: Reassembly;
  readonly clientRandom: Uint8Array;
  expiresAt: number;

  state: State;
  path: Path;
  serverRandom: Uint8Array = NOTHING;
  suite: Suite | undefined;
  serverName: string | undefined;
  extendedMasterSecret = false;
  encryptThenMac = false;
  /** A server's: what both sides can do. */
  negotiated: Negotiated | undefined;
  /** A server's: whether a Connection ID of its own, empty or not, answers the client's. */
  answersConnectionId = false;
  /** What the peer is known by, or wants to be. */
  presented: PresentedIdentity | undefined;
  /** What admitted the peer. */
  credential = '';
  /** The peer's certificate or raw key. */
  peer: Presented | undefined;
  /** The signature that the peer proves itself with, and what it is of. */
  proof: { readonly scheme: SignatureScheme; readonly data: Uint8Array; readonly signature: Uint8Array } | undefined;

  /** A client's: how it proves itself. */
  signatureScheme: SignatureScheme | undefined;

  /** The ephemeral keys of both sides. */
  group: GroupName | undefined;
  keyPair: { readonly privateKey: KeyObject; readonly publicKey: Uint8Array } | undefined;
  peerPublicKey: Uint8Array | undefined;
  /** Our signature of what proves us. */
  signature: Uint8Array | undefined;
  psk: Uint8Array | undefined;
  agreed: Uint8Array | undefined;

  /** The session that is to be resumed. */
  resuming: Resumable | undefined;
  /** By which this session can be resumed. */
  sessionId: Uint8Array = NOTHING;
  ticketPromised = false;
  ticket: { readonly ticket: Uint8Array; readonly lifetimeSeconds: number } | undefined;

  /** The epoch that the peer sends in, as far as its ChangeCipherSpec has counted. */
  receiveEpoch: 0 | 1 = 0;
  /** A ChangeCipherSpec came before its turn. */
  changeCipherSpecHeld = false;
  /** How often the peer sent again what was here already: it lacks our flight. */
  repeats = 0;
  /** Records that can't be opened yet. */
  held: DtlsRecord[] = [];
  flight: PendingFlight | undefined;
  /** What the caller was asked and has not answered yet. */
  question: LookupId | JobId | undefined;
  /** Why the key that the handshake goes on with is one that nobody holds; only for the operator's eyes. */
  hopeless: 'unknown-identity' | 'no-common-suite' | undefined;
  /** The refusal was told already. */
  refused = false;
  ended = false;

  readonly #transcript = new Transcript();
  #nextMessage: number;
  #sessionHash: Uint8Array | undefined;
  #master: MasterSecret | undefined;

  constructor(start: HandshakeStart) {
    this.role = start.role;
    this.state = start.state;
    this.path = start.path;
    this.address = start.address;
    this.prefix = start.prefix;
    this.clientRandom = start.clientRandom;
    this.expiresAt = start.expiresAt;
    this.layer = new RecordLayer(start.firstRecord);
    this.reassembly = new Reassembly(start.limits, start.expectMessage);
    this.#nextMessage = start.firstMessage;
  }

  /** How the keys of a handshake that is no resumption come about. */
  get keyExchange(): KeyExchange {
    return this.path === 'resumed' ? (this.suite?.keyExchange ?? 'psk') : this.path;
  }

  /** Overwrites the secrets that were made for it; the record keys stay with the record layer. */
  wipe(): void {
    this.#master?.wipe();
    this.psk?.fill(0);
    this.agreed?.fill(0);
  }

  /** Octets of records that are held. */
  get heldBytes(): number {
    return this.held.reduce((sum, record) => sum + record.bytes.length, 0);
  }

  /** Adds a message to the transcript. */
  received(message: WholeMessage): void {
    this.#transcript.add(unfragmented(message));
    if (message.type === CLIENT_KEY_EXCHANGE) this.#noteSessionHash();
  }

  /** Makes the next message to send, and adds it to the transcript. */
  compose<K extends HandshakeKind>(kind: K, body: HandshakeBodies[K], epoch: 0 | 1 = 0): FlightItem {
    const message = {
      type: HANDSHAKE_MESSAGES[kind].type,
      messageSequence: this.#nextMessage++,
      body: encodeBody(kind, body),
    };
    this.received(message);
    // A server that holds no state can't put a ClientHello together again, and a Finished takes one number only, so
    // that one that is reserved is enough to send it again.
    return { kind: 'handshake', epoch, message, whole: kind === 'client-hello' || kind === 'finished' };
  }

  /** Begins the transcript anew: the first ClientHello and its HelloVerifyRequest do not count (RFC 6347 §4.2.1). */
  restartTranscript(): void {
    this.#transcript.clear();
  }

  /** All messages so far, as a CertificateVerify signs them. */
  transcript(): Uint8Array {
    return this.#transcript.bytes();
  }

  /** Makes the master secret of what was agreed on. */
  agree(): void {
    const { suite, psk, agreed } = this;
    const premaster = psk ? pskPremasterSecret(psk, agreed) : agreed;
    if (suite === undefined || premaster === undefined) return;
    const randoms = { client: this.clientRandom, server: this.serverRandom };
    this.#master = masterSecret(suite.hash, premaster, randoms, this.#sessionHash);
    premaster.fill(0);
    psk?.fill(0);
    agreed?.fill(0);
  }

  /** Takes the master secret of the session that is resumed. */
  resume({ masterSecret }: Resumable): void {
    if (this.suite) this.#master = new MasterSecret(this.suite.hash, Uint8Array.from(masterSecret));
  }

  /** A copy of the master secret, for whoever is to resume the session. */
  get masterSecret(): Uint8Array {
    return Uint8Array.from(this.#master?.bytes ?? NOTHING);
  }

  /** Derives the keys of the records. */
  protect(keyLog: ((line: string) => void) | undefined): void {
    const { suite } = this;
    if (suite === undefined || this.#master === undefined) return;
    const randoms = { client: this.clientRandom, server: this.serverRandom };
    const keys = epochKeys(suite, this.role, this.#master, randoms, this.encryptThenMac);
    this.layer.protect(keys);
    keyLog?.(`CLIENT_RANDOM ${hex(this.clientRandom)} ${hex(this.#master.bytes)}`);
  }

  /** What the Finished of one side must carry at this point of the transcript. */
  finishedOf(sender: Role): Uint8Array {
    if (this.#master === undefined) throw new Error('a Finished before the keys');
    return verifyData(this.#master, sender, this.#transcript.hash(this.#master.hmac.algorithm));
  }

  /** With the extended master secret all messages count up to the ClientKeyExchange (RFC 7627 §3 and §4). */
  #noteSessionHash(): void {
    if (this.suite && this.extendedMasterSecret) this.#sessionHash = this.#transcript.hash(this.suite.hash);
  }

  /** Whether the peer's Finished matches; the transcript must not hold it yet. */
  verifyFinished(data: Uint8Array): boolean {
    return timingSafeEqual(data, this.finishedOf(this.role === 'server' ? 'client' : 'server'));
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
