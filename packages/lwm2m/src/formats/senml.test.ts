import { describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.ts';
import { parsePath, ROOT_PATH } from '../path.ts';
import { hex, prefixes, unhex, utf8 } from '../testing.ts';
import { NONE, type Value } from '../value.ts';
import { decodeContent, decodePaths, encodeContent, encodePaths } from './codec.ts';
import { ContentFormat, type ResourceRecord } from './content.ts';
import { resolveTime } from './senml.ts';

const pathOf = (text: string) => parsePath(text) ?? ROOT_PATH;
const at = (path: string, value: Value, time?: number): ResourceRecord =>
  time === undefined ? { path: pathOf(path), value } : { path: pathOf(path), value, time };
const int = (value: number): Value => ({ type: 'integer', value });
const float = (value: number): Value => ({ type: 'float', value });
const text = (value: string): Value => ({ type: 'string', value });
const opaque = (value: string): Value => ({ type: 'opaque', value: unhex(value) });
const link = (objectId: number, instanceId: number): Value => ({ type: 'objlnk', value: { objectId, instanceId } });

interface Vector {
  readonly name: string;
  readonly format: number;
  /** Hexadecimal for CBOR, the text itself for JSON. */
  readonly payload: string;
  readonly base: string;
  readonly rootPath?: string;
  /** Whether our own encoder would write the same bytes. */
  readonly exact: boolean;
  readonly records: readonly ResourceRecord[];
}

const VECTORS: readonly Vector[] = [
  {
    name: 'Device (Core 7.5.7)',
    format: ContentFormat.senmlCbor,
    payload:
      '90a321652f332f302f00613003744f70656e204d6f62696c6520416c6c69616e6365a200613103764c69676874776569676874204d324d20436c69656e74a20061320369333435303030313233a20061330363312e30a20063362f300201a20063362f310205a20063372f3002190ed8a20063372f3102191388a20063382f3002187da20063382f3102190384a2006139021864a200623130020fa2006431312f300200a200623133021a5182428fa20062313403662b30323a3030a200623136036155',
    base: '/3/0',
    exact: true,
    records: [
      at('/3/0/0', text('Open Mobile Alliance')),
      at('/3/0/1', text('Lightweight M2M Client')),
      at('/3/0/2', text('345000123')),
      at('/3/0/3', text('1.0')),
      at('/3/0/6/0', int(1)),
      at('/3/0/6/1', int(5)),
      at('/3/0/7/0', int(3800)),
      at('/3/0/7/1', int(5000)),
      at('/3/0/8/0', int(125)),
      at('/3/0/8/1', int(900)),
      at('/3/0/9', int(100)),
      at('/3/0/10', int(15)),
      at('/3/0/11/0', int(0)),
      at('/3/0/13', int(1367491215)),
      at('/3/0/14', text('+02:00')),
      at('/3/0/16', text('U')),
    ],
  },
  {
    name: 'opaque',
    format: ContentFormat.senmlCbor,
    payload: '81a221662f302f302f330843abcdef',
    base: '/0/0/3',
    exact: true,
    records: [at('/0/0/3', opaque('abcdef'))],
  },
  {
    name: 'half float, labels in another order',
    format: ContentFormat.senmlCbor,
    payload: '81a202f95cb0216b2f333434322f302f313330',
    base: '/3442/0/130',
    exact: false,
    records: [at('/3442/0/130', float(300))],
  },
  {
    name: 'composite write (ETS 257)',
    format: ContentFormat.senmlCbor,
    payload: '83a321612f0065312f302f32021865a20065312f302f3604f5a20066332f302f31330200',
    base: '/',
    exact: true,
    records: [at('/1/0/2', int(101)), at('/1/0/6', { type: 'boolean', value: true }), at('/3/0/13', int(0))],
  },
  {
    name: 'SM-2: base time as decimal fraction in every record',
    format: ContentFormat.senmlCbor,
    payload:
      '83a321662f302f302f3022c482001a1dcd6504036c53616d706c65537472696e67a321662f302f302f3122c482001a1dcd650504f4a321662f302f302f3222c482001a1dcd6506021901c8',
    base: '/',
    exact: false,
    records: [
      at('/0/0/0', text('SampleString'), 500000004),
      at('/0/0/1', { type: 'boolean', value: false }, 500000005),
      at('/0/0/2', int(456), 500000006),
    ],
  },
  {
    name: 'object link under the text label vlo',
    format: ContentFormat.senmlCbor,
    payload: '81a200672f36362f302f3263766c6f6436373a30',
    base: '/66/0',
    exact: false,
    records: [at('/66/0/2', link(67, 0))],
  },
  {
    name: 'names without values',
    format: ContentFormat.senmlCbor,
    payload: '83a100662f332f302f30a100662f332f302f39a100662f312f302f31',
    base: '/',
    exact: false,
    records: [at('/3/0/0', NONE), at('/3/0/9', NONE), at('/1/0/1', NONE)],
  },
  {
    name: 'SM-3, P13: a history of one path (Core Table 7.5.6-3)',
    format: ContentFormat.senmlJson,
    payload:
      '[{"bn":"/72/","bt":25462634,"n":"1/2","v":22.4,"t":-5},{"n":"1/2","v":22.9,"t":-30},{"n":"1/2","v":24.1,"t":-50}]',
    base: '/72',
    exact: false,
    records: [
      at('/72/1/2', float(22.4), 25462629),
      at('/72/1/2', float(22.9), 25462604),
      at('/72/1/2', float(24.1), 25462584),
    ],
  },
  {
    name: 'null link printed in hexadecimal (Core Table 7.5.6-4)',
    format: ContentFormat.senmlJson,
    payload: '[{"bn":"/","n":"66/1/2","vlo":"FFFF:FFFF"},{"n":"66/0/2","vlo":"67:0"}]',
    base: '/66',
    exact: false,
    records: [at('/66/1/2', link(65_535, 65_535)), at('/66/0/2', link(67, 0))],
  },
  {
    name: 'base name alone (Core Table 7.5.6-5)',
    format: ContentFormat.senmlJson,
    payload: '[{"bn":"/3/0/0","vs":"Open Mobile Alliance"}]',
    base: '/3/0/0',
    exact: true,
    records: [at('/3/0/0', text('Open Mobile Alliance'))],
  },
  {
    name: 'SM-1: a base name that changes (Core Table 7.5.6-8)',
    format: ContentFormat.senmlJson,
    payload: '[{"bn":"/4/0/","n":"0"},{"n":"1"},{"n":"2"},{"bn":"/6/","n":"0"}]',
    base: '/',
    exact: false,
    records: [at('/4/0/0', NONE), at('/4/0/1', NONE), at('/4/0/2', NONE), at('/6/0', NONE)],
  },
  {
    name: 'the root (Core Table 7.5.6-10)',
    format: ContentFormat.senmlJson,
    payload: '[{"n":"/"}]',
    base: '/',
    exact: false,
    records: [at('/', NONE)],
  },
  {
    name: 'A-24: a bootstrap pack, base64url without padding',
    format: ContentFormat.senmlJson,
    payload:
      '[{"bn":"/0/1/","n":"0","vs":"coaps://server1.example.com"},{"n":"1","vb":false},{"n":"2","v":0},{"n":"3","vd":"YjMxM2NjMjItZjk2OS00MmVjLWFkNDI"},{"n":"4","vd":""},{"n":"5","vd":"HKICjXGXx3jprvXvaQgr6g"},{"n":"10","v":101},{"bn":"/1/0/","n":"0","v":101},{"n":"1","v":86400},{"n":"2","v":300},{"n":"3","v":6000},{"n":"5","v":86400},{"n":"6","vb":true},{"n":"7","vs":"U"}]',
    base: '/',
    exact: false,
    records: [
      at('/0/1/0', text('coaps://server1.example.com')),
      at('/0/1/1', { type: 'boolean', value: false }),
      at('/0/1/2', int(0)),
      at('/0/1/3', opaque('62333133636332322d663936392d343265632d61643432')),
      at('/0/1/4', opaque('')),
      at('/0/1/5', opaque('1ca2028d7197c778e9aef5ef69082bea')),
      at('/0/1/10', int(101)),
      at('/1/0/0', int(101)),
      at('/1/0/1', int(86400)),
      at('/1/0/2', int(300)),
      at('/1/0/3', int(6000)),
      at('/1/0/5', int(86400)),
      at('/1/0/6', { type: 'boolean', value: true }),
      at('/1/0/7', text('U')),
    ],
  },
  {
    name: 'names with the alternate path',
    format: ContentFormat.senmlJson,
    payload: '[{"n":"/lwm2m/3/0/0","vs":"Open Mobile Alliance"}]',
    base: '/3/0/0',
    rootPath: '/lwm2m',
    exact: false,
    records: [at('/3/0/0', text('Open Mobile Alliance'))],
  },
];

const bytesOf = ({ format, payload }: Pick<Vector, 'format' | 'payload'>): Uint8Array =>
  format === ContentFormat.senmlCbor ? unhex(payload) : utf8(payload);
const decode = (vector: Vector, bytes = bytesOf(vector)) =>
  decodeContent({ format: vector.format, bytes, path: pathOf(vector.base), rootPath: vector.rootPath ?? '/' });
const json = (payload: string, path = '/') =>
  decodeContent({ format: ContentFormat.senmlJson, bytes: utf8(payload), path: pathOf(path) });
const cbor = (payload: string, path = '/') =>
  decodeContent({ format: ContentFormat.senmlCbor, bytes: unhex(payload), path: pathOf(path) });

describe('SenML', () => {
  it.each(VECTORS)('$name', (vector) => {
    expect(decode(vector)).toEqual({ ok: true, records: vector.records });
  });

  it.each(VECTORS.filter((vector) => vector.exact))('$name, written', (vector) => {
    const encoded = encodeContent({ ...vector, path: pathOf(vector.base) });
    expect(encoded.ok && hex(encoded.bytes)).toBe(hex(bytesOf(vector)));
  });

  it.each(VECTORS)('$name, cut anywhere, is an error', (vector) => {
    for (const prefix of prefixes(bytesOf(vector))) {
      expect(decode(vector, prefix)).toMatchObject({ ok: false, error: { fault: 'peer' } });
    }
  });

  it('SM-4: reads and writes the empty pack', () => {
    expect(json('[]')).toEqual({ ok: true, records: [] });
    expect(cbor('80')).toEqual({ ok: true, records: [] });
    const written = encodeContent({ format: ContentFormat.senmlCbor, path: pathOf('/3/0'), records: [] });
    expect(written.ok && hex(written.bytes)).toBe('80');
  });

  it('P16: leaves an empty multiple resource out', () => {
    const records = [at('/3/0/6', NONE), at('/3/0/9', int(5))];
    const written = encodeContent({ format: ContentFormat.senmlCbor, path: pathOf('/3/0'), records });
    expect(written.ok && decodeContent({ format: 112, bytes: written.bytes, path: pathOf('/3/0') })).toEqual({
      ok: true,
      records: [at('/3/0/9', int(5))],
    });
  });

  it('DT-2: keeps 64-bit integers exact in JSON', () => {
    expect(json('[{"n":"/1/0/1","v":9007199254740993}]')).toEqual({
      ok: true,
      records: [{ path: '/1/0/1', value: { type: 'integer', value: 9007199254740993n } }],
    });
    expect(json('[{"n":"/1/0/1","v":18446744073709551616}]')).toMatchObject({ error: { kind: 'value' } });
  });

  it('P18: takes 20.0 for an Integer and 20 for a Float, by the definition', () => {
    const read = (payload: string, type: 'integer' | 'float') =>
      decodeContent({ format: 110, bytes: utf8(payload), path: pathOf('/3/0/9'), resourceType: () => type });
    expect(read('[{"n":"/3/0/9","v":20.0}]', 'integer')).toEqual({ ok: true, records: [at('/3/0/9', int(20))] });
    expect(read('[{"n":"/3/0/9","v":20}]', 'float')).toEqual({ ok: true, records: [at('/3/0/9', float(20))] });
    expect(read('[{"n":"/3/0/9","v":20.5}]', 'integer')).toMatchObject({ error: { kind: 'value' } });
  });

  it('reads records of indefinite length', () => {
    expect(cbor('9fbf00662f332f302f39021864ffff')).toEqual({
      ok: true,
      records: [at('/3/0/9', int(100))],
    });
  });

  it('accepts names without the alternate path from a device that has one', () => {
    const bytes = utf8('[{"n":"/3/0/9","v":1}]');
    expect(decodeContent({ format: 110, bytes, path: pathOf('/3'), rootPath: '/lwm2m' })).toMatchObject({ ok: true });
  });

  it('writes names with the alternate path', () => {
    const records = [at('/3/0/9', int(1))];
    const written = encodeContent({ format: 110, path: pathOf('/3/0'), rootPath: '/lwm2m', records });
    expect(written.ok && new TextDecoder().decode(written.bytes)).toBe('[{"bn":"/lwm2m/3/0/","n":"9","v":1}]');
  });

  it.each([
    ['an object instead of an array', '{}', 'malformed'],
    ['a record that is no map', '[1]', 'malformed'],
    ['SM-1: a double slash', '[{"bn":"/3/","n":"/0/9","v":1}]', 'path'],
    ['SM-1: a trailing slash', '[{"n":"/3/0/","v":1}]', 'path'],
    ['a relative name', '[{"n":"3/0/9","v":1}]', 'path'],
    ['two values', '[{"n":"/3/0/9","v":1,"vs":"1"}]', 'malformed'],
    ['a field twice', '[{"n":"/3/0/9","v":1,"v":2}]', 'malformed'],
    ['SM-5: a field that must be understood', '[{"n":"/3/0/9","v":1,"x_":2}]', 'unsupported'],
    ['a base value', '[{"bv":10,"n":"/3/0/9","v":1}]', 'unsupported'],
    ['a boolean as v', '[{"n":"/3/0/9","v":true}]', 'value'],
    ['a null', '[{"n":"/3/0/9","v":null}]', 'value'],
    ['text that is no base64', '[{"n":"/3/0/9","vd":"*"}]', 'value'],
    ['a link that is none', '[{"n":"/3/0/9","vlo":"3"}]', 'value'],
    ['a number beyond a double', '[{"n":"/3/0/9","v":1e999}]', 'value'],
    ['a time that is text', '[{"n":"/3/0/9","v":1,"t":"1"}]', 'value'],
    ['a name that is a number', '[{"n":3,"v":1}]', 'malformed'],
  ])('refuses %s', (_, payload, kind) => expect(json(payload)).toMatchObject({ ok: false, error: { kind } }));

  it('skips units and unknown fields', () => {
    expect(json('[{"n":"/3/0/9","u":"%","v":1,"other":[1]}]')).toEqual({ ok: true, records: [at('/3/0/9', int(1))] });
  });

  it('refuses a record outside the path that was asked for', () => {
    expect(json('[{"n":"/3/0/9","v":1}]', '/3/1')).toMatchObject({ error: { kind: 'path', fault: 'peer' } });
  });

  it('bounds records', () => {
    const records = Array.from({ length: LIMITS.records + 1 }, () => '{"n":"/3"}').join(',');
    expect(json(`[${records}]`)).toMatchObject({ error: { kind: 'limit' } });
  });
});

describe('SenML-ETCH (RFC 8790)', () => {
  const { senmlEtchCbor, senmlEtchJson, senmlCbor } = ContentFormat;
  const removed = at('/3/0/6/1', NONE);

  it('ET-2: removes a resource instance by null', () => {
    const bytes = unhex('81a200682f332f302f362f3102f6');
    expect(decodeContent({ format: senmlEtchCbor, path: ROOT_PATH, bytes })).toEqual({ ok: true, records: [removed] });
    expect(decodeContent({ format: senmlCbor, path: ROOT_PATH, bytes }).ok).toBe(false);
    const json = encodeContent({ format: senmlEtchJson, path: pathOf('/3/0/6/1'), records: [removed] });
    expect(json.ok && new TextDecoder().decode(json.bytes)).toBe('[{"bn":"/3/0/6/1","v":null}]');
  });

  it('ET-1: names what is to be fetched', () => {
    const paths = ['/3/0/0', '/3/0/9', '/1/0/1'].map(pathOf);
    const encoded = encodePaths(senmlEtchCbor, paths);
    expect(encoded.ok && hex(encoded.bytes)).toBe('83a100662f332f302f30a100662f332f302f39a100662f312f302f31');
    const json = encodePaths(senmlEtchJson, [ROOT_PATH, pathOf('/3/0')], '/lwm2m');
    expect(json.ok && new TextDecoder().decode(json.bytes)).toBe('[{"n":"/lwm2m"},{"n":"/lwm2m/3/0"}]');
    expect(encodePaths(ContentFormat.tlv, paths)).toMatchObject({ ok: false, error: { fault: 'unsupported' } });
    const text = '[{"bn":"/4/0/","n":"0"},{"n":"1"},{"n":"2"},{"bn":"/6/","n":"0"}]';
    const decoded = decodePaths(senmlEtchJson, utf8(text));
    expect(decoded).toEqual({ ok: true, paths: ['/4/0/0', '/4/0/1', '/4/0/2', '/6/0'] });
  });
});

describe('resolveTime', () => {
  const NOW = 1_800_000_000_000;
  it.each([
    ['P13: no time is the time of receipt', undefined, NOW],
    ['zero is the time of receipt', 0, NOW],
    ['negative counts back', -30.5, NOW - 30_500],
    ['2^28 and above is absolute', 2 ** 28, 2 ** 28 * 1000],
    ['an absolute time', 1_700_000_000.25, 1_700_000_000_250],
    ["A-31: LwM2M's own example below 2^28 is absolute", 25_462_634, 25_462_634_000],
  ])('%s', (_, time, expected) => {
    const record = at('/3/0/9', int(1), time);
    expect(resolveTime(record, NOW)).toBe(expected);
  });
});
