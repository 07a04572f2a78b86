import { describe, expect, it } from 'vitest';
import { any, type DerType, decodeDer, defaulted, explicit, optional, sequence, sequenceOf } from './der.ts';
import { bigInteger, bitOctets, boolean, ia5String, integer, namedBits, oid, time } from './der-types.ts';
import { X509_LIMITS } from './limits.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const read = <T>(type: DerType<T>, text: string): unknown => {
  const decoded = decodeDer(type, hex(text), { maxBytes: 1000 });
  return decoded.ok ? decoded.value : decoded.error.kind;
};

describe('elements', () => {
  it.each([
    ['indefinite length', '30 80 00 00', 'encoding'],
    ['a length in the long form that fits the short one', '04 81 01 00', 'encoding'],
    ['a length with a zero in front', `04 82 00 80 ${'00'.repeat(128)}`, 'encoding'],
    ['a length of five octets', '04 85 01 00 00 00 00', 'bounds'],
    ['a length that is cut', '04 82 01', 'truncated'],
    ['contents that are cut', '04 02 00', 'truncated'],
    ['no length', '04', 'truncated'],
    ['nothing', '', 'truncated'],
    ['a tag in the long form', '1f 81 00 00', 'encoding'],
    ['octets after the end', '04 01 00 00', 'trailing'],
  ])('refuses %s', (_, text, kind) => {
    expect(read(any, text)).toBe(kind);
  });

  it('reads lengths of one to three octets', () => {
    for (const length of [0, 127, 128, 255, 256, 65_535, 65_536]) {
      const digits = length.toString(16).padStart(length < 256 ? 2 : length < 65_536 ? 4 : 6, '0');
      const prefix = length < 128 ? digits : `8${digits.length / 2}${digits}`;
      const bytes = Buffer.concat([hex(`04${prefix}`), Buffer.alloc(length)]);
      const decoded = decodeDer(any, bytes, { maxBytes: 70_000 });
      expect(decoded.ok && decoded.value.content.length).toBe(length);
    }
  });

  it('refuses more octets than allowed', () => {
    expect(decodeDer(any, hex('04 01 00'), { maxBytes: 2 })).toMatchObject({ ok: false, error: { kind: 'bounds' } });
  });

  it('refuses elements nested too deep, however the types allow it', () => {
    const nested: DerType<unknown> = {
      accepts: () => true,
      read: (element, decoding) => inner.read(element, decoding),
    };
    const inner = sequence({ inside: optional(nested) });
    const bytes = (depth: number): Buffer =>
      depth === 1 ? hex('3000') : Buffer.concat([Buffer.from([0x30, (depth - 1) * 2]), bytes(depth - 1)]);
    expect(decodeDer(nested, bytes(X509_LIMITS.derDepth), { maxBytes: 1000 }).ok).toBe(true);
    expect(decodeDer(nested, bytes(X509_LIMITS.derDepth + 1), { maxBytes: 1000 })).toMatchObject({
      error: { kind: 'bounds' },
    });
  });
});

describe('structures', () => {
  const point = sequence({ x: integer(9), y: defaulted(integer(9), 7), flag: optional(boolean) });

  it.each([
    ['30 03 020101', { x: 1, y: 7, flag: undefined }],
    ['30 06 020101 0101ff', { x: 1, y: 7, flag: true }],
    ['30 09 020101 020102 010100', { x: 1, y: 2, flag: false }],
    ['30 00', 'truncated'],
    ['30 06 0101ff 020101', 'unexpected'],
    ['30 06 020101 040100', 'trailing'],
    ['30 03 02010a', 'bounds'],
  ])('reads SEQUENCE %s', (text, value) => {
    expect(read(point, text)).toEqual(value);
  });

  it('names the element that failed, and where', () => {
    const decoded = decodeDer(sequence({ inner: point }), hex('3005 3003 02010a'), { maxBytes: 99 });
    expect(decoded).toEqual({ ok: false, error: { kind: 'bounds', offset: 6, field: 'x' } });
  });

  it.each([
    ['30 06 020101 020102', [1, 2]],
    ['30 00', 'bounds'],
    ['30 09 020101 020101 020101', 'bounds'],
  ])('reads SEQUENCE OF %s', (text, value) => {
    expect(read(sequenceOf(integer(9), { min: 1, max: 2 }), text)).toEqual(value);
  });

  it.each([
    ['a1 03 020105', 5],
    ['a1 00', 'truncated'],
    ['a1 06 020105 020105', 'trailing'],
    ['a0 03 020105', 'unexpected'],
  ])('reads an EXPLICIT tag %s', (text, value) => {
    expect(read(explicit(1, integer(9)), text)).toBe(value);
  });
});

