import { Code, formatCode, Option, option } from '@reeve/coap';
import { path } from '@reeve/lwm2m';
import { describe, expect, it } from 'vitest';
import { objectInstance } from './instance.ts';
import { DEFAULT_RETRY } from './registration.ts';
import type { ServerRequest } from './test-server.ts';
import { World } from './testing.ts';

const UPDATE_TRIGGER = ['1', '0', '8'];
const DISABLE = ['1', '0', '4'];
const OBJECTS = '</1/0>;ver=1.1,</3/0>;ver=1.1,</6/0>,</8/0>';

function execute(world: World, segments: readonly string[]): string {
  const options = segments.map((segment) => option(Option.UriPath, segment));
  return formatCode(world.ask({ code: Code.Post, options }).code);
}

/** A server that knows these versions only. */
function knowing(world: World, ...versions: readonly string[]): void {
  const { answer } = world;
  world.answer = (request) => {
    const version = request.query.find((part) => part.startsWith('lwm2m='));
    return version === undefined || versions.includes(version.slice(6)) ? answer(request) : Code.PreconditionFailed;
  };
}

const queriesOf = (requests: readonly ServerRequest[]) => requests.map(({ query }) => query.slice(2).join(' '));

describe('the version of LwM2M', () => {
  it.each([
    ['1.2', ['lwm2m=1.2 b=U']],
    ['1.1', ['lwm2m=1.2 b=U', 'lwm2m=1.1 b=U']],
    ['1.0', ['lwm2m=1.2 b=U', 'lwm2m=1.1 b=U', 'lwm2m=1.0 b=U']],
  ])('P25: steps down to %s by 4.12', (known, queries) => {
    const world = new World({ client: { version: '1.2' } });
    knowing(world, known);
    world.register();
    expect(queriesOf(world.requests)).toEqual(queries);
    expect(world.client.registration.kind).toBe('registered');
  });

  it('P25: fails with a server that knows none, and steps down by no other answer', () => {
    const world = new World({ client: { version: '1.2' } });
    knowing(world);
    world.register();
    expect(world.told('failed')).toMatchObject([{ detail: 'the server answered 4.12' }]);
    const other = new World({ client: { version: '1.2' } });
    other.answer = () => Code.BadRequest;
    other.register();
    expect(queriesOf(other.requests)).toEqual(['lwm2m=1.2 b=U']);
  });

  it('RG-4: the links name versions that the version of LwM2M does not imply', () => {
    const world = new World({
      client: { version: '1.2' },
      objects: [objectInstance(1, 1, { values: { 0: 2, 1: 60, 6: true, 7: 'U' } })],
    });
    knowing(world, '1.1', '1.0');
    world.register();
    const listings = world.requests.map(({ payload }) => payload.slice(payload.indexOf(',') + 1));
    expect(listings[0]).toBe('</1>;ver=1.1,</1/0>,</1/1>,</3/0>;ver=1.1,</6/0>,</8/0>');
    expect(listings[1]).toBe('</1/0>,</1/1>,</3/0>,</6/0>,</8/0>');
  });

  it('FM-3: the root link of 1.2 lists the formats that composites come in', () => {
    const world = new World({ client: { version: '1.2' } }).register();
    expect(world.requests[0]?.payload).toBe(`</>;rt="oma.lwm2m";ct="60 110 112 11542 320 322 11544",${OBJECTS}`);
  });

  it('AT-5: parameters of Observe are refused before 1.2, and hold in place of attributes since', () => {
    const observe = (world: World): string => {
      const options = ['3', '0', '9'].map((segment) => option(Option.UriPath, segment));
      const query = ['pmin=5', 'st=10'].map((each) => option(Option.UriQuery, each));
      return formatCode(world.ask({ code: Code.Get, options: [...options, ...query], observe: 'register' }).code);
    };
    expect(observe(new World().register())).toBe('4.00');
    const world = new World({ client: { version: '1.2' } }).register();
    expect(observe(world)).toBe('2.05');
    for (const level of [75, 69]) world.client.set(path(3, 0), { 9: level }, world.now);
    world.advance(10_000);
    expect(world.told('notified').map(({ at }) => at)).toEqual([5_000]);
  });
});

