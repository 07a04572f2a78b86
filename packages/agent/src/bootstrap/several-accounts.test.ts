import { Code, formatCode, Option, option } from '@reeve/coap';
import { path } from '@reeve/lwm2m';
import { expect, it } from 'vitest';
import type { TestServer } from '../test-server.ts';
import { SECOND_URI, URI, type WorldOptions } from '../testing.ts';
import { type Bootstrapping, begin, FINISH, integer, remove, SERVER, securityOf, uri, write } from './testing.ts';

const rights = (
  objectId: number,
  instanceId: number,
  owner: number,
  entries: Readonly<Record<number, number>> = {},
) => ({
  0: integer(objectId),
  1: integer(instanceId),
  3: integer(owner),
  ...Object.fromEntries(Object.entries(entries).map(([server, value]) => [`2/${server}`, integer(value)])),
});

/** Writes the accounts of two servers, 7 and 8; the first owns the device, the second may read it. */
function provision(world: Bootstrapping): void {
  for (const spec of [
    remove('/'),
    write('/0/1', { '/0/1': securityOf(URI, 7) }),
    write('/0/2', { '/0/2': securityOf(SECOND_URI, 8) }),
    write('/1', { '/1/0': SERVER, '/1/1': { ...SERVER, 0: integer(8), 1: integer(900) } }),
    write('/2', {
      '/2/0': rights(3, 0, 7, { 8: 1 }),
      '/2/1': rights(1, 0, 7),
      '/2/2': rights(1, 1, 8),
      '/2/3': rights(16, 65_535, 65_535, { 7: 16, 8: 16 }),
    }),
    FINISH,
  ]) {
    expect(world.tell(spec)).toMatch(/^2/);
  }
  world.advance(10_000);
}

const CREATABLE: WorldOptions = { client: { creatable: { 16: () => ({}) } } };
const registered = (options: WorldOptions = {}): Bootstrapping => {
  const world = begin({ objects: [], ...options });
  provision(world);
  return world;
};
const states = ({ client }: Bootstrapping) => [...client.registrations].map(([id, { kind }]) => `${id} ${kind}`);
const read = (world: Bootstrapping, server: TestServer, target: string) =>
  formatCode(world.ask({ code: Code.Get, options: uri(target) }, server).code);

/** A server makes an instance of object 16. */
function make(world: Bootstrapping, server: TestServer, id: number): void {
  const payload = Buffer.from(`[{"bn":"/16/${id}/0/","n":"0","vs":"device"}]`);
  const options = [...uri('/16'), option(Option.ContentFormat, 110)];
  expect(formatCode(world.ask({ code: Code.Post, options, payload }, server).code)).toBe('2.01');
}

/** Has the device bootstrapped again, by what is said before Finish. */
function again(world: Bootstrapping, ...specs: readonly Parameters<Bootstrapping['tell']>[0][]): void {
  const trigger = { code: Code.Post, options: uri('/1/0/9') };
  expect(formatCode(world.ask(trigger).code)).toBe('2.04');
  for (const spec of [...specs, FINISH]) expect(world.tell(spec)).toMatch(/^2/);
  world.advance(10_000);
}
const WITHOUT_SECOND = [remove('/0/2'), remove('/1/1')] as const;

it('of two servers leads to two registrations, with the rights that were written', () => {
  const world = registered();
  expect(states(world)).toEqual(['7 registered', '8 registered']);
  expect(world.server.requests.at(-1)?.query).toContain('lt=600');
  expect(world.second.requests.at(-1)?.query).toContain('lt=900');
  expect([read(world, world.server, '/3/0/9'), read(world, world.second, '/3/0/9')]).toEqual(['2.05', '2.05']);
  expect([read(world, world.server, '/1/1/1'), read(world, world.second, '/1/1/1')]).toEqual(['4.01', '2.05']);
});

it('that leaves an account as it is leaves its attributes as they are', () => {
  const world = registered();
  world.ask({ code: Code.Put, options: [...uri('/3/0/9'), option(Option.UriQuery, 'pmin=9')] });
  again(world, ...WITHOUT_SECOND);
  expect(states(world)).toEqual(['7 registered']);
  const { payload } = world.ask({ code: Code.Get, options: [...uri('/3/0/9'), option(Option.Accept, 40)] });
  expect(Buffer.from(payload).toString()).toBe('</3/0/9>;pmin=9');
  expect(world.told('registered').map(({ server }) => server)).toEqual([7, 8, 7]);
});

it('BS-12: that takes an account away takes along what nobody else can use', () => {
  const world = registered(CREATABLE);
  make(world, world.server, 1);
  make(world, world.second, 2);
  again(world, ...WITHOUT_SECOND);
  expect(world.told('deleted')).toMatchObject([{ server: 8, path: '/16/2' }]);
  const { payload } = world.server.requests.at(-1) ?? {};
  expect(payload).toContain('</16/1>');
  // What said who may use the instance is gone too; what says it of the device no longer names the server.
  expect(payload).not.toContain('</2/5>');
  expect(read(world, world.server, '/2/0/2/8')).toBe('4.04');
  expect(world.client.get(path(2, 0, 3)).value).toBe(7);
});

it('BS-12: that takes an owner away leaves what it owned to the one that may change it most', () => {
  const world = registered(CREATABLE);
  make(world, world.second, 2);
  const entry = (server: number, value: number) => ({ [`2/${server}`]: integer(value) });
  const shared = { ...rights(16, 2, 8), ...entry(9, 3), ...entry(7, 10), ...entry(0, 31) };
  again(world, write('/2/4', { '/2/4': shared }), ...WITHOUT_SECOND);
  expect(world.client.get(path(2, 4, 3)).value).toBe(7);
  expect(read(world, world.server, '/16/2')).toBe('2.05');
});
