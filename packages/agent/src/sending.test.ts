import { Code } from '@reeve/coap';
import { path } from '@reeve/lwm2m';
import { describe, expect, it } from 'vitest';
import { LIMITS } from './limits.ts';
import { World } from './testing.ts';

const BATTERY = path(3, 0, 9);
const begin = () => new World({ server: { muteSend: false } }).register();
const sends = (world: World) => world.requests.filter((request) => request.path === 'dp');
/** The payload of a Send, whose bytes the test server keeps as text: only ASCII is compared. */
const bytesOf = (hex: string) => Buffer.from(hex, 'hex').toString();

describe('Send', () => {
  it('tells what paths hold now, in SenML CBOR, and that the server took it', () => {
    const world = begin();
    expect(world.client.send([BATTERY, path(3, 0, 4), path(9)], world.now)).toBeUndefined();
    world.settle();
    // [{-2: "/", 0: "3/0/9", 2: 80}]
    expect(sends(world)).toMatchObject([{ code: Code.Post, payload: bytesOf('81a321612f0065332f302f39021850') }]);
    expect(world.told('sent')).toMatchObject([{ paths: ['/3/0/9'] }]);
  });

  it('IR-4: carries several values of one path, each with its time', () => {
    const world = begin();
    const record = (value: number, time: number) => ({
      path: BATTERY,
      value: { type: 'integer', value } as const,
      time,
    });
    world.client.send([record(1, 3), record(2, 4)], world.now);
    world.settle();
    expect(sends(world)[0]?.payload).toBe(bytesOf('82a421612f0065332f302f3902010603a30065332f302f3902020604'));
    expect(world.told('sent')).toMatchObject([{ paths: ['/3/0/9'] }]);
  });

  it('IR-3: is muted until the server writes false', () => {
    const world = new World().register();
    expect(world.client.send([BATTERY], world.now)).toContain('wants no Send');
    world.client.set(path(1, 0), { 23: false }, world.now);
    expect(world.client.send([BATTERY], world.now)).toBeUndefined();
  });

  it('needs a registration, something to send, and room', () => {
    const idle = new World({ server: { muteSend: false } });
    expect(idle.client.send([BATTERY], 0)).toBe('there is no registration');
    const world = begin();
    expect(world.client.send([path(9)], world.now)).toBe('there is nothing to send');
    expect(world.client.send([path(0, 0)], world.now)).toBe('there is nothing to send');
    const key = { path: path(0, 0, 5), value: { type: 'string', value: 'x' } } as const;
    expect(world.client.send([key], world.now)).toBe('keys are for no server');
    for (let count = 0; count < LIMITS.sends; count++) world.client.send([BATTERY], world.now);
    expect(world.client.send([BATTERY], world.now)).toContain('wait for their answers');
  });

  it('IR-3: that is answered 4.04 leads to an Update, and thus to a new registration', () => {
    const world = begin();
    world.answer = ({ code, path: at }) =>
      at === 'dp' || at === 'rd/r1' ? Code.NotFound : code === Code.Post ? Code.Created : Code.Changed;
    world.client.send([BATTERY], world.now);
    world.settle();
    expect(world.told('unsent')).toMatchObject([{ detail: 'the server answered 4.04' }]);
    expect(world.told('registered')).toHaveLength(2);
  });

  it('that is not answered leads to a new link, and is told', () => {
    const world = begin();
    world.dark = true;
    world.client.send([BATTERY], world.now);
    world.advance(120_000);
    expect(world.told('unsent')).toMatchObject([{ detail: 'the server does not answer' }]);
    expect(world.told('reconnecting')).toHaveLength(1);
  });
});

it('is nothing that LwM2M 1.0 has', () => {
  const world = new World({ server: { muteSend: false }, client: { version: '1.0' } }).register();
  expect(world.client.send([path(3, 0, 9)], world.now)).toContain('1.0');
});
