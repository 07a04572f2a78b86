/**
 * Wire structures declared as data: a `Field` holds both directions of one element, so that a single declaration
 * gives encoder, decoder, bounds and static type (the presentation language of RFC 5246 §4, as far as DTLS needs it).
 */
import { readUint, writeUint } from './octets.ts';

/** Why bytes are not a structure. */
export interface ParseError {
  /** `truncated`: the bytes end too early; `trailing`: bytes are left over; `bounds`: a length or value is not allowed. */
  readonly kind: 'truncated' | 'trailing' | 'bounds';
  /** Octets before the element that failed. */
  readonly offset: number;
  /** Name of the innermost named element that failed. */
  readonly field: string;
}

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ParseError };

const EMPTY = new Uint8Array(0);

/**
 * Bounds-checked cursor. The first failure sticks: from then on every read gives zero or nothing,
 * so that decoders need no error handling of their own and never throw.
 */
class Reader {
  readonly #bytes: Uint8Array;
  #offset = 0;
  #error: { kind: ParseError['kind']; offset: number; field: string } | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#error === undefined ? this.#bytes.length - this.#offset : 0;
  }

  get error(): ParseError | undefined {
    return this.#error;
  }

  fail(kind: ParseError['kind']): void {
    this.#error ??= { kind, offset: this.#offset, field: '' };
  }

  /** Names the element that failed, unless a more exact name is known already. */
  blame(field: string): void {
    if (this.#error?.field === '') this.#error.field = field;
  }

  /** An unsigned big-endian integer of `width` octets (1 to 6). */
  uint(width: number): number {
    if (width > this.remaining) {
      this.fail('truncated');
      return 0;
    }
    const value = readUint(this.#bytes, this.#offset, width);
    this.#offset += width;
    return value;
  }

  /** The next `length` octets, as a view. */
  take(length: number): Uint8Array {
    if (length > this.remaining) {
      this.fail('truncated');
      return EMPTY;
    }
    const start = this.#offset;
    this.#offset += length;
    return this.#bytes.subarray(start, this.#offset);
  }

  /** Reads inside the next `length` octets only; what `read` leaves over is an error. */
  within<T>(length: number, read: (inner: Reader) => T): T {
    const start = this.#offset;
    const inner = new Reader(this.take(length));
    const value = read(inner);
    if (inner.remaining > 0) inner.fail('trailing');
    if (inner.error) this.#error ??= { ...inner.error, offset: start + inner.error.offset };
    return value;
  }
}

/** Grows as it is written to, and can be used again. */
class Writer {
  #bytes: Uint8Array = new Uint8Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  uint(width: number, value: number): void {
    this.#reserve(width);
    writeUint(this.#bytes, this.#length, width, value);
    this.#length += width;
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Writes a length prefix of `width` octets around what `write` writes. */
  prefixed(width: number, write: () => void): void {
    const at = this.#length;
    this.uint(width, 0);
    write();
    writeUint(this.#bytes, at, width, this.#length - at - width);
  }

  /** What was written; the next thing is written from the start. */
  finish(): Uint8Array {
    const written = this.#bytes.slice(0, this.#length);
    // It may have been keys.
    this.#bytes.fill(0, 0, this.#length);
    this.#length = 0;
    return written;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }
}

/** One element on the wire. */
export interface Field<T> {
  read(reader: Reader): T;
  write(writer: Writer, value: T): void;
}

/** The static type that a declaration describes. */
export type ValueOf<F> = F extends Field<infer T> ? T : never;

/** Unsigned big-endian integer of `width` octets. */
export function uint(width: 1 | 2 | 3 | 4 | 6): Field<number> {
  return {
    read: (reader) => reader.uint(width),
    write: (writer, value) => writer.uint(width, value),
  };
}

/** Exactly `length` octets. */
export function fixed(length: number): Field<Uint8Array> {
  return {
    read: (reader) => reader.take(length),
    write: (writer, value) => writer.bytes(value),
  };
}

/** Octets with a length prefix of `width` octets. */
export function opaque(width: 1 | 2 | 3, { max = 256 ** width - 1 } = {}): Field<Uint8Array> {
  return {
    read(reader) {
      const length = reader.uint(width);
      if (length > max) reader.fail('bounds');
      return reader.take(length);
    },
    write: (writer, value) => writer.prefixed(width, () => writer.bytes(value)),
  };
}

/** Items with a prefix of `width` octets that holds their length in octets. */
export function list<T>(width: 1 | 2 | 3, item: Field<T>, { min = 0 } = {}): Field<readonly T[]> {
  return {
    read(reader) {
      const values = reader.within(reader.uint(width), (inner) => {
        const items: T[] = [];
        while (inner.remaining > 0) items.push(item.read(inner));
        return items;
      });
      if (values.length < min) reader.fail('bounds');
      return values;
    },
    write: (writer, values) =>
      writer.prefixed(width, () => {
        for (const value of values) item.write(writer, value);
      }),
  };
}

/** All octets that are left, whose form something else tells. */
export function rest(): Field<Uint8Array> {
  return {
    read: (reader) => reader.take(reader.remaining),
    write: (writer, value) => writer.bytes(value),
  };
}

/** A list that is left out altogether when it is empty, as extensions are (RFC 5246 §7.4.1.2). */
export function trailing<T>(tail: Field<readonly T[]>): Field<readonly T[]> {
  return {
    read: (reader) => (reader.remaining === 0 ? [] : tail.read(reader)),
    write: (writer, values) => {
      if (values.length > 0) tail.write(writer, values);
    },
  };
}

/** Named elements one after the other. */
export function struct<T extends object>(fields: { readonly [K in keyof T]: Field<T[K]> }): Field<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  return {
    read(reader) {
      const value: Partial<T> = {};
      for (const name of names) {
        value[name] = fields[name].read(reader);
        if (reader.error) reader.blame(name);
      }
      return value as T;
    },
    write(writer, value) {
      for (const name of names) fields[name].write(writer, value[name]);
    },
  };
}

/** Decodes all of `bytes`; views in the value point into `bytes`. */
export function decode<T>(field: Field<T>, bytes: Uint8Array): Parsed<T> {
  const reader = new Reader(bytes);
  const value = field.read(reader);
  if (reader.remaining > 0) reader.fail('trailing');
  return reader.error ? { ok: false, error: reader.error } : { ok: true, value };
}

let idleWriter: Writer | undefined;

/** Encodes a value that keeps within its declaration's bounds. */
export function encode<T>(field: Field<T>, value: T): Uint8Array {
  const writer = idleWriter ?? new Writer();
  // A field that encodes something while it is written needs a writer of its own.
  idleWriter = undefined;
  field.write(writer, value);
  idleWriter = writer;
  return writer.finish();
}
