import { Code } from './codes.ts';
import type { CoapMessage, MessageType } from './message.ts';
import { type CoapOption, Option } from './options.ts';

/** What was wrong with a datagram. */
export type CoapParseErrorKind =
  /** It ends inside the header, the token or an option. */
  | 'truncated'
  /** The version is not 1; such a message is ignored silently (RFC 7252 §3). */
  | 'version'
  /** A token length of 9–15 (RFC 7252 §3). */
  | 'token-length'
  /** An option delta or length of 15 (RFC 7252 §3.1). */
  | 'option-header'
  /** An option number above 65535. */
  | 'option-number'
  /** A payload marker and nothing behind it (RFC 7252 §3). */
  | 'empty-payload'
  /** Code 0.00 with a token, options or payload (RFC 7252 §4.1). */
  | 'empty-message';

/** Why a datagram is not a message, and where. */
export interface CoapParseError {
  readonly kind: CoapParseErrorKind;
  /** Byte offset at which the datagram went wrong. */
  readonly offset: number;
  readonly detail: string;
  /** Present when the header could be read, so that a confirmable message can be reset (RFC 7252 §4.2). */
  readonly header?: { readonly type: MessageType; readonly messageId: number };
}

export type DecodeResult =
  | { readonly ok: true; readonly message: CoapMessage }
  | { readonly ok: false; readonly error: CoapParseError };

const HEADER_BYTES = 4;
const MAX_TOKEN_BYTES = 8;
const PAYLOAD_MARKER = 0xff;
const MAX_OPTION_NUMBER = 65535;
const EMPTY: Uint8Array = new Uint8Array(0);
const NO_OPTIONS: readonly CoapOption[] = [];
const TYPES = [0, 1, 2, 3] as const;

/** Offset below which a one-byte extension is used (RFC 7252 §3.1), and below which none is. */
const EXTENDED_1 = 13;
const EXTENDED_2 = 269;
/** What the extension nibbles can say at most. */
const MAX_EXTENDED = 65535 + EXTENDED_2;

function failed(
  kind: CoapParseErrorKind,
  offset: number,
  detail: string,
  header?: { type: MessageType; messageId: number },
): DecodeResult {
  return { ok: false, error: header ? { kind, offset, detail, header } : { kind, offset, detail } };
}

/** Options of the message that is being read, before their number is known: arrays that grow have room for 16 more. */
const reading: CoapOption[] = [];
/** Its places that are kept from message to message: what is in each keeps the datagram alive that it was read from. */
const READING_KEPT = 32;

/** Short options that nearly every message has one of, with one of few values: each is made once. */
const common = new Map<number, CoapOption>();
const MAX_COMMON = 1024;

/** An option whose value stands in a datagram at these places. */
function optionAt(bytes: Uint8Array, number: number, start: number, stop: number): CoapOption {
  const length = stop - start;
  if (length === 0) return { number, value: EMPTY };
  if (length > 2 || !isCommon(number)) return { number, value: bytes.subarray(start, stop) };
  let key = (number << 2) | length;
  for (let at = start; at < stop; at++) key = (key << 8) | (bytes[at] ?? 0);
  const known = common.get(key);
  if (known !== undefined) return known;
  if (common.size >= MAX_COMMON) common.clear();
  const made = { number, value: new Uint8Array(bytes.subarray(start, stop)) };
  common.set(key, made);
  return made;
}

function isCommon(number: number): boolean {
  return number === Option.UriPath.number || number === Option.ContentFormat.number || number === Option.Accept.number;
}

/**
 * Reads a datagram (RFC 7252 §3). Token, payload and all but short option values are views of it, which is not copied.
 * Whether options are known or of legal length is not looked at here: see `unservableOption`.
 */
export function decodeMessage(bytes: Uint8Array): DecodeResult {
  const end = bytes.length;
  if (end < 1) return failed('truncated', 0, 'the datagram is empty');
  const first = bytes[0] ?? 0;
  if (first >> 6 !== 1) return failed('version', 0, `version ${first >> 6} instead of 1`);
  if (end < HEADER_BYTES) return failed('truncated', end, `${end} of the header's ${HEADER_BYTES} bytes`);

  const type = TYPES[(first >> 4) & 3] ?? 0;
  const code = bytes[1] ?? 0;
  const messageId = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
  const tokenLength = first & 15;
  const header = { type, messageId };
  if (tokenLength > MAX_TOKEN_BYTES) return failed('token-length', 0, `token length ${tokenLength}`, header);
  if (code === Code.Empty && end > HEADER_BYTES) {
    return failed('empty-message', HEADER_BYTES, `an empty message of ${end} bytes`, header);
  }
  let at = HEADER_BYTES + tokenLength;
  if (at > end) return failed('truncated', end, `the token has ${tokenLength} bytes`, header);
  const token = tokenLength === 0 ? EMPTY : bytes.subarray(HEADER_BYTES, at);

  let options = NO_OPTIONS;
  let payload = EMPTY;
  if (at < end) {
    if (reading.length > READING_KEPT) reading.length = READING_KEPT;
    let count = 0;
    let number = 0;
    while (at < end) {
      const start = at;
      const head = bytes[at++] ?? 0;
      if (head === PAYLOAD_MARKER) {
        if (at === end) return failed('empty-payload', start, 'a payload marker without payload', header);
        payload = bytes.subarray(at);
        break;
      }
      let delta = head >> 4;
      let length = head & 15;
      if (delta === 15 || length === 15) return failed('option-header', start, 'reserved option nibble 15', header);
      if (delta === 13) delta = EXTENDED_1 + (bytes[at++] ?? 0);
      else if (delta === 14) delta = EXTENDED_2 + (((bytes[at++] ?? 0) << 8) | (bytes[at++] ?? 0));
      if (length === 13) length = EXTENDED_1 + (bytes[at++] ?? 0);
      else if (length === 14) length = EXTENDED_2 + (((bytes[at++] ?? 0) << 8) | (bytes[at++] ?? 0));
      const stop = at + length;
      if (stop > end) return failed('truncated', end, `the option at byte ${start} goes on`, header);
      number += delta;
      if (number > MAX_OPTION_NUMBER) return failed('option-number', start, `option number ${number}`, header);
      reading[count++] = optionAt(bytes, number, at, stop);
      at = stop;
    }
    if (count > 0) options = reading.slice(0, count);
  }
  return { ok: true, message: { type, code, messageId, token, options, payload } };
}

