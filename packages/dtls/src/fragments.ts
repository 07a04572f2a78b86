/** Handshake messages cut into fragments, and put together again (RFC 6347 §4.2.2 and §4.2.3). */
import type { DtlsLimits } from './limits.ts';
import { readUint, writeUint } from './octets.ts';

/** type (1), length (3), message_seq (2), fragment_offset (3), fragment_length (3). */
export const HANDSHAKE_HEADER_LENGTH = 12;

/** A piece of a handshake message. */
export interface Fragment {
  /** `HandshakeType`. */
  readonly type: number;
  /** Octets of the whole body. */
  readonly length: number;
  /** Number of the message in its handshake. */
  readonly messageSequence: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A whole handshake message. */
export interface WholeMessage {
  readonly type: number;
  readonly messageSequence: number;
  readonly body: Uint8Array;
}

/** The fragments in the plaintext of a handshake record, or nothing when that is malformed anywhere. */
export function readFragments(plaintext: Uint8Array): Fragment[] | undefined {
  const fragments: Fragment[] = [];
  let at = 0;
  do {
    if (plaintext.length - at < HANDSHAKE_HEADER_LENGTH) return undefined;
    const length = readUint(plaintext, at + 1, 3);
    const offset = readUint(plaintext, at + 6, 3);
    const fragmentLength = readUint(plaintext, at + 9, 3);
    const start = at + HANDSHAKE_HEADER_LENGTH;
    if (offset + fragmentLength > length || start + fragmentLength > plaintext.length) return undefined;
    fragments.push({
      type: readUint(plaintext, at, 1),
      length,
      messageSequence: readUint(plaintext, at + 4, 2),
      offset,
      bytes: plaintext.subarray(start, start + fragmentLength),
    });
    at = start + fragmentLength;
  } while (at < plaintext.length);
  return fragments;
}

/** A fragment with its header, cut from the body of a message. */
export function writeFragment(message: WholeMessage, offset: number, fragmentLength: number): Buffer {
  const bytes = Buffer.allocUnsafe(HANDSHAKE_HEADER_LENGTH + fragmentLength);
  bytes[0] = message.type;
  writeUint(bytes, 1, 3, message.body.length);
  writeUint(bytes, 4, 2, message.messageSequence);
  writeUint(bytes, 6, 3, offset);
  writeUint(bytes, 9, 3, fragmentLength);
  const whole = fragmentLength === message.body.length;
  bytes.set(whole ? message.body : message.body.subarray(offset, offset + fragmentLength), HANDSHAKE_HEADER_LENGTH);
  return bytes;
}

/** The form in which a message counts in the transcript: as if it had been sent whole (RFC 6347 §4.2.6). */
export function unfragmented(message: WholeMessage): Uint8Array {
  return writeFragment(message, 0, message.body.length);
}

interface Assembly {
  readonly type: number;
  readonly body: Uint8Array;
  /** One bit for each octet of the body: 1 where it has arrived. Empty if the body came whole. */
  readonly arrived: Uint8Array;
  missing: number;
}

const NOTHING = new Uint8Array(0);

/** What the first fragment of a message begins; nearly always it is all of it. */
function newAssembly({ type, length, bytes }: Fragment): Assembly {
  return bytes.length === length
    ? { type, body: Uint8Array.from(bytes), arrived: NOTHING, missing: 0 }
    : { type, body: new Uint8Array(length), arrived: new Uint8Array((length + 7) >> 3), missing: length };
}

/** Gives the messages of a handshake in order, each once, however their fragments come. */
export class Reassembly {
  readonly #limits: DtlsLimits;
  readonly #assemblies = new Map<number, Assembly>();
  #next: number;
  #bytes = 0;

  /** @param next number of the first message to expect */
  constructor(limits: DtlsLimits, next: number) {
    this.#limits = limits;
    this.#next = next;
  }

  /** Octets held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Number of the message that is expected next. */
  get next(): number {
    return this.#next;
  }

  /** The first message of which only a part has come, and how many octets of it have. */
  partial(): { readonly type: number; readonly length: number; readonly arrived: number } | undefined {
    for (const { type, body, missing } of this.#assemblies.values()) {
      if (missing > 0) return { type, length: body.length, arrived: body.length - missing };
    }
    return undefined;
  }

  /** Forgets all pieces: after a change of epoch nothing from before it may complete a message. */
  clear(): void {
    this.#assemblies.clear();
    this.#bytes = 0;
  }

  /** Takes a fragment in; old, contradicting and too many ones are dropped. Nothing of the argument is kept. */
  add(fragment: Fragment): void {
    const { messageSequence, length, offset, bytes } = fragment;
    if (messageSequence < this.#next || messageSequence > this.#next + this.#limits.messagesAhead) return;
    let assembly = this.#assemblies.get(messageSequence);
    if (assembly === undefined) {
      const { handshakeMessageBytes, reassemblyBytes } = this.#limits;
      if (length > handshakeMessageBytes || this.#bytes + length > reassemblyBytes) return;
      assembly = newAssembly(fragment);
      this.#assemblies.set(messageSequence, assembly);
      this.#bytes += length;
    } else if (assembly.type !== fragment.type || assembly.body.length !== length) {
      return;
    }
    if (assembly.missing === 0) return;
    for (let i = 0; i < bytes.length; i++) {
      const at = offset + i;
      const seen = assembly.arrived[at >> 3] ?? 0;
      const bit = 1 << (at & 7);
      if ((seen & bit) !== 0) continue;
      assembly.arrived[at >> 3] = seen | bit;
      assembly.body[at] = bytes[i] ?? 0;
      assembly.missing--;
    }
  }

  /** The next message in order if it is whole; it stays the next one until `advance`. */
  peek(): WholeMessage | undefined {
    const assembly = this.#assemblies.get(this.#next);
    if (assembly === undefined || assembly.missing > 0) return undefined;
    return { type: assembly.type, messageSequence: this.#next, body: assembly.body };
  }

  /** The next message has been used: its successor is the next one. */
  advance(): void {
    this.forget();
    this.#next++;
  }

  /** The next message was not wanted: it is forgotten, and another may come in its place. */
  forget(): void {
    const assembly = this.#assemblies.get(this.#next);
    if (assembly === undefined) return;
    this.#bytes -= assembly.body.length;
    this.#assemblies.delete(this.#next);
  }
}
