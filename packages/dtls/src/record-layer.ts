/** One association's records: epoch 0 in plaintext, epoch 1 protected (RFC 6347 §4.1). */
import { isFresh, markReceived, newCounters, type SessionCounters } from './counters.ts';
import type { Sealer } from './flight.ts';
import { type Opened, openRecord, protectionOverhead, sealRecord } from './protection.ts';
import { type DtlsRecord, MAX_PLAINTEXT, MAX_SEQUENCE, plaintextRecord, RECORD_HEADER_LENGTH } from './record.ts';
import { type EpochKeys, RecordKeys } from './record-keys.ts';

/**
 * Why a protected record was not taken: seen before or too old, not made with the peer's keys and our Connection ID,
 * or authentic but with more plaintext than was agreed on. Such records are dropped silently (RFC 6347 §4.1.2.7,
 * RFC 8449 §4).
 */
export type Unopened = 'replayed' | 'not-authentic' | 'too-long';

/** The Connection IDs of an association (RFC 9146 §3); an empty one is not written. */
interface ConnectionIds {
  /** In the peer's records. */
  readonly ours: Uint8Array;
  /** In ours. */
  readonly peers: Uint8Array;
}

const NO_CONNECTION_IDS: ConnectionIds = { ours: new Uint8Array(0), peers: new Uint8Array(0) };

export class RecordLayer implements Sealer {
  /** The counters of epoch 1. */
  readonly counters: SessionCounters;
  connectionIds = NO_CONNECTION_IDS;
  /** Octets of plaintext that a record of ours, and one of the peer's, may hold in epoch 1. */
  sendBytes = MAX_PLAINTEXT;
  receiveBytes = MAX_PLAINTEXT;
  #keys: RecordKeys | undefined;
  #plaintextNext: number;

  /** @param plaintextNext sequence number of the first record to send in epoch 0 */
  constructor(plaintextNext: number, counters: SessionCounters = newCounters()) {
    this.#plaintextNext = plaintextNext;
    this.counters = counters;
  }

  /** The keys of epoch 1. */
  get keys(): EpochKeys | undefined {
    return this.#keys;
  }

  /** Sets the keys of epoch 1. */
  protect(keys: EpochKeys): void {
    this.#keys = new RecordKeys(keys);
  }

  overhead(epoch: 0 | 1): number {
    if (epoch === 0 || this.#keys === undefined) return RECORD_HEADER_LENGTH;
    return protectionOverhead(this.#keys, this.connectionIds.peers.length);
  }

  /** Whether no sequence number is left to send with. */
  get exhausted(): boolean {
    return this.counters.sendNext > MAX_SEQUENCE;
  }

  /** How many records of epoch 1 may be sent with the sequence numbers that are reserved. */
  get reserved(): number {
    return this.counters.sendLimit - this.counters.sendNext;
  }

  /** @throws Error when there are no keys yet: what is to be protected never goes out in plaintext */
  seal(epoch: 0 | 1, type: number, plaintext: Uint8Array): Uint8Array {
    if (epoch === 0) return plaintextRecord(type, this.#plaintextNext++, plaintext);
    if (this.#keys === undefined) throw new Error('a record of epoch 1 before the keys');
    return sealRecord(this.#keys, type, 1, this.counters.sendNext++, plaintext, this.connectionIds.peers);
  }

  /** What a record of epoch 1 holds that is authentic and new; the replay window then knows it. */
  open(record: DtlsRecord): Opened | Unopened {
    if (this.#keys === undefined || !this.isNamed(record)) return 'not-authentic';
    if (!isFresh(this.counters, record.sequence)) return 'replayed';
    const opened = openRecord(this.#keys, record);
    if (opened === undefined) return 'not-authentic';
    markReceived(this.counters, record.sequence);
    return opened.content.length > this.receiveBytes ? 'too-long' : opened;
  }

  /** Whether a record carries our Connection ID, or none if we gave none (RFC 9146 §6). */
  isNamed({ connectionId }: DtlsRecord): boolean {
    const { ours } = this.connectionIds;
    if (connectionId === undefined) return ours.length === 0;
    return ours.length > 0 && Buffer.compare(connectionId, ours) === 0;
  }
}
