import { type CoapMessage, Code, contentFormat, formatCode, Option, option } from '@reeve/coap';
import { ContentFormat, decodeContent, encodeContent, type LwM2mPath, parsePath, type Value } from '@reeve/lwm2m';
import { describe, expect, it } from 'vitest';
import { resourceType } from './enabler.ts';
import { World } from './testing.ts';

const { text, linkFormat, opaque, cbor, senmlJson, senmlCbor, tlv } = ContentFormat;

interface Ask {
  readonly code?: number;
  readonly accept?: number;
  readonly format?: number;
  readonly payload?: Uint8Array | string;
  readonly query?: readonly string[];
}

function ask(world: World, path: string, { code = Code.Get, accept, format, payload, query = [] }: Ask = {}) {
  const segments = path.split('/').filter((segment) => segment !== '');
  return world.ask({
    code,
    options: [
      ...segments.map((segment) => option(Option.UriPath, segment)),
      ...query.map((each) => option(Option.UriQuery, each)),
      ...(format === undefined ? [] : [option(Option.ContentFormat, format)]),
      ...(accept === undefined ? [] : [option(Option.Accept, accept)]),
    ],
    ...(payload !== undefined && { payload: Buffer.from(payload) }),
  });
}

const codeOf = (message: CoapMessage): string => formatCode(message.code);

