/** One association's records: epoch 0 in plaintext, epoch 1 protected (RFC 6347 §4.1). */
import { isFresh, markReceived, newCounters, type SessionCounters } from './counters.ts';
import type { Sealer } from './flight.ts';
import { openRecord, protectionOverhead, sealRecord } from './protection.ts';
import { type DtlsRecord, MAX_SEQUENCE, plaintextRecord, RECORD_HEADER_LENGTH } from './record.ts';
import { type EpochKeys, RecordKeys } from './record-keys.ts';

/** Why a protected record was not opened. Such records are dropped silently (RFC 6347 §4.1.2.7). */
export type Unopened = 'replayed' | 'not-authentic';

export class RecordLayer implements Sealer {
  /** The counters of epoch 1. */
  readonly counters: SessionCounters = newCounters();
  #keys: RecordKeys | undefined;
  #plaintextNext: number;

  /** @param plaintextNext sequence number of the first record to send in epoch 0 */
  constructor(plaintextNext: number) {
    this.#plaintextNext = plaintextNext;
  }

  /** Sets the keys of epoch 1. */
  protect(keys: EpochKeys): void {
    this.#keys = new RecordKeys(keys);
  }

  overhead(epoch: 0 | 1): number {
    return epoch === 1 && this.#keys ? protectionOverhead(this.#keys) : RECORD_HEADER_LENGTH;
  }

  /** Whether no sequence number is left to send with. */
  get exhausted(): boolean {
    return this.counters.sendNext > MAX_SEQUENCE;
  }

  seal(epoch: 0 | 1, type: number, plaintext: Uint8Array): Uint8Array {
    if (epoch === 1 && this.#keys) return sealRecord(this.#keys, type, 1, this.counters.sendNext++, plaintext);
    return plaintextRecord(type, this.#plaintextNext++, plaintext);
  }

  /** The plaintext of a record of epoch 1 that is authentic and new; the replay window then knows it. */
  open(record: DtlsRecord): Uint8Array | Unopened {
    if (this.#keys === undefined) return 'not-authentic';
    if (!isFresh(this.counters, record.sequence)) return 'replayed';
    const opened = openRecord(this.#keys, record);
    if (opened === undefined) return 'not-authentic';
    markReceived(this.counters, record.sequence);
    return opened.content;
  }
}
