import { describe, expect, it } from 'vitest';
import { seededBytes } from '../../../tooling/testing/fuzz.ts';
import { StreamLink } from './stream-link.ts';
import { World } from './testing.ts';

const SECOND = 1000;
const random = seededBytes(7);

/** When each of many links begins its next connection, in seconds after the last one ended. */
function returns(end: (link: StreamLink) => void): number[] {
  return Array.from({ length: 1000 }, () => {
    const link = new StreamLink(random);
    comeUp(link, 0);
    end(link);
    link.close();
    link.drain();
    return begin(link, 0) / SECOND;
  });
}

/** Wants a connection, and says when it is begun. */
function begin(link: StreamLink, now: number): number {
  link.connect(now);
  for (let at = now; ; ) {
    if (link.drain().some(({ kind }) => kind === 'connect')) return at;
    at = link.nextWakeAt() ?? expect.fail('nothing is waited for');
    link.tick(at);
  }
}

/** Opens the connection, and says when it is there. */
function comeUp(link: StreamLink, now: number): number {
  const at = begin(link, now);
  link.connection.opened(at);
  return at;
}

/** How many there are in the fullest second. */
function fullest(times: readonly number[]): number {
  const seconds = [...Map.groupBy(times, Math.floor).values()];
  return Math.max(...seconds.map(({ length }) => length));
}

describe('clients that a server has lost', () => {
  it('come back one after the other', () => {
    const times = returns((link) => link.connection.lost('it broke', 0));
    expect(fullest(times)).toBeLessThan(150);
    expect(Math.max(...times)).toBeLessThanOrEqual(10);
  });

  it('stay away for longer each time, within limits', () => {
    const longest = (lost: number) => {
      const link = new StreamLink(() => Uint8Array.of(255, 255));
      let at = 0;
      for (let turn = 0; turn < lost; turn++) {
        at = comeUp(link, at);
        link.connection.lost('it broke', at);
      }
      return (begin(link, at) - at) / SECOND;
    };
    expect([1, 2, 3, 4, 5, 6, 20].map(longest)).toEqual([10, 20, 40, 80, 160, 300, 300]);
  });

  it('count a connection that lasted as the first again', () => {
    const link = new StreamLink(() => Uint8Array.of(255, 255));
    let at = 0;
    for (const lasted of [0, 0, 60 * SECOND]) {
      at = comeUp(link, at) + lasted;
      link.connection.lost('it broke', at);
    }
    expect((begin(link, at) - at) / SECOND).toBe(10);
  });

  it('TC-2: wait as long as the server says, and then come one after the other all the same', () => {
    const times = returns((link) => link.connection.ended({ holdOff: 30 }, 0));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(30);
    expect(Math.max(...times)).toBeLessThanOrEqual(40);
    expect(fullest(times)).toBeLessThan(150);
  });

  it('are there after a day, whatever the server says', () => {
    expect(Math.max(...returns((link) => link.connection.ended({ holdOff: 0xffffff }, 0)))).toBeLessThan(86_411);
  });
});

describe('a client whose server takes its leave', () => {
  const registered = () => new World({ stream: true }).register();

  it('TC-2: comes back after the time that it is told, over the same registration', () => {
    const world = registered();
    world.server.release({ holdOff: 60 });
    world.settle();
    expect(world.client.registration.kind).toBe('reconnecting');
    world.advance(59_999);
    expect(world.connects).toBe(1);
    world.advance(10_001);
    expect(world.connects).toBe(2);
    expect(world.requests.map(({ path }) => path)).toEqual(['rd', 'rd/r1']);
    expect(world.client.registration.kind).toBe('registered');
  });

  it('TC-2: goes to the address that it is told, once, and back to its own if nobody is there', () => {
    const world = registered();
    world.server.release({ holdOff: 3600, alternative: '192.0.2.7:15683' });
    world.advance(10_000);
    expect(world.connectsTo.map(({ uri }) => uri)).toEqual(['coap+tcp://127.0.0.1', 'coap+tcp://192.0.2.7:15683']);
    world.advance(200_000);
    expect(world.connectsTo[2]?.uri).toBe('coap+tcp://127.0.0.1');
    expect(world.client.registration.kind).toBe('registered');
  });

  it.each(['', 'a/b', 'coap://other', 'user@other', 'other?query', 'other:99999'])(
    'goes nowhere but home when it is told "%s"',
    (alternative) => {
      const world = registered();
      world.server.release(alternative === '' ? {} : { alternative });
      world.advance(10_000);
      expect(world.connectsTo.map(({ uri }) => uri)).toEqual(['coap+tcp://127.0.0.1', 'coap+tcp://127.0.0.1']);
    },
  );

  it('can be stopped while it waits', () => {
    const world = registered();
    world.server.release({ holdOff: 60 });
    world.settle();
    world.client.stop(world.now);
    world.advance(200_000);
    expect(world.connects).toBe(1);
    expect(world.client.registration.kind).toBe('idle');
  });
});
