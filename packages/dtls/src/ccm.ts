/**
 * AES-128-CCM (RFC 3610) on two ciphers that stay from one record to the next. A cipher object for each record, as
 * `node:crypto` has it, takes 6 µs to make and use for 40 octets, and its native half is for the garbage collector;
 * kept ones take 2.5 µs. So sessions that are used have them, and what is longer than the scratch space does without.
 */
import { type Cipheriv, createCipheriv, type KeyObject, timingSafeEqual } from 'node:crypto';
import { LONGEST_ASSOCIATED_DATA } from './associated-data.ts';

const BLOCK = 16;
/** Octets of a nonce; the length field has what it leaves (RFC 6655 §3). */
const NONCE_LENGTH = 12;
const LENGTH_BYTES = 15 - NONCE_LENGTH;
const MAX_TAG = 16;
/** Octets of plaintext that there is scratch space for: more than most messages have, and longer ones gain little. */
export const LONGEST_PLAINTEXT = 1024;

// node:crypto takes in what it is given at once, so one scratch serves all sessions.
const counters = new Uint8Array(BLOCK + LONGEST_PLAINTEXT);
/** The same, by what can be copied at once: the blocks differ in their last octet alone. */
const counterWords = new Uint32Array(counters.buffer);
const input = new Uint8Array((1 + Math.ceil((2 + LONGEST_ASSOCIATED_DATA) / BLOCK)) * BLOCK + LONGEST_PLAINTEXT);
const expected = new Uint8Array(MAX_TAG);
const received = new Uint8Array(MAX_TAG);
/** By blocks: making a view takes as long as encrypting what it shows. */
const firstCounters = prefixes(counters);
const firstInput = prefixes(input);

for (let block = 0; block * BLOCK < counters.length; block++) {
  counters[block * BLOCK] = LENGTH_BYTES - 1;
  counters[block * BLOCK + BLOCK - 1] = block;
}

/** One direction of a session. */
export class Ccm {
  /** Makes the key stream: encrypts counters, each for itself. */
  readonly #stream: Cipheriv;
  /** Makes the codes: what it is at the end of one is XORed into the first block of the next, which so begins anew. */
  readonly #chain: Cipheriv;
  readonly #chained = new Uint8Array(BLOCK);
  readonly #tagLength: number;

  constructor(key: KeyObject, tagLength: number) {
    this.#stream = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    this.#chain = createCipheriv('aes-128-cbc', key, this.#chained).setAutoPadding(false);
    this.#tagLength = tagLength;
  }

  /** Encrypts the octets from `start` to `end`, at most `LONGEST_PLAINTEXT`, in place, and writes the tag behind them. */
  seal(nonce: Uint8Array, associated: Uint8Array, record: Uint8Array, start: number, end: number): void {
    const at = this.#begin(nonce, associated, end - start);
    for (let i = start; i < end; i++) input[at + i - start] = record[i] ?? 0;
    this.#finish(at + end - start);
    const stream = this.#streamOf(nonce, end - start);
    for (let i = start, j = BLOCK; i < end; i++, j++) record[i] = (record[i] ?? 0) ^ (stream[j] ?? 0);
    for (let i = 0; i < this.#tagLength; i++) record[end + i] = (this.#chained[i] ?? 0) ^ (stream[i] ?? 0);
  }

  /** The plaintext of the octets from `start` to `end`, if the tag behind them is theirs. */
  open(nonce: Uint8Array, associated: Uint8Array, record: Uint8Array, start: number, end: number): Buffer | undefined {
    const at = this.#begin(nonce, associated, end - start);
    const stream = this.#streamOf(nonce, end - start);
    for (let i = start, j = 0; i < end; i++, j++) input[at + j] = (record[i] ?? 0) ^ (stream[BLOCK + j] ?? 0);
    this.#finish(at + end - start);
    for (let i = 0; i < MAX_TAG; i++) {
      const counts = i < this.#tagLength;
      expected[i] = counts ? (this.#chained[i] ?? 0) ^ (stream[i] ?? 0) : 0;
      received[i] = counts ? (record[end + i] ?? 0) : 0;
    }
    if (!timingSafeEqual(expected, received)) return undefined;
    const plaintext = Buffer.allocUnsafe(end - start);
    for (let i = 0; i < plaintext.length; i++) plaintext[i] = input[at + i] ?? 0;
    return plaintext;
  }

  /** The key stream: a block for the tag, then what the plaintext needs (RFC 3610 §2.3). */
  #streamOf(nonce: Uint8Array, length: number): Buffer {
    const blocks = 1 + Math.ceil(length / BLOCK);
    for (let i = 0; i < NONCE_LENGTH; i++) counters[1 + i] = nonce[i] ?? 0;
    const first = counterWords[0] ?? 0;
    const second = counterWords[1] ?? 0;
    const third = counterWords[2] ?? 0;
    const last = counters[NONCE_LENGTH] ?? 0;
    for (let block = 1; block < blocks; block++) {
      const word = (block * BLOCK) / 4;
      counterWords[word] = first;
      counterWords[word + 1] = second;
      counterWords[word + 2] = third;
      counters[block * BLOCK + NONCE_LENGTH] = last;
    }
    return this.#stream.update(firstCounters[blocks] ?? counters);
  }

  /** Writes what is authenticated before the plaintext (RFC 3610 §2.2). @returns where that goes */
  #begin(nonce: Uint8Array, associated: Uint8Array, length: number): number {
    input[0] = 0x40 | (((this.#tagLength - 2) / 2) << 3) | (LENGTH_BYTES - 1);
    for (let i = 0; i < NONCE_LENGTH; i++) input[1 + i] = nonce[i] ?? 0;
    input[13] = length >> 16;
    input[14] = length >> 8;
    input[15] = length;
    for (let i = 0; i < BLOCK; i++) input[i] = (input[i] ?? 0) ^ (this.#chained[i] ?? 0);
    input[BLOCK] = associated.length >> 8;
    input[BLOCK + 1] = associated.length;
    for (let i = 0; i < associated.length; i++) input[BLOCK + 2 + i] = associated[i] ?? 0;
    return padded(BLOCK + 2 + associated.length);
  }

  /** Computes the code of the scratch input before `end`; it then is what is chained. */
  #finish(end: number): void {
    const stop = padded(end);
    const output = this.#chain.update(firstInput[stop / BLOCK] ?? input);
    for (let i = 0; i < BLOCK; i++) this.#chained[i] = output[stop - BLOCK + i] ?? 0;
  }
}

/** Fills the scratch input with zeros up to the next whole block. @returns where that ends */
function padded(end: number): number {
  const stop = Math.ceil(end / BLOCK) * BLOCK;
  for (let i = end; i < stop; i++) input[i] = 0;
  return stop;
}

/** All views of whole blocks from the start on, by their number of blocks. */
function prefixes(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / BLOCK + 1 }, (_, blocks) => bytes.subarray(0, blocks * BLOCK));
}
