import { describe, expect, it } from 'vitest';
import { parsePath, ROOT_PATH } from '../path.ts';
import { hex, prefixes, unhex, utf8 } from '../testing.ts';
import type { ResourceType, Value } from '../value.ts';
import { decodeContent, encodeContent } from './codec.ts';
import { ContentFormat } from './content.ts';

const path = parsePath('/3/0/9') ?? ROOT_PATH;
const decode = (format: number, bytes: Uint8Array, type?: ResourceType) =>
  decodeContent({ format, bytes, path, resourceType: () => type });
const encode = (format: number, value: Value) => encodeContent({ format, path, records: [{ path, value }] });
const one = (value: Value) => ({ ok: true, records: [{ path, value }] });

type Vector = readonly [name: string, bytes: string, type: ResourceType | undefined, value: Value];

const CBOR: readonly Vector[] = [
  ['integer', '19012c', undefined, { type: 'integer', value: 300 }],
  ['negative integer', '3863', undefined, { type: 'integer', value: -100 }],
  ['time under tag 1', 'c11a5182428f', undefined, { type: 'time', value: 1_367_491_215 }],
  ['double', 'fb4002a9fbe76c8b44', undefined, { type: 'float', value: 2.333 }],
  ['boolean', 'f5', undefined, { type: 'boolean', value: true }],
  ['unsigned of 64 bits', '1bffffffffffffffff', undefined, { type: 'unsigned', value: 2n ** 64n - 1n }],
  ['object link', '6436363a30', 'objlnk', { type: 'objlnk', value: { objectId: 66, instanceId: 0 } }],
];

const CBOR_READ: readonly Vector[] = [
  [
    'DT-5: time under tag 0',
    'c07819313937302d30312d30315430303a30303a30312d30303a3030',
    'time',
    { type: 'time', value: 1 },
  ],
  ['time with an offset', `c07819${hex(utf8('1970-01-01T01:00:00+01:00'))}`, 'time', { type: 'time', value: 0 }],
  ['time in UTC', `c074${hex(utf8('2013-05-02T10:40:15Z'))}`, 'time', { type: 'time', value: 1_367_491_215 }],
  ['time as a float', 'c1fb41d452d9ec200000', 'time', { type: 'time', value: 1_363_896_240 }],
  ['negative time', '20', 'time', { type: 'time', value: -1 }],
  ['DT-5: object link with a NUL', '64303a3000', 'objlnk', { type: 'objlnk', value: { objectId: 0, instanceId: 0 } }],
  ['P18: 20 for a Float', '14', 'float', { type: 'float', value: 20 }],
  ['P18: 20.0 for an Integer', 'f94d00', 'integer', { type: 'integer', value: 20 }],
  ['text for an unknown resource', '626869', undefined, { type: 'string', value: 'hi' }],
];

describe('CBOR of a single resource', () => {
  it.each(CBOR)('%s, both ways', (_, bytes, type, value) => {
    expect(decode(ContentFormat.cbor, unhex(bytes), type)).toEqual(one(value));
    const encoded = encode(ContentFormat.cbor, value);
    expect(encoded.ok && hex(encoded.bytes)).toBe(bytes);
  });

  it.each(CBOR_READ)('reads %s', (_, bytes, type, value) =>
    expect(decode(ContentFormat.cbor, unhex(bytes), type)).toEqual(one(value)),
  );

  it.each([...CBOR, ...CBOR_READ])('%s, cut anywhere, is an error', (_, bytes, type) => {
    for (const prefix of prefixes(unhex(bytes))) {
      expect(decode(ContentFormat.cbor, prefix, type)).toMatchObject({ ok: false, error: { fault: 'peer' } });
    }
  });

  it.each([
    ['an array', '80', undefined],
    ['null', 'f6', 'integer'],
    ['a time beyond 2^53 s', 'c1fb7e37e43c8800759c', 'time'],
    ['text for an Integer', '6131', 'integer'],
    ['DT-3: infinity', 'f97c00', 'float'],
    ['DT-3: not a number', 'f97e00', undefined],
    ['a date that is none', 'c06161', 'time'],
    ['beyond 64 bits', '3bffffffffffffffff', undefined],
  ] as const)('refuses %s', (_, bytes, type) =>
    expect(decode(ContentFormat.cbor, unhex(bytes), type)).toMatchObject({ ok: false, error: { kind: 'value' } }),
  );
});

