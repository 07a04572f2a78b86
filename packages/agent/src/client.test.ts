import { Code, Option, option } from '@reeve/coap';
import { path } from '@reeve/lwm2m';
import { describe, expect, it } from 'vitest';
import { objectInstance } from './instance.ts';
import { connectivityInstance } from './objects/connectivity.ts';
import { fixValues } from './objects/location.ts';
import { World } from './testing.ts';

const UPDATE = { code: Code.Post, path: 'rd/r1' };

describe.each([{ secure: false }, { secure: true }])('a client (secure: $secure)', ({ secure }) => {
  it('registers what it has, but for the object that holds its key', () => {
    const world = new World({ secure }).register();
    expect(world.client.registration).toMatchObject({ kind: 'registered', location: ['rd', 'r1'] });
    expect(world.requests).toEqual([
      {
        code: Code.Post,
        path: 'rd',
        query: ['ep=truck', 'lt=300', 'lwm2m=1.1', 'b=U'],
        payload: '</>;rt="oma.lwm2m";ct="60 110 112 11542",</1/0>,</3/0>,</6/0>,</8/0>',
        at: 0,
      },
    ]);
    expect(world.events).toEqual([{ kind: 'registered', server: 1, location: ['rd', 'r1'], at: 0 }]);
  });

  it('updates before its lifetime ends, saying nothing that is known', () => {
    const world = new World({ secure }).register().advance(500_000);
    expect(world.requests.slice(1)).toMatchObject([
      { ...UPDATE, query: [], payload: '', at: 207_000 },
      { ...UPDATE, query: [], payload: '', at: 414_000 },
    ]);
    expect(world.told('updated')).toHaveLength(2);
  });

  it('tells a new object instance, and a lifetime that the server wrote', () => {
    const world = new World({ secure }).register();
    world.client.addInstance(connectivityInstance({ bearer: 6, signalStrength: -80, addresses: ['::1'] }), world.now);
    world.settle();
    expect(world.requests[1]).toMatchObject({ ...UPDATE, query: [] });
    expect(world.requests[1]?.payload).toContain(',</3/0>,</4/0>,</6/0>');
    world.client.removeInstance(path(4, 0), world.now);
    world.settle();
    // An object without instances is still an object.
    expect(world.requests[2]?.payload).toContain(',</3/0>,</4>,</6/0>');
    world.ask(write(['1', '0', '1'], '60'));
    expect(world.requests[3]).toMatchObject({ ...UPDATE, query: ['lt=60'], payload: '' });
    expect(world.client.registration).toMatchObject({ updateAt: 30_000 });
    world.ask(write(['1', '0', '1'], '60'));
    expect(world.requests, 'the same lifetime again').toHaveLength(4);
  });

  it('TR-1: updates when the server triggers it', () => {
    const world = new World({ secure }).register();
    expect(world.ask({ code: Code.Post, options: uri(['1', '0', '8']) }).code).toBe(Code.Changed);
    expect(world.requests.slice(1)).toMatchObject([{ ...UPDATE, query: [], payload: '' }]);
  });

  it('registers again when the server does not know it', () => {
    const world = new World({ secure }).register();
    const { answer } = world;
    world.answer = (request) => (request.path === 'rd/r1' ? Code.NotFound : answer(request));
    world.client.update(world.now);
    world.settle();
    expect(world.requests.map((request) => request.path)).toEqual(['rd', 'rd/r1', 'rd']);
    expect(world.events.slice(1)).toEqual([
      { kind: 'forgotten', server: 1, location: ['rd', 'r1'], at: 0 },
      { kind: 'registered', server: 1, location: ['rd', 'r2'], at: 0 },
    ]);
    expect(world.client.registration).toMatchObject({ kind: 'registered', location: ['rd', 'r2'] });
  });

  it('takes its leave', () => {
    const world = new World({ secure }).register();
    world.client.stop(world.now);
    world.settle();
    expect(world.requests[1]).toMatchObject({ code: Code.Delete, path: 'rd/r1' });
    expect(world.events.at(-1)).toMatchObject({ kind: 'deregistered', acknowledged: true });
    expect(world.client.registration.kind).toBe('idle');
    expect(world.advance(1_000_000).requests).toHaveLength(2);
  });

  it('tries again as the retry resources say, and then gives up', () => {
    const retry = { count: 3, timer: 10, sequenceDelay: 500, sequenceCount: 2 };
    const world = new World({ secure, server: { retry } });
    world.answer = () => Code.ServiceUnavailable;
    world.register().advance(2_000_000);
    const waits = world.told('failed').map(({ at, retryAt }) => (retryAt === undefined ? undefined : retryAt - at));
    expect(waits).toEqual([10_000, 20_000, 500_000, 10_000, 20_000, undefined]);
    expect(world.client.registration.kind).toBe('failed');
    expect(world.told('failed')[0]?.detail).toBe('the server answered 5.03');
    world.answer = () => Code.Created;
    world.register();
    expect(world.client.registration.kind).toBe('registered');
  });

  it('comes back after the server lost everything', () => {
    const world = new World({ secure }).register();
    world.dark = true;
    world.advance(250_000);
    expect(world.client.registration.kind).not.toBe('registered');
    world.restartServer();
    world.dark = false;
    world.advance(600_000);
    expect(world.client.registration.kind).toBe('registered');
  });
});

it('resumes its registration over a new DTLS session when an Update goes unanswered', () => {
  const world = new World({ secure: true }).register();
  world.restartServer();
  world.client.update(world.now);
  world.advance(200_000);
  expect(world.told('reconnecting')).toHaveLength(1);
  expect(world.requests.map((request) => request.path)).toEqual(['rd', 'rd/r1']);
  expect(world.client.registration).toMatchObject({ kind: 'registered', location: ['rd', 'r1'] });
});

it('handshakes again when the server ends the session, but does not hammer one that does so each time', () => {
  const world = new World({ secure: true }).register();
  world.endSession();
  world.settle();
  expect(world.told('reconnecting')).toMatchObject([{ detail: 'the DTLS session ended: peer' }]);
  expect(world.client.registration.kind).toBe('registered');

  const { answer } = world;
  world.answer = (request) => {
    world.endSession();
    return answer(request);
  };
  world.client.update(world.now);
  world.advance(300_000);
  const attempts = world.requests.map(({ at }) => at).slice(2);
  expect(attempts).toEqual([0, 60_000, 180_000]);
});

it('BL-8: registers an object list that takes more than one message', () => {
  const fix = { latitude: 0, longitude: 0, timestamp: 0 };
  const objects = Array.from({ length: 300 }, (_, id) => objectInstance(6, id, { values: fixValues(fix) }));
  const world = new World({ objects: objects.slice(1) }).register();
  expect(world.client.registration.kind).toBe('registered');
  expect(world.requests).toHaveLength(1);
  expect(world.requests[0]?.payload).toContain('</6/299>');
});

it('has an endpoint name that fits into a query', () => {
  expect(() => new World({ client: { endpoint: 'x'.repeat(253) } })).toThrow('too long');
  expect(new World({ client: { endpoint: 'x'.repeat(252) } }).register().requests).toHaveLength(1);
});

function uri(segments: readonly string[]) {
  return segments.map((segment) => option(Option.UriPath, segment));
}

function write(segments: readonly string[], text: string) {
  return {
    code: Code.Put,
    options: [...uri(segments), option(Option.ContentFormat, 0)],
    payload: Buffer.from(text),
  };
}