function at(text: string): LwM2mPath {
  const parsed = parsePath(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

function recordsOf(message: CoapMessage, path: string) {
  const decoded = decodeContent({
    format: contentFormat(message) ?? -1,
    bytes: message.payload,
    path: at(path),
    resourceType,
  });
  if (!decoded.ok) throw new Error(decoded.error.detail);
  return Object.fromEntries(decoded.records.map((record) => [record.path, record.value.value]));
}

function instancePayload(path: string, records: readonly (readonly [string, Value])[], format: number): Uint8Array {
  const encoded = encodeContent({
    format,
    path: at(path),
    records: records.map(([each, value]) => ({ path: at(each), value })),
  });
  if (!encoded.ok) throw new Error(encoded.error.detail);
  return encoded.bytes;
}

describe('Read', () => {
  const world = new World().register();

  it.each([tlv, senmlJson, senmlCbor])('gives an object instance in format %i', (accept) => {
    const answer = ask(world, '/6/0', { accept });
    expect(codeOf(answer)).toBe('2.05');
    expect(contentFormat(answer)).toBe(accept);
    expect(recordsOf(answer, '/6/0')).toEqual({
      '/6/0/0': 39.328,
      '/6/0/1': -120.183,
      '/6/0/3': 5,
      '/6/0/5': 1_790_000_000,
    });
  });

  it.each([text, cbor, tlv, senmlJson, senmlCbor])('gives a resource in format %i', (accept) => {
    expect(recordsOf(ask(world, '/3/0/9', { accept }), '/3/0/9')).toEqual({ '/3/0/9': 80 });
  });

  it('leaves out what cannot be read, and gives a whole object', () => {
    const device = recordsOf(ask(world, '/3', { accept: tlv }), '/3');
    expect(device).toMatchObject({ '/3/0/0': 'Reeve', '/3/0/1': 'Truck', '/3/0/11/0': 0, '/3/0/16': 'U' });
    expect(device).not.toHaveProperty('/3/0/4');
    expect(Object.keys(recordsOf(ask(world, '/1/0', { accept: tlv }), '/1/0'))).toEqual(
      ['0', '1', '2', '3', '5', '6', '7', '23'].map((id) => `/1/0/${id}`),
    );
  });

  it('chooses a format when none is asked for', () => {
    expect(contentFormat(ask(world, '/3/0/1'))).toBe(text);
    expect(contentFormat(ask(world, '/3/0'))).toBe(senmlCbor);
    expect(contentFormat(ask(world, '/3/0/11'))).toBe(senmlCbor);
  });

  it.each([
    ['/3/0/4', '4.05', 'an executable resource'],
    ['/8/0/1', '4.05', 'a resource that can only be written'],
    ['/1/0/17', '4.05', 'a resource for the bootstrap server'],
    ['/3/0/2', '4.04', 'a resource that it does not have'],
    ['/3/0/999', '4.04', 'a resource that no version has'],
    ['/3/1', '4.04', 'an instance that is not there'],
    ['/5', '4.04', 'an object that is not there'],
    ['/3/0/9/0', '4.04', 'an instance of a single resource'],
    ['/3/0/11/1', '4.04', 'a resource instance that is not there'],
    ['/', '4.05', 'everything'],
    ['/rd', '4.04', 'something else'],
    ['/03/0', '4.04', 'a path that is none'],
  ])('refuses %s with %s: %s', (path, code) => {
    expect(codeOf(ask(world, path))).toBe(code);
  });

  it.each([
    ['/6/0', text],
    ['/6/0', opaque],
    ['/6/0', 9999],
    ['/6/0/0', 1543],
    ['/3/0/11', text],
  ])('refuses %s in format %i with 4.06', (path, accept) => {
    expect(codeOf(ask(world, path, { accept }))).toBe('4.06');
  });
});

describe('object 0', () => {
  it.each(['/0', '/0/0', '/0/0/5', '/0/7', '/21/0', '/0/0/5/0'])('answers 4.01 to everything at %s', (path) => {
    const world = new World({ secure: true }).register();
    for (const request of [
      {},
      { accept: linkFormat },
      { code: Code.Put, format: text, payload: 'x' },
      { code: Code.Put, query: ['pmin=1'] },
      { code: Code.Post },
    ]) {
      expect(codeOf(ask(world, path, request))).toBe('4.01');
    }
  });
});

describe('Write', () => {
  it('changes a resource, and tells the application', () => {
    const world = new World().register();
    expect(codeOf(ask(world, '/1/0/2', { code: Code.Put, format: text, payload: '7' }))).toBe('2.04');
    expect(recordsOf(ask(world, '/1/0/2'), '/1/0/2')).toEqual({ '/1/0/2': 7 });
    expect(world.told('written')).toMatchObject([{ path: '/1/0/2', records: [{ value: { value: 7 } }] }]);
  });

  it.each([tlv, senmlJson, senmlCbor])('merges a partial Write in format %i', (format) => {
    const world = new World().register();
    const payload = instancePayload('/1/0', [['/1/0/3', { type: 'integer', value: 60 }]], format);
    expect(codeOf(ask(world, '/1/0', { code: Code.Post, format, payload }))).toBe('2.04');
    expect(recordsOf(ask(world, '/1/0'), '/1/0')).toMatchObject({ '/1/0/1': 300, '/1/0/3': 60 });
  });

  it('puts back to their start what a replacing Write leaves out', () => {
    const world = new World({ server: { minimumPeriod: 1, maximumPeriod: 2 } }).register();
    ask(world, '/1/0/2', { code: Code.Put, format: text, payload: '30' });
    const payload = instancePayload('/1/0', [['/1/0/3', { type: 'integer', value: 60 }]], tlv);
    expect(codeOf(ask(world, '/1/0', { code: Code.Put, format: tlv, payload }))).toBe('2.04');
    expect(recordsOf(ask(world, '/1/0'), '/1/0')).toMatchObject({ '/1/0/2': 1, '/1/0/3': 60 });
  });

  it('takes no time below zero, with which it could not register', () => {
    const world = new World().register();
    expect(codeOf(ask(world, '/1/0/1', { code: Code.Put, format: text, payload: '-5' }))).toBe('4.00');
    expect(recordsOf(ask(world, '/1/0/1'), '/1/0/1')).toEqual({ '/1/0/1': 300 });
  });

  it('writes all or nothing', () => {
    const world = new World().register();
    const records: [string, Value][] = [
      ['/1/0/2', { type: 'integer', value: 9 }],
      ['/1/0/0', { type: 'integer', value: 2 }],
    ];
    const payload = instancePayload('/1/0', records, tlv);
    expect(codeOf(ask(world, '/1/0', { code: Code.Post, format: tlv, payload }))).toBe('4.05');
    expect(recordsOf(ask(world, '/1/0'), '/1/0')).toMatchObject({ '/1/0/0': 1, '/1/0/2': 0 });
    expect(world.told('written')).toEqual([]);
  });

  it('ignores resources of an instance that it does not have', () => {
    const world = new World().register();
    const records: [string, Value][] = [
      ['/1/0/2', { type: 'integer', value: 9 }],
      ['/1/0/60000', { type: 'integer', value: 2 }],
    ];
    const payload = instancePayload('/1/0', records, tlv);
    expect(codeOf(ask(world, '/1/0', { code: Code.Post, format: tlv, payload }))).toBe('2.04');
    expect(recordsOf(ask(world, '/1/0/2'), '/1/0/2')).toEqual({ '/1/0/2': 9 });
  });

  it('keeps, adds and replaces the instances of a multiple resource', () => {
    const world = new World().register();
    const targets = (...ids: number[]): Uint8Array =>
      instancePayload(
        '/8/0/1',
        ids.map((id) => [`/8/0/1/${id}`, { type: 'string', value: `t${id}` }]),
        tlv,
      );
    for (const [code, payload] of [
      [Code.Put, targets(0, 1)],
      [Code.Post, targets(2)],
      [Code.Put, targets()],
    ] as const) {
      expect(codeOf(ask(world, '/8/0/1', { code, format: tlv, payload }))).toBe('2.04');
    }
    expect(codeOf(ask(world, '/8/0/1/0', { code: Code.Put, format: text, payload: 'x' }))).toBe('4.04');
    expect(codeOf(ask(world, '/8/0/1', { code: Code.Put, format: tlv, payload: targets(...Array(40).keys()) }))).toBe(
      '4.00',
    );
  });

  it.each([
    ['/3/0/9', '4.05', '50', text, 'a resource that can only be read'],
    ['/3/0/4', '4.05', 'x', text, 'an executable resource'],
    ['/8/0/0', '4.00', '3', text, 'a number out of range'],
    ['/8/0/0', '4.00', 'locked', text, 'a word for a number'],
    ['/1/0/6', '4.00', '7', text, 'a number for a boolean'],
    ['/1/0/10', '4.04', '7', text, 'a resource that it does not have'],
    ['/1/7', '4.04', '', tlv, 'an instance that is not there'],
    ['/8/0/0', '4.15', 'x', 9999, 'an unknown format'],
    ['/8/0', '4.15', 'x', text, 'an instance as text'],
    ['/8/0/0', '4.00', '{', senmlJson, 'broken content'],
    ['/8', '4.05', '', tlv, 'an object'],
  ])('of %s is refused with %s: %s as %i, %s', (path, code, payload, format) => {
    const world = new World().register();
    expect(codeOf(ask(world, path, { code: Code.Put, format, payload }))).toBe(code);
    expect(world.told('refused')).toMatchObject([{ detail: expect.any(String) }]);
    expect(recordsOf(ask(world, '/8/0/0'), '/8/0/0')).toEqual({ '/8/0/0': 0 });
  });
});

describe('Execute', () => {
  it('locks, unlocks and wipes', () => {
    const world = new World().register();
    const state = () => recordsOf(ask(world, '/8/0', { accept: tlv }), '/8/0');
    expect(state()).toMatchObject({ '/8/0/0': 0, '/8/0/5': 0 });
    for (const [written, result] of [
      [1, 1],
      [2, 2],
      [0, 3],
    ]) {
      ask(world, '/8/0/0', { code: Code.Put, format: text, payload: String(written) });
      expect(state()).toMatchObject({ '/8/0/0': written, '/8/0/5': result });
    }
    expect(codeOf(ask(world, '/8/0/3', { code: Code.Post }))).toBe('2.04');
    expect(state()).toMatchObject({ '/8/0/5': 4 });
    expect(world.told('executed')).toMatchObject([{ path: '/8/0/3', args: [] }]);
  });

  it.each([
    ['/3/0/9', '4.05'],
    ['/3/0/12', '4.04'],
    ['/3/0', '4.05'],
    ['/3/5/4', '4.04'],
  ])('of %s is refused with %s', (path, code) => {
    const world = new World().register();
    expect(codeOf(ask(world, path, { code: Code.Post }))).toBe(code === '4.05' && path === '/3/0' ? '4.15' : code);
  });

  it('refuses arguments that have no form', () => {
    const world = new World().register();
    const answer = ask(world, '/3/0/4', { code: Code.Post, format: text, payload: "1='" });
    expect(codeOf(answer)).toBe('4.00');
    expect(world.told('executed')).toEqual([]);
  });
});

describe('what this client does not offer', () => {
  it.each([
    ['Create', Code.Post, '/6'],
    ['Delete', Code.Delete, '/6/0'],
  ])('%s is refused with 4.05', (_, code, path) => {
    const world = new World().register();
    expect(codeOf(ask(world, path, { code, format: senmlJson, payload: '[]' }))).toBe('4.05');
  });
});

describe('Discover', () => {
  it('lists nodes, sizes and attributes', () => {
    const world = new World().register();
    expect(codeOf(ask(world, '/6/0', { code: Code.Put, query: ['pmin=5', 'pmax=60'] }))).toBe('2.04');
    const list = (path: string) => Buffer.from(ask(world, path, { accept: linkFormat }).payload).toString();
    expect(list('/6')).toBe('</6>,</6/0>;pmin=5;pmax=60,</6/0/0>,</6/0/1>,</6/0/3>,</6/0/5>');
    expect(list('/3/0/11')).toBe('</3/0/11>;dim=1,</3/0/11/0>');
    expect(list('/8/0')).toContain('</8/0/2>;dim=1,</8/0/3>');
    expect(codeOf(ask(world, '/5', { accept: linkFormat }))).toBe('4.04');
  });

  it('§4.2: shows what was asked for with what it inherits, the nearest first', () => {
    const world = new World().register();
    const attach = (path: string, ...query: string[]) => codeOf(ask(world, path, { code: Code.Put, query }));
    expect(attach('/6', 'pmin=5', 'pmax=60')).toBe('2.04');
    expect(attach('/6/0', 'pmax=30')).toBe('2.04');
    expect(attach('/6/0/0', 'gt=1')).toBe('2.04');
    const list = (path: string) => Buffer.from(ask(world, path, { accept: linkFormat }).payload).toString();
    expect(list('/6/0/0')).toBe('</6/0/0>;gt=1;pmin=5;pmax=30');
    expect(list('/6/0')).toBe('</6/0>;pmax=30;pmin=5,</6/0/0>;gt=1,</6/0/1>,</6/0/3>,</6/0/5>');
    expect(list('/6')).toContain('</6/0>;pmax=30,</6/0/0>;gt=1');
  });

  it.each([
    ['/8', '0', '</8>'],
    ['/8', '1', '</8>,</8/0>'],
    ['/8', '2', '</8>,</8/0>,</8/0/0>,</8/0/1>;dim=0,</8/0/2>;dim=1,</8/0/3>,</8/0/4>;dim=0,</8/0/5>'],
    ['/8', '3', '</8>,</8/0>,</8/0/0>,</8/0/1>;dim=0,</8/0/2>;dim=1,</8/0/2/0>,</8/0/3>,</8/0/4>;dim=0,</8/0/5>'],
    ['/6/0', '0', '</6/0>'],
    ['/8/0/2', '0', '</8/0/2>;dim=1'],
    ['/8/0/2', '1', '</8/0/2>;dim=1,</8/0/2/0>'],
  ])('§4.2: lists %s to depth %s', (path, depth, list) => {
    const answer = ask(new World().register(), path, { accept: linkFormat, query: [`depth=${depth}`] });
    expect(Buffer.from(answer.payload).toString()).toBe(list);
  });
});

describe('Write-Attributes', () => {
  it('takes consistent attributes and takes them away again', () => {
    const world = new World().register();
    const attach = (path: string, ...query: string[]) => codeOf(ask(world, path, { code: Code.Put, query }));
    expect(attach('/3/0/9', 'gt=50', 'lt=20')).toBe('2.04');
    expect(attach('/3/0/9', 'lt=60')).toBe('4.00');
    expect(attach('/3/0/9', 'gt', 'lt=60')).toBe('2.04');
    expect(attach('/3/0/9', 'con=1')).toBe('4.00');
    expect(attach('/3/0', 'gt=1')).toBe('4.00');
    expect(attach('/3/0/1', 'gt=1')).toBe('4.00');
    expect(attach('/3/0/9', 'epmin=5')).toBe('2.04');
    expect(attach('/3/0/9', 'epmax=5')).toBe('4.00');
    expect(attach('/3/0/2', 'pmin=5')).toBe('4.04');
    const list = Buffer.from(ask(world, '/3/0/9', { accept: linkFormat }).payload).toString();
    expect(list).toBe('</3/0/9>;lt=60;epmin=5');
  });
});
