/**
 * A strict reader of DER (X.690 §8, §10): definite and minimal lengths, low tag numbers, bounded depth. ASN.1 types are
 * declared as data; a declaration gives decoder, bounds and static type.
 */
import { X509_LIMITS } from './limits.ts';

/** Why octets are not the DER of a type. */
export interface DerError {
  /**
   * `truncated`: they end too early; `trailing`: octets are left over; `bounds`: a length or value is not allowed;
   * `unexpected`: an element of another type stands there; `encoding`: BER perhaps, but not DER.
   */
  readonly kind: 'truncated' | 'trailing' | 'bounds' | 'unexpected' | 'encoding';
  /** Octets before the element that failed. */
  readonly offset: number;
  /** Name of the innermost named element that failed. */
  readonly field: string;
}

export type DerResult<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: DerError };

/** One element; `content` and `der` are views, of its contents and of all of it. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly der: Uint8Array;
}

const EMPTY = new Uint8Array(0);
const NOTHING: DerElement = { tag: 0, content: EMPTY, der: EMPTY };

/** What decoding one value shares: the first failure, which sticks, so that decoders need no error handling. */
class Decoding {
  readonly #start: number;
  depth = 0;
  error: { kind: DerError['kind']; offset: number; field: string } | undefined;

  constructor(bytes: Uint8Array) {
    this.#start = bytes.byteOffset;
  }

  fail(kind: DerError['kind'], at: Uint8Array): undefined {
    this.error ??= { kind, offset: at.byteOffset - this.#start, field: '' };
    return undefined;
  }

  /** Names the element that failed, unless a more exact name is known already. */
  blame(field: string): void {
    if (this.error?.field === '') this.error.field = field;
  }
}

/** Walks over elements that stand one after the other. */
export class DerCursor {
  readonly #bytes: Uint8Array;
  readonly #decoding: Decoding;
  #offset = 0;

  constructor(bytes: Uint8Array, decoding: Decoding = new Decoding(bytes)) {
    this.#bytes = bytes;
    this.#decoding = decoding;
  }

  /** Whether an element may follow; never after a failure, so that loops end. */
  get more(): boolean {
    return this.#decoding.error === undefined && this.#offset < this.#bytes.length;
  }

