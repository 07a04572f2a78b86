import { describe, expect, it } from 'vitest';
import { DefinitionStore } from '../definitions/store.ts';
import { parsePath, ROOT_PATH } from '../path.ts';
import { hex, unhex } from '../testing.ts';
import { NONE, type ResourceType, type Value, valueToJson } from '../value.ts';
import { decodeContent, encodeContent } from './codec.ts';
import { ContentFormat, type ResourceRecord } from './content.ts';
import { bytesOfValue, valueOfBytes } from './tlv-value.ts';

const pathOf = (text: string) => parsePath(text) ?? ROOT_PATH;
const types = new DefinitionStore().resourceTypes();

const decode = (base: string, bytes: string, resourceType = types) =>
  decodeContent({ format: ContentFormat.tlv, bytes: unhex(bytes), path: pathOf(base), resourceType });
const encode = (base: string, records: readonly ResourceRecord[]) =>
  encodeContent({ format: ContentFormat.tlv, path: pathOf(base), records });

/** What a payload says, as path and JSON. */
function read(base: string, bytes: string): unknown {
  const decoded = decode(base, bytes);
  return decoded.ok
    ? Object.fromEntries(decoded.records.map(({ path, value }) => [path, valueToJson(value)]))
    : decoded;
}

const DEVICE =
  'c800144f70656e204d6f62696c6520416c6c69616e6365c801164c69676874776569676874204d324d20436c69656e74' +
  'c80209333435303030313233c303312e30860641000141010588070842000ed842011388870841007d42010384c10964' +
  'c10a0f830b410000c40d5182428fc60e2b30323a3030c11055';

const DEVICE_VALUES = {
  '/3/0/0': 'Open Mobile Alliance',
  '/3/0/1': 'Lightweight M2M Client',
  '/3/0/2': '345000123',
  '/3/0/3': '1.0',
  '/3/0/6/0': 1,
  '/3/0/6/1': 5,
  '/3/0/7/0': 3800,
  '/3/0/7/1': 5000,
  '/3/0/8/0': 125,
  '/3/0/8/1': 900,
  '/3/0/9': 100,
  '/3/0/10': 15,
  '/3/0/11/0': 0,
  '/3/0/13': 1_367_491_215,
  '/3/0/14': '+02:00',
  '/3/0/16': 'U',
};

const ACCESS_CONTROL = '08000ec10001c101008302417f07c1037f080212c10003c101008702417f0761013601c1037f';

/** Payloads that are also what our encoder writes. */
const EXACT: readonly (readonly [name: string, base: string, bytes: string, values: object])[] = [
  ['an instance', '/3/0', DEVICE, DEVICE_VALUES],
  ['an object with its wrapper', '/3', `080079${DEVICE}`, DEVICE_VALUES],
  [
    'two instances',
    '/2',
    ACCESS_CONTROL,
    {
      '/2/0/0': 1,
      '/2/0/1': 0,
      '/2/0/2/127': 7,
      '/2/0/3': 127,
      '/2/2/0': 3,
      '/2/2/1': 0,
      '/2/2/2/127': 7,
      '/2/2/2/310': 1,
      '/2/2/3': 127,
    },
  ],
  ['a resource', '/3/0/9', 'c10964', { '/3/0/9': 100 }],
  ['a multiple resource', '/3/0/6', '8606410001410105', { '/3/0/6/0': 1, '/3/0/6/1': 5 }],
  ['TL-3: an empty multiple resource', '/3/0', '8006', { '/3/0/6': null }],
  ['an object instance without resources', '/2', '0000', { '/2/0': null }],
  ['a resource instance', '/3/0/6/1', '410105', { '/3/0/6/1': 5 }],
  ['nothing', '/3/0', '', {}],
];

/** What devices send besides. */
const LENIENT: readonly (readonly [name: string, base: string, bytes: string, values: object])[] = [
  ['P17, TL-2: an instance in a wrapper', '/3/0', '080003c10964', { '/3/0/9': 100 }],
  ['P17, TL-2: an object without a wrapper', '/3', 'c10964', { '/3/0/9': 100 }],
  ['a resource in a wrapper', '/3/0/9', '080003c10964', { '/3/0/9': 100 }],
  ['a multiple resource as bare instances', '/3/0/6', '410001410105', { '/3/0/6/0': 1, '/3/0/6/1': 5 }],
  ['TL-3: a resource instance in its resource', '/3/0/6/1', '8306410105', { '/3/0/6/1': 5 }],
  ['TL-3: a resource instance as resource', '/3/0/6/1', 'c10105', { '/3/0/6/1': 5 }],
  ['a resource instance under its resource id', '/3/0/6/1', 'c10605', { '/3/0/6/1': 5 }],
];

