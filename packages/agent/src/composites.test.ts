import { type CoapMessage, Code, contentFormat, formatCode, Option, observeValue, option } from '@reeve/coap';
import { ContentFormat, decodeContent, path, ROOT_PATH } from '@reeve/lwm2m';
import { describe, expect, it } from 'vitest';
import { resourceType } from './enabler.ts';
import { World } from './testing.ts';

const { lwm2mCbor, senmlCbor, senmlEtchCbor, senmlEtchJson, senmlJson, tlv } = ContentFormat;

interface Ask {
  readonly accept?: number;
  readonly format?: number;
  readonly query?: readonly string[];
  readonly observe?: 'register' | 'deregister';
  readonly token?: Uint8Array;
}

/** A request to the root with a body that is written out here as JSON. */
function ask(world: World, code: number, body: unknown, { format = senmlJson, accept, query = [], ...more }: Ask = {}) {
  return world.ask({
    code,
    options: [
      option(Option.ContentFormat, format),
      ...query.map((each) => option(Option.UriQuery, each)),
      ...(accept === undefined ? [] : [option(Option.Accept, accept)]),
    ],
    payload: Buffer.from(JSON.stringify(body)),
    ...more,
  });
}

const read = (world: World, paths: readonly string[], more?: Ask): CoapMessage =>
  ask(
    world,
    Code.Fetch,
    paths.map((n) => ({ n })),
    more,
  );
const write = (world: World, body: unknown, more?: Ask): string =>
  formatCode(ask(world, Code.Ipatch, body, { format: senmlEtchJson, ...more }).code);

function valuesOf(message: CoapMessage) {
  const format = contentFormat(message) ?? -1;
  const decoded = decodeContent({ format, bytes: message.payload, path: ROOT_PATH, resourceType });
  if (!decoded.ok) throw new Error(decoded.error.detail);
  return Object.fromEntries(decoded.records.map(({ path, value }) => [path, value.value]));
}

describe('Read-Composite', () => {
  it.each([senmlJson, senmlCbor, lwm2mCbor])('tells of several objects in format %i', (accept) => {
    const answer = read(new World().register(), ['/3/0/9', '/6/0/3', '/8/0/0'], { accept });
    expect(contentFormat(answer)).toBe(accept);
    expect(valuesOf(answer)).toEqual({ '/3/0/9': 80, '/6/0/3': 5, '/8/0/0': 0 });
  });

  it('takes a list in SenML and in SenML-ETCH, and answers in SenML CBOR unasked', () => {
    const world = new World().register();
    for (const format of [senmlJson, senmlEtchJson]) {
      const answer = read(world, ['/3/0/0'], { format });
      expect([formatCode(answer.code), contentFormat(answer)]).toEqual(['2.05', senmlCbor]);
      expect(valuesOf(answer)).toEqual({ '/3/0/0': 'Reeve' });
    }
  });

  it('DM-6: leaves out what is missing, what can not be read, and what is for no server', () => {
    const world = new World().register();
    const answer = read(world, ['/3/0/9', '/3/0/4', '/3/0/2', '/99', '/0', '/0/0/5', '/1/0/8']);
    expect(valuesOf(answer)).toEqual({ '/3/0/9': 80 });
    expect(valuesOf(read(world, ['/0', '/99']))).toEqual({});
  });

  it('int-235: the root is everything but objects with keys', () => {
    const values = valuesOf(read(new World().register(), ['/']));
    expect(values).toMatchObject({ '/1/0/1': 300, '/3/0/0': 'Reeve', '/6/0/3': 5, '/8/0/0': 0 });
    expect(Object.keys(values).filter((path) => path.startsWith('/0/'))).toEqual([]);
  });

  it('ET-1: tells what lies below two of the paths once', () => {
    const answer = read(new World().register(), ['/3/0', '/3/0/9'], { accept: senmlJson });
    expect(
      Buffer.from(answer.payload)
        .toString()
        .match(/"v":80/g),
    ).toHaveLength(1);
  });

  it('refuses an answer in a format of one object', () => {
    expect(formatCode(read(new World().register(), ['/3/0/9'], { accept: tlv }).code)).toBe('4.06');
  });
});

