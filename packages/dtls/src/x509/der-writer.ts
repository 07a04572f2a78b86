/** The few DER elements (X.690 §8, §10) from which certificates are made, and by tests lists too, good ones and bad ones. */

/** One element: identifier octet, length, contents. */
export function tlv(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const length: number[] = [];
  for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
  const header = content.length < 128 ? [tag, content.length] : [tag, 0x80 | length.length, ...length];
  return Buffer.concat([Buffer.from(header), content]);
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => tlv(0x30, ...items);
export const set = (...items: readonly Uint8Array[]): Buffer => tlv(0x31, ...items);
export const octetString = (...items: readonly Uint8Array[]): Buffer => tlv(0x04, ...items);
export const utf8String = (text: string): Buffer => tlv(0x0c, Buffer.from(text));
export const boolean = (value: boolean): Buffer => tlv(0x01, Buffer.from([value ? 0xff : 0]));
/** `[n]` constructed, as EXPLICIT tags are. */
export const explicit = (n: number, ...items: readonly Uint8Array[]): Buffer => tlv(0xa0 | n, ...items);
/** `[n]` primitive, as IMPLICIT tags of primitive types are. */
export const implicit = (n: number, ...items: readonly Uint8Array[]): Buffer => tlv(0x80 | n, ...items);

/** A non-negative INTEGER, from a number or from big-endian octets. */
export function integer(value: number | Uint8Array): Buffer {
  let hex = typeof value === 'number' ? value.toString(16) : Buffer.from(value).toString('hex');
  if (hex.length % 2 === 1) hex = `0${hex}`;
  const octets = Buffer.from(hex, 'hex');
  let start = 0;
  while (start < octets.length - 1 && octets[start] === 0) start++;
  const minimal = octets.subarray(start);
  return tlv(0x02, Buffer.from((minimal[0] ?? 0) & 0x80 ? [0] : []), minimal);
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets = [first * 40 + second, ...rest].flatMap((arc) => {
    const base128 = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      base128.unshift(0x80 | (left % 128));
    return base128;
  });
  return tlv(0x06, Buffer.from(octets));
}

/** BIT STRING of whole octets. */
export const bitString = (...contents: readonly Uint8Array[]): Buffer => tlv(0x03, Buffer.from([0]), ...contents);

/** BIT STRING of named bits without trailing zeros (X.690 §11.2.2). */
export function namedBits(bits: readonly number[]): Buffer {
  const last = Math.max(-1, ...bits);
  const octets = Buffer.alloc(Math.floor(last / 8) + 1);
  for (const bit of bits) octets.writeUInt8(octets.readUInt8(bit >> 3) | (0x80 >> (bit & 7)), bit >> 3);
  return tlv(0x03, Buffer.from([last < 0 ? 0 : 7 - (last & 7)]), octets);
}

/** Time as RFC 5280 §4.1.2.5 wants it: UTCTime to 2049, GeneralizedTime from 2050. */
export function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\.\d+|[^0-9]/g, '');
  return ms < Date.UTC(2050, 0) ? tlv(0x17, Buffer.from(`${digits.slice(2)}Z`)) : tlv(0x18, Buffer.from(`${digits}Z`));
}

/** An Extension (RFC 5280 §4.1). @param value DER of what it says */
export function extension(id: string, value: Uint8Array, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value));
}
