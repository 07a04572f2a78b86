/** Handshakes over a network that does anything to any datagrams, and over none, in virtual time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from './limits.ts';
import { effectsOf, Pair, type PairOptions, perfectNetwork } from './testing.ts';
import { LONG_MS } from './testing-disturbance.ts';

/** Longer than all retransmissions of a handshake together. */

/** Connects, and sends data both ways once both sides are established. */
function converse(options: PairOptions): Pair {
  const pair = new Pair(options);
  pair.client.connect(0);
  pair.run(LONG_MS);
  const [client] = effectsOf(pair.clientEffects, 'established');
  const [server] = effectsOf(pair.serverEffects, 'established');
  if (client === undefined || server === undefined) throw new Error('not established on both sides');
  pair.network = perfectNetwork;
  expect(pair.client.send(client.session, Buffer.from('up'))).toBe('sent');
  expect(pair.server.send(server.session, Buffer.from('down'))).toBe('sent');
  pair.run(2 * LONG_MS);
  expect(effectsOf(pair.serverEffects, 'received').map(({ data }) => Buffer.from(data).toString())).toEqual(['up']);
  expect(effectsOf(pair.clientEffects, 'received').map(({ data }) => Buffer.from(data).toString())).toEqual(['down']);
  expect(effectsOf(pair.serverEffects, 'established')).toHaveLength(1);
  expect(effectsOf(pair.clientEffects, 'established')).toHaveLength(1);
  expect(effectsOf([...pair.serverEffects, ...pair.clientEffects], 'refused')).toEqual([]);
  expect(pair.server.sizes()).toMatchObject({ halfOpen: 0, lookups: 0, lastFlights: 0, deadlines: 0, sessions: 1 });
  return pair;
}

const LONG_IDENTITY = Buffer.alloc(128, 'i');
const LONG_KEY = Buffer.alloc(16, 1);

/** Whole messages; fragments; fragments with a lookup that takes longer than the client waits. */
const SHAPES: readonly [string, PairOptions][] = [
  ['with whole messages', {}],
  ['with fragments', { shared: { mtu: 80 } }],
  [
    'with many fragments of a long identity',
    {
      shared: { mtu: 80 },
      client: { identity: { kind: 'psk', identity: LONG_IDENTITY, key: LONG_KEY } },
      keys: { [LONG_IDENTITY.toString()]: LONG_KEY },
    },
  ],
  ['with a slow lookup', { lookupMs: 2_500 }],
  ['with a slow lookup and fragments', { shared: { mtu: 80 }, lookupMs: 2_500 }],
];

describe.each(SHAPES)('a handshake %s', (_, options) => {
  it('survives every direction-wide reordering of a flight', () => {
    // Each next datagram arrives before the one sent ahead of it.
    converse({ ...options, network: (___, ____, i) => [20 - (i % 10)] });
  });

  it('survives any mix of losses, copies and delays that does not outlast the retransmissions', () => {
    const fate = fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 2 });
    const fates = fc.array(fate, { maxLength: 8 }).filter((all) => all.filter((one) => one.length === 0).length <= 4);
    fc.assert(
      fc.property(fates, (delays) => {
        converse({ ...options, network: (___, ____, i) => delays[i] ?? [1] });
      }),
      { numRuns: 60 },
    );
  });
});

describe('when nothing comes through', () => {
  it('the client sends again with doubled waits and gives up', () => {
    const pair = new Pair({ network: () => [] });
    const times: number[] = [];
    pair.network = () => {
      times.push(pair.now);
      return [];
    };
    pair.client.connect(0);
    pair.run(LONG_MS);
    expect(times).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000]);
    const refusals = effectsOf(pair.clientEffects, 'refused');
    expect(refusals).toMatchObject([{ check: 'timeout', detail: expect.stringContaining('no answer') }]);
    expect(pair.client.sizes()).toMatchObject({ halfOpen: 0, deadlines: 0 });
    pair.network = perfectNetwork;
    pair.client.connect(pair.now);
    pair.run(pair.now + 1_000);
    expect(effectsOf(pair.clientEffects, 'established')).toHaveLength(1);
  });

  it('the timers are settable', () => {
    const pair = new Pair({ shared: { retransmit: { initialMs: 100, maxMs: 300, attempts: 4 } } });
    const times: number[] = [];
    pair.network = () => {
      times.push(pair.now);
      return [];
    };
    pair.client.connect(0);
    pair.run(LONG_MS);
    expect(times).toEqual([0, 100, 300, 600, 900]);
  });

  it('the server gives a handshake up, and says why', () => {
    const pair = new Pair({ network: (_, from, i) => (from === 'server' && i > 1 ? [] : [1]) });
    pair.client.connect(0);
    pair.run(10);
    expect(pair.server.sizes()).toMatchObject({ halfOpen: 1, deadlines: 1 });
    pair.network = () => [];
    pair.run(LONG_MS);
    expect(effectsOf(pair.serverEffects, 'refused')).toMatchObject([{ check: 'timeout' }]);
    expect(pair.server.sizes()).toMatchObject({ halfOpen: 0, deadlines: 0 });
  });

  it('the server forgets its last flight in time', () => {
    const pair = new Pair();
    pair.client.connect(0);
    pair.run(10);
    expect(pair.server.sizes()).toMatchObject({ sessions: 1, lastFlights: 1, deadlines: 1 });
    pair.run(10 + DEFAULT_LIMITS.lastFlightMs);
    expect(pair.server.sizes()).toMatchObject({ sessions: 1, lastFlights: 0, deadlines: 0 });
  });
});