describe('a profile', () => {
  const pidOf = ({ query }: ServerRequest) => query.find((part) => part.startsWith('pid='));

  it('PR-1: goes in place of the object list', () => {
    const world = new World({ client: { version: '1.2', profile: true } }).register();
    expect(world.requests).toHaveLength(1);
    expect(world.requests[0]).toMatchObject({ payload: '', query: expect.arrayContaining(['lwm2m=1.2']) });
    expect(world.requests[0] && pidOf(world.requests[0])).toMatch(/^pid=5:[0-9a-f]{16}$/);
  });

  it('PR-2: goes with the list to a server that does not know it (4.09)', () => {
    const world = new World({ client: { version: '1.2', profile: true } });
    const { answer } = world;
    world.answer = (request) => (request.payload === '' ? Code.Conflict : answer(request));
    world.register();
    const [first, second] = world.requests;
    expect(world.requests).toHaveLength(2);
    expect(second?.payload).toContain(OBJECTS);
    expect(second && pidOf(second)).toBe(first && pidOf(first));
    expect(world.client.registration.kind).toBe('registered');
  });

  it('PR-2: is given up when even the list brings 4.09', () => {
    const world = new World({ client: { version: '1.2', profile: true } });
    world.answer = () => Code.Conflict;
    world.register();
    expect(world.requests).toHaveLength(2);
    expect(world.told('failed')).toHaveLength(1);
  });

  it('is another with other objects, and none before 1.2', () => {
    const [one, other] = [[], [objectInstance(6, 1, { values: { 0: 1, 1: 2, 5: 3 } })]].map((objects) => {
      const [request] = new World({ client: { version: '1.2', profile: true }, objects }).register().requests;
      return request && pidOf(request);
    });
    expect(one).not.toBe(other);
    const [request] = new World({ client: { profile: true } }).register().requests;
    expect(request && pidOf(request)).toBeUndefined();
  });
});

describe('TR-2: a server that disables itself', () => {
  it('int-103: is left alone for a day, and then registered at again', () => {
    const world = new World().register();
    expect(execute(world, DISABLE)).toBe('2.04');
    expect(world.requests[1]).toMatchObject({ code: Code.Delete, path: 'rd/r1' });
    expect(world.told('disabled')).toMatchObject([{ until: 86_400_000 }]);
    world.client.set(path(3, 0), { 9: 5 }, world.now);
    world.client.update(world.now);
    world.advance(86_399_000);
    expect(world.requests).toHaveLength(2);
    world.advance(1_000);
    expect(world.requests[2]).toMatchObject({ path: 'rd' });
    expect(world.client.registration.kind).toBe('registered');
  });

  it('is left alone for as long as it said (/1/x/5), whatever it answers to the De-register', () => {
    const world = new World({ server: { disableTimeout: 60 } }).register();
    const { answer } = world;
    world.answer = (request) => (request.code === Code.Delete ? Code.NotFound : answer(request));
    execute(world, DISABLE);
    world.advance(60_000);
    expect(world.requests[2]).toMatchObject({ path: 'rd', at: 60_000 });
  });

  it('can be left for good', () => {
    const world = new World().register();
    execute(world, DISABLE);
    world.client.stop(world.now);
    expect(world.advance(100_000_000).requests).toHaveLength(2);
  });
});

it('int-104: a triggered Update says nothing that is known', () => {
  const world = new World().register();
  expect(execute(world, UPDATE_TRIGGER)).toBe('2.04');
  expect(world.requests[1]).toMatchObject({ path: 'rd/r1', query: [], payload: '' });
});

it('int-105: an Update that is answered 4.04 leads to a Register', () => {
  const world = new World().register();
  const { answer } = world;
  world.answer = (request) => (request.path === 'rd/r1' ? Code.NotFound : answer(request));
  world.client.update(world.now);
  expect(world.settle().requests.map((request) => request.path)).toEqual(['rd', 'rd/r1', 'rd']);
});

it('P42: a lifetime of 0 needs no Update', () => {
  const world = new World({ server: { lifetime: 0 } }).register();
  expect(world.requests[0]?.query).toContain('lt=0');
  expect(world.advance(10_000_000_000).requests).toHaveLength(1);
});

it('§2.3: the retry sequence has the defaults of the specification', () => {
  expect(DEFAULT_RETRY).toEqual({ count: 5, timer: 60, sequenceDelay: 86_400, sequenceCount: 1 });
});

it('P24: a busy server is left alone for as long as it asks (5.03 with Max-Age)', () => {
  const world = new World();
  const { answer } = world;
  world.answer = () => ({ code: Code.ServiceUnavailable, options: [option(Option.MaxAge, 200)] });
  world.register();
  expect(world.told('failed')).toMatchObject([{ retryAt: 200_000 }]);
  world.answer = answer;
  expect(world.advance(200_000).client.registration.kind).toBe('registered');
});
