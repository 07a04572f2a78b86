/**
 * CoAP messages for scripts (RFC 7252 §3), written apart from the packages that are judged: what a script sends and
 * expects does not come from the encoder under test.
 */

/** A message as a script writes it and reads it. */
export interface WireMessage {
  readonly type: 'CON' | 'NON' | 'ACK' | 'RST';
  /** As in the specifications, e.g. `0.02` or `2.05`. */
  readonly code: string;
  readonly id: number;
  /** In hex. */
  readonly token?: string;
  /** Uri-Path, as one text: `/rd/a1`. */
  readonly path?: string;
  /** Uri-Query, each as it stands in its option. */
  readonly query?: readonly string[];
  /** Location-Path, as one text. */
  readonly location?: string;
  /** Content-Format. */
  readonly format?: number;
  readonly accept?: number;
  readonly observe?: number;
  /** Whatever else there is, by number, in hex. */
  readonly others?: readonly (readonly [number: number, value: string])[];
  /** In hex. */
  readonly payload?: string;
}

const TYPES = ['CON', 'NON', 'ACK', 'RST'] as const;
const OBSERVE = 6;
const LOCATION_PATH = 8;
const URI_PATH = 11;
const CONTENT_FORMAT = 12;
const URI_QUERY = 15;
const ACCEPT = 17;

/** Hex of a text. */
export const hexOf = (text: string): string => Buffer.from(text).toString('hex');

/** The text of hex. */
export const textOf = (hex = ''): string => Buffer.from(hex, 'hex').toString();

/** The datagram of a message. */
export function encodeWire(message: WireMessage): Buffer {
  const token = Buffer.from(message.token ?? '', 'hex');
  const [major = 0, minor = 0] = message.code.split('.').map(Number);
  const head = Buffer.from([0x40 | (TYPES.indexOf(message.type) << 4) | token.length, (major << 5) | minor, 0, 0]);
  head.writeUInt16BE(message.id, 2);
  const payload = Buffer.from(message.payload ?? '', 'hex');
  const marker = payload.length > 0 ? [Buffer.from([0xff]), payload] : [];
  return Buffer.concat([head, token, encodeOptions(optionsOf(message)), ...marker]);
}

type RawOption = readonly [number: number, value: Buffer];

function optionsOf({ observe, location, path, format, query = [], accept, others = [] }: WireMessage): RawOption[] {
  const segments = (text: string | undefined) => (text ?? '').split('/').filter((segment) => segment !== '');
  const options: RawOption[] = [
    ...(observe === undefined ? [] : [[OBSERVE, uint(observe)] as const]),
    ...segments(location).map((one) => [LOCATION_PATH, Buffer.from(one)] as const),
    ...segments(path).map((one) => [URI_PATH, Buffer.from(one)] as const),
    ...(format === undefined ? [] : [[CONTENT_FORMAT, uint(format)] as const]),
    ...query.map((one) => [URI_QUERY, Buffer.from(one)] as const),
    ...(accept === undefined ? [] : [[ACCEPT, uint(accept)] as const]),
    ...others.map(([number, value]) => [number, Buffer.from(value, 'hex')] as const),
  ];
  return options.sort(([a], [b]) => a - b);
}

function encodeOptions(options: readonly RawOption[]): Buffer {
  let previous = 0;
  return Buffer.concat(
    options.map(([number, value]) => {
      const delta = nibble(number - previous);
      const length = nibble(value.length);
      previous = number;
      return Buffer.concat([Buffer.from([(delta.nibble << 4) | length.nibble]), delta.more, length.more, value]);
    }),
  );
}

/** A number in four bits and what follows for a larger one (RFC 7252 §3.1). */
function nibble(value: number): { nibble: number; more: Buffer } {
  if (value < 13) return { nibble: value, more: Buffer.alloc(0) };
  if (value < 269) return { nibble: 13, more: Buffer.from([value - 13]) };
  return { nibble: 14, more: Buffer.from([(value - 269) >> 8, (value - 269) & 0xff]) };
}

function uint(value: number): Buffer {
  const hex = value === 0 ? '' : value.toString(16);
  return Buffer.from(hex.length % 2 === 1 ? `0${hex}` : hex, 'hex');
}

/** The message in a datagram. @throws Error if there is none: a script has nothing to do with it */
export function decodeWire(datagram: Uint8Array): WireMessage {
  const bytes = Buffer.from(datagram);
  const first = bytes.readUInt8(0);
  const code = bytes.readUInt8(1);
  const type = TYPES[(first >> 4) & 3];
  if (first >> 6 !== 1 || type === undefined) throw new Error(`not CoAP: ${bytes.toString('hex')}`);
  let at = 4 + (first & 15);
  const token = bytes.subarray(4, at);
  const options: RawOption[] = [];
  const extended = (value: number) => {
    if (value < 13) return value;
    at += value - 12;
    return value === 13 ? bytes.readUInt8(at - 1) + 13 : bytes.readUInt16BE(at - 2) + 269;
  };
  for (let number = 0; at < bytes.length && bytes[at] !== 0xff; ) {
    const head = bytes.readUInt8(at++);
    number += extended(head >> 4);
    const length = extended(head & 15);
    options.push([number, bytes.subarray(at, at + length)]);
    at += length;
  }
  return {
    type,
    code: `${code >> 5}.${String(code & 31).padStart(2, '0')}`,
    id: bytes.readUInt16BE(2),
    token: token.toString('hex'),
    ...read(options),
    payload: bytes.subarray(at + 1).toString('hex'),
  };
}

function read(options: readonly RawOption[]): Partial<WireMessage> {
  const known = [OBSERVE, LOCATION_PATH, URI_PATH, CONTENT_FORMAT, URI_QUERY, ACCEPT];
  const all = (wanted: number) => options.filter(([number]) => number === wanted).map(([, value]) => value);
  const number = (wanted: number) => {
    const [value] = all(wanted);
    return value && (value.length === 0 ? 0 : value.readUIntBE(0, value.length));
  };
  const joined = (wanted: number) =>
    all(wanted)
      .map((value) => `/${value}`)
      .join('');
  const numbers = { observe: number(OBSERVE), format: number(CONTENT_FORMAT), accept: number(ACCEPT) };
  const others = options
    .filter(([one]) => !known.includes(one))
    .map(([one, value]) => [one, value.toString('hex')] as const);
  return {
    path: joined(URI_PATH),
    location: joined(LOCATION_PATH),
    query: all(URI_QUERY).map(String),
    ...(Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined)) as Partial<WireMessage>),
    others,
  };
}
