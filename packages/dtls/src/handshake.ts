/** What is known of one handshake while it is under way; all of it is dropped when it ends. */
import { type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Sleeper } from './deadlines.ts';
import type { AddressKey, LookupId } from './effects.ts';
import type { FlightItem } from './flight.ts';
import { Reassembly, unfragmented, type WholeMessage } from './fragments.ts';
import type { PresentedIdentity } from './identity.ts';
import { epochKeys, type MasterSecret, masterSecret, pskPremasterSecret, verifyData } from './key-schedule.ts';
import type { DtlsLimits } from './limits.ts';
import { encodeBody, HANDSHAKE_MESSAGES, type HandshakeBodies, type HandshakeKind } from './messages.ts';
import type { DtlsRecord } from './record.ts';
import { RecordLayer } from './record-layer.ts';
import type { State } from './states.ts';
import type { Suite } from './suites.ts';
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

export class Handshake implements Sleeper {
  readonly kind = 'handshake';
  wakeAt = 0;
  queueIndex = -1;

  readonly role: Role;
  readonly address: AddressKey;
  readonly prefix: string;
  readonly expiresAt: number;
  readonly layer: RecordLayer;
  readonly reassembly: Reassembly;
  readonly clientRandom: Uint8Array;

  state: State;
  serverRandom: Uint8Array = new Uint8Array(0);
  suite: Suite | undefined;
  extendedMasterSecret = false;
  /** What the peer is known by, or wants to be. */
  presented: PresentedIdentity | undefined;
  /** What admitted the peer. */
  credential = '';
  /** The epoch that the peer sends in, as far as its ChangeCipherSpec has counted. */
  receiveEpoch: 0 | 1 = 0;
  /** A ChangeCipherSpec came before its turn. */
  changeCipherSpecHeld = false;
  /** Records that can't be opened yet. */
  held: DtlsRecord[] = [];
  flight: PendingFlight | undefined;
  lookup: LookupId | undefined;
  /** Whether the lookup found a key; only for the operator's eyes. */
  identityKnown = false;
  /** The refusal was told already. */
  refused = false;
  ended = false;

  readonly #transcript = new Transcript();
  #nextMessage: number;
  #master: MasterSecret | undefined;

  constructor(start: HandshakeStart) {
    this.role = start.role;
    this.state = start.state;
    this.address = start.address;
    this.prefix = start.prefix;
    this.clientRandom = start.clientRandom;
    this.expiresAt = start.expiresAt;
    this.layer = new RecordLayer(start.firstRecord);
    this.reassembly = new Reassembly(start.limits, start.expectMessage);
    this.#nextMessage = start.firstMessage;
  }

  /** Overwrites the master secret; the record keys stay with the record layer. */
  wipe(): void {
    this.#master?.wipe();
  }

  /** Octets of records that are held. */
  get heldBytes(): number {
    return this.held.reduce((sum, record) => sum + record.bytes.length, 0);
  }

  /** Adds a message of the peer to the transcript. */
  received(message: WholeMessage): void {
    this.#transcript.add(unfragmented(message));
  }

  /** Makes the next message to send, and adds it to the transcript. */
  compose<K extends HandshakeKind>(kind: K, body: HandshakeBodies[K], epoch: 0 | 1 = 0): FlightItem {
    const message = {
      type: HANDSHAKE_MESSAGES[kind].type,
      messageSequence: this.#nextMessage++,
      body: encodeBody(kind, body),
    };
    this.#transcript.add(unfragmented(message));
    // A server that holds no state can't put a ClientHello together again.
    return { kind: 'handshake', epoch, message, whole: kind === 'client-hello' };
  }

  /** Begins the transcript anew: the first ClientHello and its HelloVerifyRequest do not count (RFC 6347 §4.2.1). */
  restartTranscript(): void {
    this.#transcript.clear();
  }

  /** Derives all keys; the transcript must end with the ClientKeyExchange (RFC 7627 §4). */
  deriveKeys(psk: KeyObject, suite: Suite): void {
    const randoms = { client: this.clientRandom, server: this.serverRandom };
    const sessionHash = this.extendedMasterSecret ? this.#transcript.hash(suite.hash) : undefined;
    const key = psk.export();
    const premaster = pskPremasterSecret(key);
    this.#master = masterSecret(suite.hash, premaster, randoms, sessionHash);
    key.fill(0);
    premaster.fill(0);
    this.layer.protect(epochKeys(suite, this.role, this.#master, randoms, false));
  }

  /** What the Finished of one side must carry at this point of the transcript. */
  finishedOf(sender: Role): Uint8Array {
    if (this.#master === undefined) throw new Error('a Finished before the keys');
    return verifyData(this.#master, sender, this.#transcript.hash(this.#master.hmac.algorithm));
  }

  /** Whether the peer's Finished matches; the transcript must not hold it yet. */
  verifyFinished(data: Uint8Array): boolean {
    return timingSafeEqual(data, this.finishedOf(this.role === 'server' ? 'client' : 'server'));
  }
}
