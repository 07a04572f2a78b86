import { type CoapMessage, Code, formatCode, locationPath, Option, option } from '@reeve/coap';
import { ContentFormat } from '@reeve/lwm2m';
import { describe, expect, it } from 'vitest';
import { LIMITS } from './limits.ts';
import { World } from './testing.ts';

const { tlv, lwm2mCbor, senmlJson, text } = ContentFormat;

/** A device on which servers may create instances of object 2: which instance one is about, the device says itself. */
const begin = () => new World({ client: { creatable: { 2: (id) => ({ values: { 0: 3, 1: id } }) } } }).register();

function ask(
  world: World,
  code: number,
  path: string,
  format?: number,
  payload: Uint8Array | string = '',
): CoapMessage {
  return world.ask({
    code,
    options: [
      ...path.split('/').flatMap((segment) => (segment === '' ? [] : [option(Option.UriPath, segment)])),
      ...(format === undefined ? [] : [option(Option.ContentFormat, format)]),
    ],
    payload: Buffer.from(payload),
  });
}
const create = (world: World, format: number, payload: Uint8Array | string, path = '/2') =>
  ask(world, Code.Post, path, format, payload);
const read = (world: World, path: string) => Buffer.from(ask(world, Code.Get, path).payload).toString();
const owner = (instance: number, value = 101) => `[{"bn":"/2/${instance}/","n":"3","v":${value}}]`;

describe('DM-4: Create', () => {
  it('makes the instance that the server names, announces it and tells the application', () => {
    const world = begin();
    expect(world.requests[0]?.payload).toContain('</2>');
    const answer = create(world, senmlJson, owner(5));
    expect([formatCode(answer.code), locationPath(answer)]).toEqual(['2.01', []]);
    expect(world.told('created')).toMatchObject([{ path: '/2/5' }]);
    expect(['/2/5/0', '/2/5/1', '/2/5/3'].map((path) => read(world, path))).toEqual(['3', '5', '101']);
    world.settle();
    expect(world.requests.at(-1)).toMatchObject({ path: 'rd/r1', payload: expect.stringContaining('</2/5>') });
  });

  it.each([
    [tlv, 'c10365'],
    [lwm2mCbor, 'a1830219ffff031865'],
  ])('chooses the first free id in format %i, and says which', (format, payload) => {
    const world = begin();
    create(world, senmlJson, owner(0));
    const answer = create(world, format, Buffer.from(payload, 'hex'));
    expect([formatCode(answer.code), locationPath(answer)]).toEqual(['2.01', ['2', '1']]);
    expect(world.told('created').map(({ path }) => path)).toEqual(['/2/0', '/2/1']);
  });

  it('ignores values that a server may not write', () => {
    const world = begin();
    const payload = '[{"bn":"/2/0/","n":"0","v":66},{"n":"3","v":101},{"n":"77","v":1}]';
    expect(formatCode(create(world, senmlJson, payload).code)).toBe('2.01');
    expect(read(world, '/2/0/0')).toBe('3');
  });

  it.each([
    ['4.00', 'an id that is taken', senmlJson, owner(0), '/2'],
    ['4.00', 'no value of what is mandatory', senmlJson, '[]', '/2'],
    ['4.00', 'a value out of range', senmlJson, owner(1, 70_000), '/2'],
    ['4.00', 'two instances', senmlJson, '[{"n":"/2/1/3","v":1},{"n":"/2/2/3","v":1}]', '/2'],
    ['4.00', 'another object', senmlJson, '[{"n":"/1/1/3","v":1}]', '/2'],
    ['4.15', 'a format for single values', text, '1', '/2'],
    ['4.05', "an object whose instances are the device's own", senmlJson, '[{"n":"/6/1/0","v":1}]', '/6'],
    ['4.04', 'an object that is not there', senmlJson, '[]', '/5'],
    ['4.01', 'a secret object', senmlJson, '[]', '/0'],
  ])('answers %s to %s, and makes nothing', (code, _, format, payload, path) => {
    const world = begin();
    create(world, senmlJson, owner(0));
    expect(formatCode(create(world, format, payload, path).code)).toBe(code);
    expect(world.told('created')).toHaveLength(1);
    expect(formatCode(ask(world, Code.Get, '/2/1').code)).toBe('4.04');
  });

  it('has its limit', () => {
    const world = begin();
    const codes = Array.from(
      { length: LIMITS.objectInstances + 1 },
      (_, id) => create(world, senmlJson, owner(id)).code,
    );
    expect(codes.filter((code) => code === Code.Created)).toHaveLength(LIMITS.objectInstances);
    expect(codes.at(-1)).toBe(Code.BadRequest);
  });
});

describe('DM-5: Delete', () => {
  it('takes an instance away, which is announced and told', () => {
    const world = begin();
    create(world, senmlJson, owner(5));
    expect(formatCode(ask(world, Code.Delete, '/2/5').code)).toBe('2.02');
    expect(world.told('deleted')).toMatchObject([{ path: '/2/5' }]);
    expect(formatCode(ask(world, Code.Get, '/2/5').code)).toBe('4.04');
    expect(world.requests.at(-1)?.payload).not.toContain('</2/5>');
  });

  it.each([
    ['/3/0', '4.05'],
    ['/6/0', '4.05'],
    ['/2', '4.05'],
    ['/2/9', '4.04'],
    ['/0/0', '4.01'],
    ['/3/0/11/0', '4.05'],
  ])('of %s is %s', (path, code) => {
    expect(formatCode(ask(begin(), Code.Delete, path).code)).toBe(code);
  });
});
