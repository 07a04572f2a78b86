/** Asymmetric cryptography as jobs, so that it can run where it does not keep the datagrams waiting. */
import {
  createPublicKey,
  diffieHellman,
  generateKeyPair,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { GROUPS, type GroupName, publicKeyOf, SIGNATURE_SCHEMES, type SignatureScheme, spkiOf } from './algorithms.ts';

/** One outstanding job of an endpoint. */
export type JobId = number & { readonly __brand: 'JobId' };

export type CryptoTask =
  /** Make a key pair for one handshake. */
  | { readonly kind: 'generate'; readonly group: GroupName }
  /** Agree on a secret with the peer's public key, which is in the form of the group's messages. */
  | {
      readonly kind: 'agree';
      readonly group: GroupName;
      readonly privateKey: KeyObject;
      readonly publicKey: Uint8Array;
    }
  | {
      readonly kind: 'sign';
      readonly scheme: SignatureScheme;
      readonly privateKey: KeyObject;
      readonly data: Uint8Array;
    }
  | {
      readonly kind: 'verify';
      readonly scheme: SignatureScheme;
      /** SubjectPublicKeyInfo in DER. */
      readonly publicKey: Uint8Array;
      readonly data: Uint8Array;
      readonly signature: Uint8Array;
    };

export type CryptoResult =
  | { readonly kind: 'generated'; readonly privateKey: KeyObject; readonly publicKey: Uint8Array }
  | { readonly kind: 'agreed'; readonly secret: Uint8Array }
  | { readonly kind: 'signed'; readonly signature: Uint8Array }
  | { readonly kind: 'verified'; readonly valid: boolean }
  /** `invalid`: a key is none of its group; `overloaded`: the queue is full. */
  | { readonly kind: 'failed'; readonly reason: 'invalid' | 'overloaded' };

const INVALID: CryptoResult = { kind: 'failed', reason: 'invalid' };
const OVERLOADED: CryptoResult = { kind: 'failed', reason: 'overloaded' };

/** Does a task at once, on this thread. */
export function computeNow(task: CryptoTask): CryptoResult {
  try {
    switch (task.kind) {
      case 'generate': {
        const { keyType, namedCurve } = GROUPS[task.group];
        return generated(keyType === 'ec' ? generateKeyPairSync('ec', { namedCurve }) : generateKeyPairSync('x25519'));
      }
      case 'agree': {
        const publicKey = publicKeyIn(spkiOf(task.group, task.publicKey));
        if (publicKey === undefined) return INVALID;
        return { kind: 'agreed', secret: diffieHellman({ privateKey: task.privateKey, publicKey }) };
      }
      case 'sign': {
        const { hash } = SIGNATURE_SCHEMES[task.scheme];
        return { kind: 'signed', signature: sign(hash, task.data, task.privateKey) };
      }
      case 'verify': {
        const { hash } = SIGNATURE_SCHEMES[task.scheme];
        const key = publicKeyIn(task.publicKey);
        return key === undefined ? INVALID : { kind: 'verified', valid: verify(hash, task.data, key, task.signature) };
      }
    }
  } catch {
    // node:crypto says by an exception that a key does not fit.
    return INVALID;
  }
}

export interface ComputePoolOptions {
  /** Tasks that run at the same time, each on a thread of libuv's pool. */
  readonly concurrency: number;
  /** Tasks that may wait; one more fails at once. */
  readonly queue: number;
}

/** Does tasks on the threads of libuv's pool, so that this thread goes on serving meanwhile. */
export class ComputePool {
  readonly #options: ComputePoolOptions;
  readonly #waiting: { readonly task: CryptoTask; readonly done: (result: CryptoResult) => void }[] = [];
  #running = 0;

  constructor(options: ComputePoolOptions) {
    this.#options = options;
  }

  /** Tasks that wait for a thread. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Does a task. `done` is called once: later, or before this returns when the queue is full. */
  run(task: CryptoTask, done: (result: CryptoResult) => void): void {
    if (this.#running < this.#options.concurrency) this.#start(task, done);
    else if (this.#waiting.length < this.#options.queue) this.#waiting.push({ task, done });
    else done(OVERLOADED);
  }

  #start(task: CryptoTask, done: (result: CryptoResult) => void): void {
    this.#running++;
    computeLater(task, (result) => {
      this.#running--;
      const next = this.#waiting.shift();
      if (next !== undefined) this.#start(next.task, next.done);
      done(result);
    });
  }
}

/** As `computeNow`, on a thread of libuv's pool but for the import of keys. `done` is never called before this returns. */
function computeLater(task: CryptoTask, done: (result: CryptoResult) => void): void {
  switch (task.kind) {
    case 'generate': {
      const { keyType, namedCurve } = GROUPS[task.group];
      const keep = (error: Error | null, publicKey: KeyObject, privateKey: KeyObject): void =>
        done(error ? INVALID : generated({ publicKey, privateKey }));
      if (keyType === 'ec') generateKeyPair('ec', { namedCurve }, keep);
      else generateKeyPair('x25519', {}, keep);
      break;
    }
    case 'agree': {
      const publicKey = publicKeyIn(spkiOf(task.group, task.publicKey));
      if (publicKey === undefined) {
        setImmediate(done, INVALID);
        return;
      }
      diffieHellman({ privateKey: task.privateKey, publicKey }, (error, secret) =>
        done(error ? INVALID : { kind: 'agreed', secret }),
      );
      break;
    }
    case 'sign':
      sign(SIGNATURE_SCHEMES[task.scheme].hash, task.data, task.privateKey, (error, signature) =>
        done(error ? INVALID : { kind: 'signed', signature }),
      );
      break;
    case 'verify': {
      const key = publicKeyIn(task.publicKey);
      if (key === undefined) {
        setImmediate(done, INVALID);
        return;
      }
      verify(SIGNATURE_SCHEMES[task.scheme].hash, task.data, key, task.signature, (error, valid) =>
        done(error ? INVALID : { kind: 'verified', valid }),
      );
      break;
    }
  }
}

function generated(pair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }): CryptoResult {
  return { kind: 'generated', privateKey: pair.privateKey, publicKey: publicKeyOf(pair.publicKey) };
}

/** The key in a SubjectPublicKeyInfo; nothing when there is none, or when its point is not on its curve. */
function publicKeyIn(spki: Uint8Array | undefined): KeyObject | undefined {
  if (spki === undefined) return undefined;
  try {
    return createPublicKey({
      key: Buffer.from(spki.buffer, spki.byteOffset, spki.length),
      format: 'der',
      type: 'spki',
    });
  } catch {
    return undefined;
  }
}
