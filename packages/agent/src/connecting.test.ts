import { Code, Option, option } from '@reeve/coap';
import { path } from '@reeve/lwm2m';
import { describe, expect, it } from 'vitest';
import { seededBytes } from '../../../tooling/testing/fuzz.ts';
import { LwM2mClient } from './client.ts';
import { objectInstance } from './instance.ts';
import { securityInstance } from './objects/security.ts';
import { serverInstance } from './objects/server.ts';
import { World, type WorldOptions } from './testing.ts';

const connected = (options: WorldOptions = {}) => new World({ stream: true, ...options });
const uriPath = (...segments: string[]) => segments.map((segment) => option(Option.UriPath, segment));

describe('a client over a connection', () => {
  it('registers with binding T once the server has told its settings', () => {
    const world = connected().register();
    expect(world.requests[0]).toMatchObject({ code: Code.Post, path: 'rd' });
    expect(world.requests[0]?.query).toContain('b=T');
    expect(world.client.registration.kind).toBe('registered');
    expect(world.connects).toBe(1);
  });

  it('says nothing but its settings before those of the server', () => {
    const client = new LwM2mClient({
      endpoint: 'truck',
      random: seededBytes(1),
      objects: [securityInstance({ uri: 'coap+tcp://server.example' }), serverInstance()],
    });
    client.start(0);
    expect(client.drain()).toMatchObject([{ kind: 'connect', to: 'coap+tcp://server.example', tls: undefined }]);
    client.connected(0, 0);
    const sent = client.drain();
    // Code 7.01 behind a length that says that there are options.
    expect(sent).toMatchObject([{ kind: 'send', to: 'coap+tcp://server.example' }]);
    expect(client.registration.kind).toBe('connecting');
    client.receive(0, Buffer.from('00e1', 'hex'), 0);
    expect(client.registration.kind).toBe('registering');
    expect(client.drain()).toHaveLength(1);
  });

  it('sends an object list whole that is longer than messages are before settings are told', () => {
    const objects = Array.from({ length: 300 }, (_, id) => objectInstance(6, id + 1, { values: { 0: 1, 1: 2, 5: 3 } }));
    const world = connected({ objects }).register();
    expect(world.requests).toHaveLength(1);
    expect(world.requests[0]?.payload).toContain('</6/300>');
  });

  it('answers requests, and tells notifications without acknowledgements', () => {
    const world = connected({ client: { confirmEvery: 1 } }).register();
    const observe = { code: Code.Get, options: uriPath('3', '0', '9'), observe: 'register' as const };
    expect(world.ask(observe).code).toBe(Code.Content);
    for (const level of [79, 78, 77]) {
      world.client.set(path(3, 0), { 9: level }, world.now);
      world.advance(1000);
    }
    expect(world.notifications).toHaveLength(3);
    expect(world.told('notified').map(({ confirmable }) => confirmable)).toEqual([false, false, false]);
  });

  it('updates over a new connection when one breaks', () => {
    const world = connected().register();
    world.breakConnection().advance(10_000);
    expect(world.connects).toBe(2);
    expect(world.told('reconnecting')).toMatchObject([{ detail: 'it broke' }]);
    expect(world.requests.map(({ path }) => path)).toEqual(['rd', 'rd/r1']);
    expect(world.client.registration.kind).toBe('registered');
  });

  it('registers anew when the server does not know it over the new connection', () => {
    const world = connected().register();
    world.answer = ({ path }) => (path === 'rd' ? Code.Created : Code.NotFound);
    world.breakConnection().advance(10_000);
    expect(world.requests.map(({ path }) => path)).toEqual(['rd', 'rd/r1', 'rd']);
    expect(world.client.registration).toMatchObject({ kind: 'registered', location: ['rd', 'r2'] });
  });

  it('waits longer each time for a server that can not be reached', () => {
    const world = connected({ server: { retry: { timer: 10 } } }).register();
    world.dark = true;
    world.breakConnection();
    world.advance(200_000);
    const waits = world.told('failed').map(({ at, retryAt = 0 }) => (retryAt - at) / 1000);
    expect(waits.slice(0, 3)).toEqual([10, 20, 40]);
    expect(world.told('failed')[0]?.detail).toBe('the connection does not come up');
    world.dark = false;
    world.advance(100_000);
    expect(world.client.registration.kind).toBe('registered');
  });

  it('leaves a server that breaks the rules of CoAP, and says why', () => {
    const world = connected().register();
    const before = world.connects;
    // A ping with an unknown critical option.
    world.client.receive(0, Buffer.from('10e290', 'hex'), world.now);
    world.advance(10_000);
    expect(world.connects).toBe(before + 1);
    expect(world.told('reconnecting')[0]?.detail).toContain('option 9');
    expect(world.client.registration.kind).toBe('registered');
  });

  it('hears what comes while it sleeps: no byte of a connection gets lost', () => {
    const world = connected({ client: { queueMode: 1000 } }).register();
    world.advance(2000);
    expect(world.told('asleep')).toHaveLength(1);
    expect(world.ask({ code: Code.Get, options: uriPath('3', '0', '0') }).code).toBe(Code.Content);
    expect(world.told('awake')).toHaveLength(1);
  });

  it('takes its leave and closes the connection', () => {
    const world = connected().register();
    world.client.stop(world.now);
    world.settle();
    expect(world.requests.at(-1)).toMatchObject({ code: Code.Delete, path: 'rd/r1' });
    expect(world.told('deregistered')).toMatchObject([{ acknowledged: true }]);
    expect(world.client.nextWakeAt()).toBeUndefined();
  });
});

describe('the link of an account over a connection', () => {
  const client = (instance: ReturnType<typeof securityInstance>, more = {}) =>
    new LwM2mClient({ endpoint: 'truck', random: seededBytes(1), objects: [instance, serverInstance()], ...more });
  const uri = 'coaps+tcp://server.example';
  const psk = (identity: Uint8Array) => ({ identity, key: Buffer.alloc(16, 1) });

  it('proves itself by the key of the account', () => {
    const one = client(securityInstance({ uri, psk: psk(Buffer.from('träck')) }));
    one.start(0);
    const tls = { kind: 'psk', identity: 'träck', key: Uint8Array.from(Buffer.alloc(16, 1)) };
    expect(one.drain()).toMatchObject([{ kind: 'connect', to: uri, tls }]);
  });

  it('needs a key that fits the scheme, and an identity that TLS can say', () => {
    expect(() => securityInstance({ uri })).toThrow('needs a key');
    expect(() => securityInstance({ uri: 'coap+tcp://server.example', psk: psk(Buffer.from('a')) })).toThrow('no key');
    expect(() => client(securityInstance({ uri, psk: psk(Buffer.from('ff', 'hex')) }))).toThrow('UTF-8');
    expect(() => client(securityInstance({ uri: 'coap+tcp://server.example', oscore: 0 }))).toThrow('/21/0');
  });
});
