/** The universal ASN.1 types that certificates use (X.690 §8, §11). */
import { type DerError, type DerType, primitive } from './der.ts';
import { X509_LIMITS } from './limits.ts';

type Fail = (kind: DerError['kind']) => void;

export const boolean: DerType<boolean> = primitive(0x01, (content, fail) => {
  if (content.length !== 1) fail('bounds');
  else if (content[0] !== 0 && content[0] !== 0xff) fail('encoding');
  return content[0] === 0xff;
});

function integerOctets(content: Uint8Array, fail: Fail): Uint8Array {
  const [first = 0, second = 0] = content;
  if (content.length === 0) fail('bounds');
  if (content.length > 1 && (first === 0 ? second < 0x80 : first === 0xff && second >= 0x80)) fail('encoding');
  if (first >= 0x80) fail('bounds');
  return first === 0 && content.length > 1 ? content.subarray(1) : content;
}

/** A non-negative INTEGER of any size: big-endian octets without the sign's. */
export function bigInteger(maxBytes: number): DerType<Uint8Array> {
  return primitive(0x02, (content, fail) => {
    const octets = integerOctets(content, fail);
    if (octets.length > maxBytes) fail('bounds');
    return octets;
  });
}

function smallNumber(tag: number, max: number): DerType<number> {
  return primitive(tag, (content, fail) => {
    const octets = integerOctets(content, fail);
    const value = octets.length > 4 ? Number.POSITIVE_INFINITY : octets.reduce((sum, octet) => sum * 256 + octet, 0);
    if (value > max) fail('bounds');
    return value;
  });
}

/** A non-negative INTEGER up to `max`. */
export const integer = (max: number): DerType<number> => smallNumber(0x02, max);
export const enumerated = (max: number): DerType<number> => smallNumber(0x0a, max);

/** OBJECT IDENTIFIER, as dotted numbers. */
export const oid: DerType<string> = primitive(0x06, (content, fail) => {
  if (content.length === 0 || content.length > X509_LIMITS.oidBytes) fail('bounds');
  const arcs: number[] = [];
  let arc = 0;
  let within = false;
  for (const octet of content.subarray(0, X509_LIMITS.oidBytes)) {
    if (!within && octet === 0x80) fail('encoding');
    arc = arc * 128 + (octet & 0x7f);
    within = octet >= 0x80;
    if (within) continue;
    if (arc > Number.MAX_SAFE_INTEGER) fail('bounds');
    if (arcs.length > 0) arcs.push(arc);
    else arcs.push(...(arc < 80 ? [Math.floor(arc / 40), arc % 40] : [2, arc - 80]));
    arc = 0;
  }
  if (within) fail('truncated');
  return arcs.join('.');
});

export const octetString: DerType<Uint8Array> = primitive(0x04, (content) => content);

/** BIT STRING of whole octets, as keys and signatures are. */
export const bitOctets: DerType<Uint8Array> = primitive(0x03, (content, fail) => {
  if (content.length === 0) fail('bounds');
  else if (content[0] !== 0) fail('encoding');
  return content.subarray(1);
});

/** BIT STRING of up to 32 named bits: bit n of the ASN.1 type is bit n of the number. */
export const namedBits: DerType<number> = primitive(0x03, (content, fail) => {
  const unused = content[0] ?? 8;
  const last = content[content.length - 1] ?? 0;
  if (content.length === 0 || content.length > 5 || unused > 7) fail('bounds');
  // No octets and no trailing zero bits beyond the last one that is set (X.690 §11.2).
  else if (content.length === 1 ? unused !== 0 : (last & (0xff >> (8 - unused))) !== 0 || ((last >> unused) & 1) === 0)
    fail('encoding');
  let value = 0;
  for (let bit = 0; bit < (content.length - 1) * 8; bit++) {
    if (((content[1 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) !== 0) value |= 1 << bit;
  }
  return value;
});

/** IA5String content: ASCII without control characters, so that no NUL hides the end of a name. */
export const ia5String: DerType<string> = primitive(0x16, (content, fail) => {
  if (content.some((octet) => octet < 0x20 || octet > 0x7e)) fail('encoding');
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1');
});

const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

/**
 * UTCTime or GeneralizedTime in the one form that RFC 5280 §4.1.2.5 allows each (seconds, no fraction, `Z`), in ms.
 * A GeneralizedTime before 2050 is tolerated, but none before 1950.
 */
export const time: DerType<number> = {
  accepts: (tag) => tag === UTC_TIME || tag === GENERALIZED_TIME,
  read({ tag, content }, decoding) {
    const yearDigits = tag === UTC_TIME ? 2 : 4;
    if (content.length !== yearDigits + 11) return decoding.fail('bounds', content) ?? 0;
    let digits = 0;
    for (const octet of content) if (octet >= 0x30 && octet <= 0x39) digits++;
    if (content.at(-1) !== 0x5a || digits !== content.length - 1) return decoding.fail('encoding', content) ?? 0;
    const pair = (at: number): number => ((content[at] ?? 0) - 0x30) * 10 + (content[at + 1] ?? 0) - 0x30;
    const short = pair(0);
    const year = tag === GENERALIZED_TIME ? short * 100 + pair(2) : short < 50 ? 2000 + short : 1900 + short;
    const month = pair(yearDigits);
    const day = pair(yearDigits + 2);
    const hour = pair(yearDigits + 4);
    const minute = pair(yearDigits + 6);
    const second = pair(yearDigits + 8);
    const ms = Date.UTC(year, month - 1, day, hour, minute, second);
    // A day or month that is not in the calendar comes out as another one.
    const inCalendar = month >= 1 && month <= 12 && day >= 1 && new Date(ms).getUTCMonth() === month - 1;
    if (year < 1950 || !inCalendar || hour > 23 || minute > 59 || second > 59) decoding.fail('bounds', content);
    return ms;
  },
};
