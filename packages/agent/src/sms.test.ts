import { describe, expect, it } from 'vitest';
import { World, type WorldOptions } from './testing.ts';

/** Execute /1/0/8, as in Transport Appendix L.2. */
const UPDATE = '4402b60b2161fb63b13101300138';
const BOOTSTRAP = '4402b60b2161fb63b13101300139';

/** A registered device in queue mode that sleeps. */
function asleep(options: WorldOptions = {}): World {
  const server = { smsTrigger: true, ...options.server };
  return new World({ ...options, server, client: { queueMode: true } }).register().advance(100_000);
}

const sms = (world: World, hex: string): World => {
  world.client.receiveSms(Buffer.from(hex, 'hex'), world.now);
  return world.settle();
};

describe('TR-3: an SMS', () => {
  it('wakes a sleeping device for an Update', () => {
    const world = sms(asleep(), UPDATE);
    expect(world.requests.slice(1)).toMatchObject([{ path: 'rd/r1', at: 100_000 }]);
    expect(world.told('awake')).toHaveLength(1);
  });

  it('sends it to its bootstrap server', () => {
    const world = sms(asleep({ bootstrap: true }), BOOTSTRAP);
    expect(world.bootstrapServer.requests).toMatchObject([{ path: 'bs' }]);
  });

  it.each([
    ['where the server does not allow it', UPDATE, { smsTrigger: false }],
    ['for another server', '4402b60b2161fb63b13101310138', {}],
    ['for another resource', '4402b60b2161fb63b13101300134', {}],
    ['below the resource', '4402b60b2161fb63b131013001380130', {}],
    ['that reads', '4401b60b2161fb63b13101300138', {}],
    ['that acknowledges', '6402b60b2161fb63b13101300138', {}],
    ['with arguments', `${UPDATE}ff303d275427`, {}],
    ['that is no CoAP', 'ffff', {}],
    ['of nothing', '', {}],
  ])('does nothing %s, and is not answered', (_, hex, server) => {
    const world = sms(asleep({ server }), hex);
    expect(world.requests).toHaveLength(1);
    expect(world.told('awake')).toEqual([]);
  });

  it('does nothing cut off anywhere', () => {
    for (let length = 0; length < UPDATE.length; length += 2) {
      expect(sms(asleep(), UPDATE.slice(0, length)).requests).toHaveLength(1);
    }
  });

  it('comes to the number that the device registers', () => {
    const world = new World({ client: { smsNumber: '+4915112345678' } }).register();
    expect(world.requests[0]?.query).toContain('sms=+4915112345678');
  });
});
