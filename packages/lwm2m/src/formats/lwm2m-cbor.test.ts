import { describe, expect, it } from 'vitest';
import { type LwM2mPath, parsePath, ROOT_PATH } from '../path.ts';
import { hex, prefixes, unhex } from '../testing.ts';
import { type ValueJson, valueToJson } from '../value.ts';
import { decodeContent, encodeContent } from './codec.ts';
import { ContentFormat } from './content.ts';

const format = ContentFormat.lwm2mCbor;
const pathOf = (text: string) => parsePath(text) ?? ROOT_PATH;

/** The values of a document by their paths, or what is wrong with it. */
function read(payload: string, base = '/', types: Readonly<Record<string, 'time' | 'objlnk'>> = {}) {
  const resourceType = (at: LwM2mPath) => types[at];
  const decoded = decodeContent({ format, path: pathOf(base), bytes: unhex(payload), resourceType });
  if (!decoded.ok) return decoded.error.kind;
  return Object.fromEntries(decoded.records.map(({ path, value }) => [path, valueToJson(value)]));
}

const DEVICE =
  'a1820300ad00744f70656e204d6f62696c6520416c6c69616e636501764c69676874776569676874204d324d20436c69656e740269333435303030313233' +
  '0363312e3006a20001010507a200190ed80119138808a200187d011903840918640a0f0ba100000d1a5182428f0e662b30323a3030106155';
const SERVERS =
  'a101a200a7001865011a000151800219012c03191770051a0001518006f507615501a7001866011a000151800219025803191770051a0001518006f4076155';

/** The examples of OMA Core §7.5.4: payload, the path asked for, values, and whether our encoder writes the same. */
const VECTORS: readonly [string, string, string, Record<string, ValueJson>, boolean][] = [
  [
    'one value',
    'a183030000744f70656e204d6f62696c6520416c6c69616e6365',
    '/3/0/0',
    { '/3/0/0': 'Open Mobile Alliance' },
    true,
  ],
  [
    'nested',
    'a103a100a100744f70656e204d6f62696c6520416c6c69616e6365',
    '/3',
    { '/3/0/0': 'Open Mobile Alliance' },
    false,
  ],
  ['LC-3: a multiple resource', 'a183030006a200010105', '/3/0/6', { '/3/0/6/0': 1, '/3/0/6/1': 5 }, true],
  [
    'an object instance',
    DEVICE,
    '/3/0',
    {
      ...{
        '/3/0/0': 'Open Mobile Alliance',
        '/3/0/1': 'Lightweight M2M Client',
        '/3/0/2': '345000123',
        '/3/0/3': '1.0',
      },
      ...{ '/3/0/6/0': 1, '/3/0/6/1': 5, '/3/0/7/0': 3800, '/3/0/7/1': 5000, '/3/0/8/0': 125, '/3/0/8/1': 900 },
      ...{ '/3/0/9': 100, '/3/0/10': 15, '/3/0/11/0': 0, '/3/0/13': 1367491215, '/3/0/14': '+02:00', '/3/0/16': 'U' },
    },
    true,
  ],
  [
    'an object',
    SERVERS,
    '/1',
    {
      ...{
        '/1/0/0': 101,
        '/1/0/1': 86400,
        '/1/0/2': 300,
        '/1/0/3': 6000,
        '/1/0/5': 86400,
        '/1/0/6': true,
        '/1/0/7': 'U',
      },
      ...{
        '/1/1/0': 102,
        '/1/1/1': 86400,
        '/1/1/2': 600,
        '/1/1/3': 6000,
        '/1/1/5': 86400,
        '/1/1/6': false,
        '/1/1/7': 'U',
      },
    },
    true,
  ],
  [
    'several objects',
    'a2820300a200744f70656e204d6f62696c6520416c6c69616e6365091864830100011a00015180',
    '/',
    { '/3/0/0': 'Open Mobile Alliance', '/3/0/9': 100, '/1/0/1': 86400 },
    true,
  ],
  ['indefinite lengths', 'bf03bf00bf091864ffffff', '/3', { '/3/0/9': 100 }, false],
  [
    'an array key within',
    'a1820205a4000501008202186600031865',
    '/2/5',
    { '/2/5/0': 5, '/2/5/1': 0, '/2/5/2/102': 0, '/2/5/3': 101 },
    false,
  ],
];

describe('LwM2M CBOR', () => {
  it.each(VECTORS)('reads %s', (_, payload, base, values) => {
    expect(read(payload, base)).toEqual(values);
  });

  it.each(VECTORS.filter(([, , , , exact]) => exact))('writes %s', (_, payload, base) => {
    const decoded = decodeContent({ format, path: pathOf(base), bytes: unhex(payload) });
    const encoded = decoded.ok && encodeContent({ format, path: pathOf(base), records: decoded.records });
    expect(encoded !== false && encoded.ok && hex(encoded.bytes)).toBe(payload);
  });

  it.each(VECTORS)('reads no part of %s', (_, payload, base) => {
    for (const prefix of prefixes(unhex(payload))) {
      expect(read(hex(prefix), base)).toBe('truncated');
    }
  });

  it('LC-1, P14: takes keys relative to the path that was asked for, as LwM2M 1.2.0 wrote them', () => {
    expect(read('a2000101f5', '/1/0')).toEqual({ '/1/0/0': 1, '/1/0/1': true });
    expect(read('a100a10018ff', '/1')).toEqual({ '/1/0/0': 255 });
  });

  it.each([
    ['another object than was asked for', 'a18303000901', '/1/0', 'path'],
    ['LC-5: a path twice', 'a2830300090103a100a10902', '/3', 'malformed'],
    ['no map', '8101', '/3', 'malformed'],
    ['a key that is no id', 'a1204101', '/3', 'path'],
    ['an empty key', 'a18001', '/3', 'malformed'],
    ['five ids', 'a185030006000009', '/3', 'path'],
    ['LC-2: the instance 65535 where nothing is created', 'a18319000319ffff0901', '/3', 'path'],
    ['an array as a value', 'a1830300098101', '/3', 'value'],
  ])('refuses %s', (_, payload, base, kind) => {
    expect(read(payload, base)).toBe(kind);
  });

  it('takes times and links as their definitions say', () => {
    expect(read('a18303000dc11a5182428f', '/3', { '/3/0/13': 'time' })).toEqual({ '/3/0/13': 1367491215 });
    expect(read('a183184200026436373a30', '/66', { '/66/0/2': 'objlnk' })).toEqual({ '/66/0/2': '67:0' });
  });

  it('has a form for an instance without values', () => {
    const path = pathOf('/9/0');
    const encoded = encodeContent({ format, path, records: [] });
    expect(encoded.ok && hex(encoded.bytes)).toBe('a1820900a0');
    expect(read('a1820900a0', '/9/0')).toEqual({});
    expect(encodeContent({ format, path: ROOT_PATH, records: [] }).ok).toBe(false);
  });

  it('says an empty multiple resource as an empty map', () => {
    expect(read('a183030006a0', '/3/0')).toEqual({ '/3/0/6': null });
  });
});