const TEXT: readonly (readonly [text: string, type: ResourceType | undefined, value: Value])[] = [
  ['AQIDBAU=', 'opaque', { type: 'opaque', value: unhex('0102030405') }],
  ['-750', 'integer', { type: 'integer', value: -750 }],
  ['9223372036854775807', 'integer', { type: 'integer', value: 2n ** 63n - 1n }],
  ['18446744073709551615', 'unsigned', { type: 'unsigned', value: 2n ** 64n - 1n }],
  ['0.00000000006667', 'float', { type: 'float', value: 6.667e-11 }],
  ['1', 'boolean', { type: 'boolean', value: true }],
  ['1476186613', 'time', { type: 'time', value: 1_476_186_613 }],
  ['66:0', 'objlnk', { type: 'objlnk', value: { objectId: 66, instanceId: 0 } }],
  ['</3/0>', 'corelnk', { type: 'corelnk', value: '</3/0>' }],
  ['grüße', 'string', { type: 'string', value: 'grüße' }],
  ['42', undefined, { type: 'string', value: '42' }],
];

describe('plain text', () => {
  it.each(TEXT)('%s as %s, both ways', (text, type, value) => {
    expect(decode(ContentFormat.text, utf8(text), type)).toEqual(one(value));
    const encoded = encode(ContentFormat.text, value);
    expect(encoded.ok && new TextDecoder().decode(encoded.bytes)).toBe(text);
  });

  it.each(TEXT)('%s as %s, cut anywhere, is an error or a shorter value', (text, type) => {
    for (const prefix of prefixes(utf8(text))) {
      const cut = decode(ContentFormat.text, prefix, type);
      if (!cut.ok) {
        expect(cut.error.fault).toBe('peer');
        continue;
      }
      const [record] = cut.records;
      const encoded = record && encode(ContentFormat.text, record.value);
      // Missing padding is accepted (DT-4), and a number may end in its point or in zeros.
      const canonical = (bytes: Uint8Array) => new TextDecoder().decode(bytes).replace(/=+$|\.0*$/, '');
      expect(encoded?.ok && canonical(encoded.bytes)).toBe(canonical(prefix));
    }
  });

  it('DT-3: takes whole numbers printed as floats, and exponents in floats', () => {
    expect(decode(ContentFormat.text, utf8('20.0'), 'integer')).toEqual(one({ type: 'integer', value: 20 }));
    expect(decode(ContentFormat.text, utf8('+1.5e3'), 'float')).toEqual(one({ type: 'float', value: 1500 }));
  });

  it.each([
    ['inf', 'float'],
    ['nan', 'float'],
    ['1e999', 'float'],
    ['', 'float'],
    ['', 'integer'],
    ['0x10', 'integer'],
    ['20.5', 'integer'],
    ['-1', 'unsigned'],
    ['9223372036854775808', 'integer'],
    ['2', 'boolean'],
    ['true', 'boolean'],
    ['A', 'opaque'],
    ['66', 'objlnk'],
    ['', 'none'],
  ] as const)('refuses %j as %s', (text, type) =>
    expect(decode(ContentFormat.text, utf8(text), type)).toMatchObject({ ok: false, error: { kind: 'value' } }),
  );

  it('reads the legacy content format and never writes it', () => {
    expect(decode(ContentFormat.legacyText, utf8('x'))).toEqual(one({ type: 'string', value: 'x' }));
    expect(encode(ContentFormat.legacyText, { type: 'string', value: 'x' })).toMatchObject({ ok: false });
  });
});

describe('octet stream', () => {
  it('is the value itself, in a copy of its own', () => {
    const bytes = unhex('00ff10');
    const decoded = decode(ContentFormat.opaque, bytes);
    expect(decoded).toEqual(one({ type: 'opaque', value: unhex('00ff10') }));
    bytes.fill(0);
    expect(decoded).toEqual(one({ type: 'opaque', value: unhex('00ff10') }));
    expect(encode(ContentFormat.opaque, { type: 'opaque', value: unhex('00ff10') })).toMatchObject({ ok: true });
    expect(encode(ContentFormat.opaque, { type: 'integer', value: 1 })).toMatchObject({ error: { fault: 'caller' } });
  });
});

describe('formats of a single value', () => {
  const value: Value = { type: 'integer', value: 1 };
  it.each([ContentFormat.text, ContentFormat.opaque, ContentFormat.cbor])('%i stands only at a resource', (format) => {
    const instance = parsePath('/3/0') ?? ROOT_PATH;
    expect(decodeContent({ format, bytes: unhex('00'), path: instance })).toMatchObject({
      error: { fault: 'unsupported' },
    });
    expect(encodeContent({ format, path: instance, records: [{ path, value }] })).toMatchObject({
      error: { fault: 'caller' },
    });
    expect(encodeContent({ format, path, records: [] })).toMatchObject({ error: { fault: 'caller' } });
    expect(encodeContent({ format, path, records: [{ path, value, time: 0 }] })).toMatchObject({
      error: { fault: 'caller' },
    });
  });
});