/**
 * Writes a message (RFC 7252 §3). Options may come in any order; those with equal numbers keep theirs.
 *
 * @throws RangeError when the token is longer than 8 bytes or an option does not fit the format; both are mistakes
 *   of the caller that no datagram can cause
 */
export function encodeMessage(message: CoapMessage): Uint8Array {
  const { token, payload } = message;
  if (token.length > MAX_TOKEN_BYTES) throw new RangeError(`a token of ${token.length} bytes`);
  const options = inOrder(message.options);
  const bytes = allocate(encodedLength(message, options));
  bytes[0] = 0x40 | (message.type << 4) | token.length;
  bytes[1] = message.code;
  bytes[2] = message.messageId >> 8;
  bytes[3] = message.messageId;
  bytes.set(token, HEADER_BYTES);
  let at = HEADER_BYTES + token.length;
  let previous = 0;
  for (let i = 0; i < options.length; i++) {
    const option = options[i];
    if (option === undefined) break;
    const delta = option.number - previous;
    const { length } = option.value;
    bytes[at++] = (nibble(delta) << 4) | nibble(length);
    at = writeExtension(bytes, at, delta);
    at = writeExtension(bytes, at, length);
    bytes.set(option.value, at);
    at += length;
    previous = option.number;
  }
  if (payload.length > 0) {
    bytes[at++] = PAYLOAD_MARKER;
    bytes.set(payload, at);
  }
  return bytes;
}

/** Writes an empty message: an ACK, a RST or a ping (RFC 7252 §4.1). */
export function encodeEmpty(type: MessageType, messageId: number): Uint8Array {
  const bytes = allocate(HEADER_BYTES);
  bytes[0] = 0x40 | (type << 4);
  bytes[1] = Code.Empty;
  setMessageId(bytes, messageId);
  return bytes;
}

/** A buffer of its own costs a short message more than its encoding does: those share larger ones. */
const SLAB_BYTES = 8192;
const SHARED_BYTES = 256;
let slab = new Uint8Array(0);
let slabEnd = 0;

function allocate(length: number): Uint8Array {
  if (length > SHARED_BYTES) return new Uint8Array(length);
  if (slabEnd + length > slab.length) {
    slab = new Uint8Array(SLAB_BYTES);
    slabEnd = 0;
  }
  slabEnd += length;
  return slab.subarray(slabEnd - length, slabEnd);
}

/** Writes the message id into an encoded message, which lets a message be encoded before its turn to be sent comes. */
export function setMessageId(datagram: Uint8Array, messageId: number): void {
  datagram[2] = messageId >> 8;
  datagram[3] = messageId;
}

function encodedLength({ token, payload }: CoapMessage, options: readonly CoapOption[]): number {
  let length = HEADER_BYTES + token.length + (payload.length > 0 ? 1 + payload.length : 0);
  let previous = 0;
  for (let i = 0; i < options.length; i++) {
    const option = options[i];
    if (option === undefined) break;
    if (option.number > MAX_OPTION_NUMBER || option.value.length > MAX_EXTENDED) {
      throw new RangeError(`option ${option.number} with ${option.value.length} bytes`);
    }
    length += 1 + extensionBytes(option.number - previous) + extensionBytes(option.value.length) + option.value.length;
    previous = option.number;
  }
  return length;
}

function inOrder(options: readonly CoapOption[]): readonly CoapOption[] {
  let previous = 0;
  for (let i = 0; i < options.length; i++) {
    const number = options[i]?.number ?? 0;
    if (number < previous) return options.toSorted((a, b) => a.number - b.number);
    previous = number;
  }
  return options;
}

function nibble(value: number): number {
  return value < EXTENDED_1 ? value : value < EXTENDED_2 ? 13 : 14;
}

function extensionBytes(value: number): number {
  return value < EXTENDED_1 ? 0 : value < EXTENDED_2 ? 1 : 2;
}

function writeExtension(bytes: Uint8Array, at: number, value: number): number {
  if (value < EXTENDED_1) return at;
  if (value < EXTENDED_2) {
    bytes[at] = value - EXTENDED_1;
    return at + 1;
  }
  bytes[at] = (value - EXTENDED_2) >> 8;
  bytes[at + 1] = value - EXTENDED_2;
  return at + 2;
}