  /** Identifier octet of the next element, or -1 at the end. */
  get tag(): number {
    return this.more ? (this.#bytes[this.#offset] ?? -1) : -1;
  }

  get error(): DerError | undefined {
    return this.#decoding.error;
  }

  /** The next element; an empty one after a failure. */
  next(): DerElement {
    const bytes = this.#bytes;
    const start = this.#offset;
    const tag = bytes[start];
    const first = bytes[start + 1];
    if (tag === undefined || first === undefined) return this.#fail('truncated');
    // The long form of tags serves numbers from 31 on, which nothing here uses.
    if ((tag & 0x1f) === 0x1f) return this.#fail('encoding');
    let length = first;
    let at = start + 2;
    if (first >= 0x80) {
      const octets = first & 0x7f;
      // 0x80 is BER's indefinite length; four octets are more than any limit here.
      if (octets === 0) return this.#fail('encoding');
      if (octets > 4) return this.#fail('bounds');
      if (at + octets > bytes.length) return this.#fail('truncated');
      length = 0;
      for (let i = 0; i < octets; i++) length = length * 256 + (bytes[at + i] ?? 0);
      if (length < 0x80 || length < 256 ** (octets - 1)) return this.#fail('encoding');
      at += octets;
    }
    if (length > bytes.length - at) return this.#fail('truncated');
    this.#offset = at + length;
    return { tag, content: bytes.subarray(at, at + length), der: bytes.subarray(start, at + length) };
  }

  /** The next value of a type. */
  read<T>(type: DerType<T>): T {
    const found = this.tag;
    const start = this.#bytes.subarray(this.#offset);
    const expected = found === -1 || type.accepts(found);
    if (!expected) this.#decoding.fail('unexpected', start);
    const element = this.#decoding.error ? NOTHING : this.next();
    if (++this.#decoding.depth > X509_LIMITS.derDepth) this.#decoding.fail('bounds', start);
    const value = type.read(element, this.#decoding);
    this.#decoding.depth--;
    return value;
  }

  /** Fails when elements are left. */
  end(): void {
    if (this.more) this.#decoding.fail('trailing', this.#bytes.subarray(this.#offset));
  }

  #fail(kind: DerError['kind']): DerElement {
    this.#decoding.fail(kind, this.#bytes.subarray(this.#offset));
    return NOTHING;
  }
}

/** An ASN.1 type. After a failure `read` gets an empty element and gives some value that nobody uses. */
export interface DerType<T> {
  /** Whether an element with this identifier octet begins a value. */
  accepts(tag: number): boolean;
  read(element: DerElement, decoding: Decoding): T;
}

/** A type whose contents `read` understands; `fail` takes the reason. */
export function primitive<T>(
  tag: number,
  read: (content: Uint8Array, fail: (kind: DerError['kind']) => void) => T,
): DerType<T> {
  return {
    accepts: (found) => found === tag,
    read: ({ content }, decoding) => read(content, (kind) => decoding.fail(kind, content)),
  };
}

/** Elements that SEQUENCE fields may leave out. */
interface OptionalType<T> extends DerType<T> {
  readonly absent: { readonly value: T };
}

const isOptional = <T>(type: DerType<T>): type is OptionalType<T> => 'absent' in type;

/** OPTIONAL. */
export function optional<T>(type: DerType<T>): DerType<T | undefined> {
  return defaulted<T | undefined>(type, undefined);
}

/** DEFAULT. That the default itself is written out is tolerated: widespread encoders write `cA FALSE`. */
export function defaulted<T>(type: DerType<T>, value: T): DerType<T> {
  const result: OptionalType<T> = { accepts: type.accepts, read: type.read, absent: { value } };
  return result;
}

/** SEQUENCE of named fields. */
export function sequence<T extends object>(fields: { readonly [K in keyof T]: DerType<T[K]> }): DerType<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  return {
    accepts: (tag) => tag === 0x30,
    read({ content }, decoding) {
      const cursor = new DerCursor(content, decoding);
      const value: Partial<T> = {};
      for (const name of names) {
        const type = fields[name];
        if (isOptional(type) && !(cursor.more && type.accepts(cursor.tag))) value[name] = type.absent.value;
        else {
          if (!cursor.more) decoding.fail('truncated', content);
          value[name] = cursor.read(type);
        }
        decoding.blame(name);
      }
      cursor.end();
      return value as T;
    },
  };
}

function repeated<T>(
  tag: number,
  item: DerType<T>,
  { min = 0, max }: { min?: number; max: number },
): DerType<readonly T[]> {
  return {
    accepts: (found) => found === tag,
    read(element, decoding) {
      const cursor = new DerCursor(element.content, decoding);
      const values: T[] = [];
      while (cursor.more) {
        if (values.length === max) decoding.fail('bounds', element.der);
        values.push(cursor.read(item));
      }
      if (values.length < min) decoding.fail('bounds', element.der);
      return values;
    },
  };
}

export const sequenceOf = <T>(item: DerType<T>, bounds: { min?: number; max: number }): DerType<readonly T[]> =>
  repeated(0x30, item, bounds);

/** SET OF; the order of its members (X.690 §11.6) is not checked. */
export const setOf = <T>(item: DerType<T>, bounds: { min?: number; max: number }): DerType<readonly T[]> =>
  repeated(0x31, item, bounds);

/** `[n] EXPLICIT`. */
export function explicit<T>(n: number, type: DerType<T>): DerType<T> {
  return {
    accepts: (tag) => tag === (0xa0 | n),
    read({ content }, decoding) {
      const cursor = new DerCursor(content, decoding);
      if (!cursor.more) decoding.fail('truncated', content);
      const value = cursor.read(type);
      cursor.end();
      return value;
    },
  };
}

/** `[n] IMPLICIT`; `constructed` for SEQUENCE and SET types. */
export function implicit<T>(n: number, type: DerType<T>, { constructed = false } = {}): DerType<T> {
  return { accepts: (tag) => tag === ((constructed ? 0xa0 : 0x80) | n), read: type.read };
}

/** Whatever element stands there, not looked into. */
export const any: DerType<DerElement> = { accepts: () => true, read: (element) => element };

/** A SEQUENCE that is not looked into. */
export const anySequence: DerType<DerElement> = { accepts: (tag) => tag === 0x30, read: (element) => element };

/** A value together with its DER. */
export function withDer<T>(type: DerType<T>): DerType<{ readonly value: T; readonly der: Uint8Array }> {
  return {
    accepts: type.accepts,
    read: (element, decoding) => ({ value: type.read(element, decoding), der: element.der }),
  };
}

/** Decodes all of `bytes` as one value; views in the value point into `bytes`. */
export function decodeDer<T>(type: DerType<T>, bytes: Uint8Array, { maxBytes }: { maxBytes: number }): DerResult<T> {
  const cursor = new DerCursor(bytes);
  if (bytes.length > maxBytes) return { ok: false, error: { kind: 'bounds', offset: 0, field: '' } };
  if (bytes.length === 0) return { ok: false, error: { kind: 'truncated', offset: 0, field: '' } };
  const value = cursor.read(type);
  cursor.end();
  return cursor.error ? { ok: false, error: cursor.error } : { ok: true, value };
}