describe('universal types', () => {
  it.each([
    [boolean, '0101ff', true],
    [boolean, '010101', 'encoding'],
    [boolean, '0100', 'bounds'],
    [integer(300), '020200ff', 255],
    [integer(300), '0202012c', 300],
    [integer(300), '0202012d', 'bounds'],
    [integer(300), '02020001', 'encoding'],
    [integer(300), '0200', 'bounds'],
    [integer(300), '0201ff', 'bounds'],
    [integer(300), '0202ff80', 'encoding'],
    [integer(300), '02050100000000', 'bounds'],
    [bigInteger(2), '0203008000', hex('8000')],
    [bigInteger(2), '0203010000', 'bounds'],
    [oid, '0603550403', '2.5.4.3'],
    [oid, '06082a8648ce3d030107', '1.2.840.10045.3.1.7'],
    [oid, '06028837', '2.999'],
    [oid, '0600', 'bounds'],
    [oid, '06022a80', 'encoding'],
    [oid, '06022a81', 'truncated'],
    [oid, '060a2affffffffffffffff7f', 'bounds'],
    [bitOctets, '03030001ff', hex('01ff')],
    [bitOctets, '0302017e', 'encoding'],
    [bitOctets, '0300', 'bounds'],
    [namedBits, '03020780', 1],
    [namedBits, '03020106', 0b1100000],
    [namedBits, '0303070680', 0b101100000],
    [namedBits, '030100', 0],
    [namedBits, '03020100', 'encoding'],
    [namedBits, '03020107', 'encoding'],
    [namedBits, '03020880', 'bounds'],
    [namedBits, '030107', 'encoding'],
    [ia5String, '160161', 'a'],
    [ia5String, '16026100', 'encoding'],
    [ia5String, '160180', 'encoding'],
  ])('reads %#: %o %s', (type: DerType<unknown>, text, value) => {
    const decoded = read(type, text);
    expect(value instanceof Buffer ? Buffer.from(decoded as Uint8Array) : decoded).toEqual(value);
  });

  const at = (tag: string, text: string): string =>
    `${tag}${text.length.toString(16).padStart(2, '0')}${Buffer.from(text).toString('hex')}`;

  it.each([
    ['17', '500101000000Z', '1950-01-01T00:00:00.000Z'],
    ['17', '491231235959Z', '2049-12-31T23:59:59.000Z'],
    ['18', '20500101000000Z', '2050-01-01T00:00:00.000Z'],
    ['18', '99991231235959Z', '9999-12-31T23:59:59.000Z'],
    ['17', '000229120000Z', '2000-02-29T12:00:00.000Z'],
  ])('reads time %s %s', (tag, text, iso) => {
    expect(read(time, at(tag, text))).toBe(Date.parse(iso));
  });

  it.each([
    ['17', '010229120000Z', 'bounds'],
    ['17', '011301000000Z', 'bounds'],
    ['17', '010001000000Z', 'bounds'],
    ['17', '010100000000Z', 'bounds'],
    ['17', '010101240000Z', 'bounds'],
    ['17', '010101006000Z', 'bounds'],
    ['17', '010101000060Z', 'bounds'],
    ['17', '0101010000Z', 'bounds'],
    ['17', '010101000000+0100', 'bounds'],
    ['17', '0101010000000', 'encoding'],
    ['17', '01010100000 Z', 'encoding'],
    ['18', '20500101000000.5Z', 'bounds'],
    ['18', '19491231235959Z', 'bounds'],
    ['18', '00500101000000Z', 'bounds'],
  ])('refuses time %s %s', (tag, text, kind) => {
    expect(read(time, at(tag, text))).toBe(kind);
  });
});
