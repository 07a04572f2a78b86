/** How the length of a message over a stream is written: in the first nibble, or in bytes behind it (RFC 8323 §3.2). */
const LENGTH_FORMS = [
  { nibble: 13, bytes: 1, base: 13 },
  { nibble: 14, bytes: 2, base: 269 },
  { nibble: 15, bytes: 4, base: 65_805 },
] as const;

const DATAGRAM_HEADER_BYTES = 4;
const MAX_TOKEN_BYTES = 8;
/** First byte of a datagram of version 1 that is non-confirmable. */
const NON_CONFIRMABLE = 0x50;

/** How much longer a message can be over a stream than as a datagram, in bytes. */
export const FRAME_OVERHEAD = 2;

/** What the bytes of a stream begin with. */
export type Frame =
  /** `length` once it is known. */
  | { readonly kind: 'incomplete'; readonly length?: number }
  /** A message, as the non-confirmable datagram with message id 0 that says the same. It is a copy. */
  | { readonly kind: 'message'; readonly datagram: Uint8Array; readonly length: number }
  | { readonly kind: 'malformed'; readonly detail: string };

/**
 * Writes a datagram as a message of a stream (RFC 8323 §3.2): what type and message id said is said by the stream, and
 * the length comes first.
 */
export function frameOf(datagram: Uint8Array): Uint8Array {
  const tokenLength = (datagram[0] ?? 0) & 15;
  const length = datagram.length - DATAGRAM_HEADER_BYTES - tokenLength;
  const form = LENGTH_FORMS.findLast(({ base }) => length >= base);
  const extension = form?.bytes ?? 0;
  const frame = new Uint8Array(2 + extension + tokenLength + length);
  frame[0] = ((form?.nibble ?? length) << 4) | tokenLength;
  if (form !== undefined) writeUint(frame, 1, form.bytes, length - form.base);
  frame[1 + extension] = datagram[1] ?? 0;
  frame.set(datagram.subarray(DATAGRAM_HEADER_BYTES), 2 + extension);
  return frame;
}

/**
 * Reads the message that the bytes of a stream begin with.
 *
 * @param longest bytes of a message that are taken; a longer one is malformed as soon as its length is known
 */
export function readFrame(bytes: Uint8Array, longest: number): Frame {
  if (bytes.length === 0) return { kind: 'incomplete' };
  const first = bytes[0] ?? 0;
  const tokenLength = first & 15;
  if (tokenLength > MAX_TOKEN_BYTES) return { kind: 'malformed', detail: `token length ${tokenLength}` };
  const form = LENGTH_FORMS.find(({ nibble }) => nibble === first >> 4);
  const extension = form?.bytes ?? 0;
  if (bytes.length < 1 + extension) return { kind: 'incomplete' };
  const rest = form === undefined ? first >> 4 : form.base + readUint(bytes, 1, form.bytes);
  const length = 2 + extension + tokenLength + rest;
  if (length > longest)
    return { kind: 'malformed', detail: `a message of ${length} bytes, where ${longest} are taken` };
  if (bytes.length < length) return { kind: 'incomplete', length };
  const datagram = new Uint8Array(DATAGRAM_HEADER_BYTES + tokenLength + rest);
  datagram[0] = NON_CONFIRMABLE | tokenLength;
  datagram[1] = bytes[1 + extension] ?? 0;
  datagram.set(bytes.subarray(2 + extension, length), DATAGRAM_HEADER_BYTES);
  return { kind: 'message', datagram, length };
}

/** The bytes of a stream that are not read yet: at most the beginning of one message. */
export class FrameReader {
  readonly #longest: number;
  #held = new Uint8Array(0);
  #length = 0;
  #begun = 0;

  constructor(longest: number) {
    this.#longest = longest;
  }

  /** Bytes of a message that is not here whole. */
  get partial(): number {
    return this.#length;
  }

  /** Length of the message that is not here whole, in bytes; 0 while it is not known. */
  get begun(): number {
    return this.#begun;
  }

  /** Takes the next bytes. @returns the messages that are whole now; one that is malformed is the last */
  take(chunk: Uint8Array): Exclude<Frame, { kind: 'incomplete' }>[] {
    const bytes = this.#length === 0 ? chunk : this.#joined(chunk);
    const frames: Exclude<Frame, { kind: 'incomplete' }>[] = [];
    let at = 0;
    for (;;) {
      const frame = readFrame(bytes.subarray(at), this.#longest);
      if (frame.kind === 'incomplete') {
        this.#begun = frame.length ?? 0;
        break;
      }
      frames.push(frame);
      if (frame.kind === 'malformed') break;
      at += frame.length;
    }
    this.#keep(bytes.subarray(at));
    return frames;
  }

  #joined(chunk: Uint8Array): Uint8Array {
    const length = this.#length + chunk.length;
    if (this.#held.length < length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#held.length));
      grown.set(this.#held.subarray(0, this.#length));
      this.#held = grown;
    }
    this.#held.set(chunk, this.#length);
    return this.#held.subarray(0, length);
  }

  /** A copy, unless it is all here already: what comes from a socket lies in a far larger block of memory. */
  #keep(rest: Uint8Array): void {
    if (rest.length === 0) this.#held = new Uint8Array(0);
    else if (rest.buffer !== this.#held.buffer || rest.byteOffset !== this.#held.byteOffset)
      this.#held = Uint8Array.from(rest);
    this.#length = rest.length;
  }
}

function writeUint(bytes: Uint8Array, at: number, length: number, value: number): void {
  for (let i = 0; i < length; i++) bytes[at + i] = value >>> (8 * (length - 1 - i));
}

function readUint(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = 0; i < length; i++) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}