describe('Write-Composite', () => {
  it('writes several objects, and tells of each instance', () => {
    const world = new World().register();
    expect(
      write(world, [
        { n: '/1/0/2', v: 5 },
        { n: '/8/0/0', v: 1 },
        { n: '/8/0/1/3', vs: 'doors' },
      ]),
    ).toBe('2.04');
    expect(valuesOf(read(world, ['/1/0/2', '/8/0/0']))).toEqual({ '/1/0/2': 5, '/8/0/0': 1 });
    expect(world.told('written').map(({ path, records }) => [path, records.length])).toEqual([
      ['/1/0', 1],
      ['/8/0', 2],
    ]);
  });

  it('ET-2: removes a resource instance by null', () => {
    const world = new World().register();
    expect(
      write(world, [
        { n: '/8/0/1/0', vs: 'a' },
        { n: '/8/0/1/1', vs: 'b' },
      ]),
    ).toBe('2.04');
    expect(write(world, [{ n: '/8/0/1/0', v: null }])).toBe('2.04');
    expect(write(world, [{ n: '/8/0/1/0', v: null }])).toBe('4.04');
    expect(write(world, [{ n: '/8/0/1/1', v: null }])).toBe('2.04');
  });

  it.each([
    ['what can only be read', { n: '/3/0/9', v: 1 }, '4.05'],
    ['what is not there', { n: '/1/0/10', vlo: '1:0' }, '4.04'],
    ['an instance that is not there', { n: '/1/9/1', v: 1 }, '4.04'],
    ['an object with keys', { n: '/0/0/0', vs: 'coap://x' }, '4.01'],
    ['a value out of range', { n: '/8/0/0', v: 9 }, '4.00'],
    ['one resource twice', { n: '/1/0/2', v: 6 }, '4.00'],
  ])('DM-6: writes nothing at all for the sake of %s', (_, record, code) => {
    const world = new World().register();
    expect(write(world, [{ n: '/1/0/2', v: 5 }, record])).toBe(code);
    expect(write(world, [record, { n: '/1/0/2', v: 5 }])).toBe(code);
    expect(valuesOf(read(world, ['/1/0/2']))).toEqual({ '/1/0/2': 0 });
    expect(world.told('written')).toEqual([]);
  });

  it('UP-2: a lifetime in it is told by an Update', () => {
    const world = new World().register();
    expect(write(world, [{ n: '/1/0/1', v: 60 }], { format: senmlJson })).toBe('2.04');
    expect(world.requests[1]).toMatchObject({ path: 'rd/r1', query: ['lt=60'] });
  });
});

describe('Observe-Composite', () => {
  const paths = ['/3/0/9', '/6/0/3'];

  it('tells of all paths when one changes', () => {
    const world = new World().register();
    const first = read(world, paths, { observe: 'register', accept: senmlJson });
    expect(observeValue(first)).toBeDefined();
    expect(world.told('observed')).toMatchObject([{ path: '/' }]);
    world.client.set(path(3, 0), { 9: 70 }, world.now);
    world.settle();
    expect(world.notifications.map(({ message }) => valuesOf(message))).toEqual([{ '/3/0/9': 70, '/6/0/3': 5 }]);
    world.client.set(path(8, 0), { 0: 1 }, world.now);
    world.settle();
    expect(world.notifications).toHaveLength(1);
  });

  it('OB-1: ends by the same request with Observe 1', () => {
    const world = new World().register();
    const token = Buffer.from('composite');
    read(world, paths, { observe: 'register', token: token.subarray(0, 8) });
    read(world, paths, { observe: 'deregister', token: token.subarray(0, 8) });
    expect(world.told('unobserved')).toHaveLength(1);
    world.client.set(path(3, 0), { 9: 70 }, world.now);
    expect(world.settle().notifications).toEqual([]);
  });

  it('tells of what appears and what goes', () => {
    const world = new World().register();
    read(world, ['/3/0/9', '/8'], { observe: 'register' });
    world.client.removeInstance(path(8, 0), world.now);
    world.settle();
    expect(world.notifications.map(({ message }) => valuesOf(message))).toEqual([{ '/3/0/9': 80 }]);
  });

  it('AT-5: has periods of its own, in 1.2', () => {
    const world = new World({ client: { version: '1.2' } }).register();
    read(world, paths, { observe: 'register', query: ['pmin=10', 'pmax=60'], format: senmlEtchJson });
    world.client.set(path(3, 0), { 9: 70 }, world.now);
    world.advance(70_000);
    expect(world.told('notified').map(({ at }) => at)).toEqual([10_000, 70_000]);
  });

  it('AT-3: keeps to thresholds of each path', () => {
    const world = new World().register();
    const options = ['3', '0', '9'].map((segment) => option(Option.UriPath, segment));
    world.ask({ code: Code.Put, options: [...options, option(Option.UriQuery, 'st=10')] });
    read(world, paths, { observe: 'register' });
    for (const level of [75, 69]) {
      world.client.set(path(3, 0), { 9: level }, world.now);
      world.settle();
    }
    expect(world.notifications.map(({ message }) => valuesOf(message)['/3/0/9'])).toEqual([69]);
  });
});

it('takes a list in SenML-ETCH CBOR', () => {
  const world = new World().register();
  const options = [option(Option.ContentFormat, senmlEtchCbor)];
  const payload = Buffer.from('83a100662f332f302f30a100662f332f302f39a100662f312f302f31', 'hex');
  expect(valuesOf(world.ask({ code: Code.Fetch, options, payload }))).toEqual({
    '/1/0/1': 300,
    '/3/0/0': 'Reeve',
    '/3/0/9': 80,
  });
});