describe('TLV against its path', () => {
  it.each(EXACT)('%s, both ways', (_, base, bytes, values) => {
    expect(read(base, bytes)).toEqual(values);
    const decoded = decode(base, bytes);
    const encoded = encode(base, decoded.ok ? decoded.records : []);
    expect(encoded.ok && hex(encoded.bytes)).toBe(bytes);
  });

  it.each(LENIENT)('%s', (_, base, bytes, values) => expect(read(base, bytes)).toEqual(values));

  it.each([
    ['TL-4: another instance', '/3/0', '080103c10964'],
    ['TL-4: another resource', '/3/0/9', 'c10a64'],
    ['TL-4: another resource instance', '/3/0/6/1', '8306410005'],
    ['a reserved id', '/3', '28ffff00'],
  ])('%s is a path error', (_, base, bytes) =>
    expect(decode(base, bytes)).toMatchObject({ ok: false, error: { kind: 'path', fault: 'peer' } }),
  );

  it.each([
    ['instances and resources side by side', '/3', '080003c10964c10964'],
    ['a resource instance in an instance', '/3/0', '410105'],
    ['two wrappers for one instance', '/3/0', '080000080000'],
  ])('refuses %s', (_, base, bytes) =>
    expect(decode(base, bytes)).toMatchObject({ ok: false, error: { kind: 'malformed', fault: 'peer' } }),
  );

  it('P22: gives resources without a definition as opaque', () => {
    expect(decode('/9999/0', 'c10964')).toEqual({
      ok: true,
      records: [{ path: '/9999/0/9', value: { type: 'opaque', value: unhex('64') } }],
    });
  });

  it('reads the legacy content format', () => {
    const bytes = unhex('c10964');
    expect(decodeContent({ format: ContentFormat.legacyTlv, bytes, path: pathOf('/3/0') })).toMatchObject({ ok: true });
  });

  it("leaves what TLV can't carry to the caller", () => {
    const path = pathOf('/3/0/9');
    const value: Value = { type: 'integer', value: 1 };
    const callers = { ok: false, error: { fault: 'caller' } };
    expect(encode('/3/0', [{ path, value, time: 5 }])).toMatchObject(callers);
    expect(
      encode('/3/0', [
        { path, value },
        { path, value },
      ]),
    ).toMatchObject(callers);
    expect(encode('/', [{ path, value }])).toMatchObject(callers);
    expect(encode('/4', [{ path, value }])).toMatchObject(callers);
    expect(
      encode('/3/0', [
        { path, value },
        { path: pathOf('/3/0/9/0'), value },
      ]),
    ).toMatchObject(callers);
  });
});

describe('TLV values', () => {
  const int = (value: number | bigint): Value => ({ type: 'integer', value });
  const CASES: readonly (readonly [ResourceType, string, Value])[] = [
    ['integer', '81', int(-127)],
    ['integer', '0081', int(129)],
    ['integer', '80000000', int(-(2 ** 31))],
    ['integer', '7fffffffffffffff', int(2n ** 63n - 1n)],
    ['unsigned', '81', { type: 'unsigned', value: 129 }],
    ['unsigned', 'ffffffffffffffff', { type: 'unsigned', value: 2n ** 64n - 1n }],
    ['time', '5182428f', { type: 'time', value: 1_367_491_215 }],
    ['float', '3fc00000', { type: 'float', value: 1.5 }],
    ['float', '3ff199999999999a', { type: 'float', value: 1.1 }],
    ['boolean', '01', { type: 'boolean', value: true }],
    ['objlnk', 'ffffffff', { type: 'objlnk', value: { objectId: 65_535, instanceId: 65_535 } }],
    ['string', '', { type: 'string', value: '' }],
    ['none', '', { type: 'opaque', value: new Uint8Array(0) }],
  ];
  it.each(CASES)('P17: %s %s, both ways', (type, bytes, value) => {
    expect(valueOfBytes(unhex(bytes), type, '/1/2/3')).toEqual(value);
    expect(hex(bytesOfValue(value))).toBe(bytes);
  });

  it('reads numbers in more bytes than they need', () => {
    expect(valueOfBytes(unhex('0000000000000005'), 'integer', '')).toEqual(int(5));
  });

  it.each([
    ['integer', '010203'],
    ['integer', ''],
    ['unsigned', '010203'],
    ['time', '7fffffffffffffff'],
    ['float', '01'],
    ['float', '7f800000'],
    ['float', '7ff8000000000000'],
    ['boolean', '02'],
    ['boolean', '0001'],
    ['objlnk', '0042'],
    ['string', 'ff'],
  ] as const)('refuses %s %s', (type, bytes) =>
    expect(decode('/9/9/9', `c${bytes.length / 2}09${bytes}`.replace('c809', 'c80908'), () => type)).toMatchObject({
      ok: false,
      error: { fault: 'peer' },
    }),
  );

  it('is empty for an empty node', () => expect(bytesOfValue(NONE)).toHaveLength(0));
});
