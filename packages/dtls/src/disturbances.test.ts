/**
 * Every kind of handshake over a network that treats any one datagram ill, and any two, in virtual time. Two losses
 * never outlast the retransmissions: both sides are established, once. Where a side has less patience it may fail, but
 * it never waits for ever, keeps nothing, and the next attempt succeeds.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { effectsOf, type Pair, type PairOptions } from './testing.ts';
import {
  converses,
  datagramsOf,
  disturbed,
  FATES,
  LONG_MS,
  leftovers,
  type Outcomes,
  recovers,
  remembered,
  type Schedule,
  shakeHands,
} from './testing-disturbance.ts';
import { MODES, type Mode, pairOf } from './testing-modes.ts';

/** One datagram alone is treated ill in more ways: copies and delays as long as retransmissions, and longer. */
const FATES_OF_ONE = [[], [1, 1], [1, 3], [1, 1_500], [1, 20_000], [1.5], [2.5], [3.5], [500], [1_500], [5_000]];
const FATES_OF_TWO = Object.values(FATES);
/** So many retransmitted datagrams are treated ill, too. */
const RETRANSMITTED = 2;

/** Octets of small datagrams; and how many of them a handshake may take, for the number of pairs is the square of it. */
const SMALL_MTUS = [80, 120, 200, 300];
const MANY_DATAGRAMS = 14;

/** As many datagrams as can be tried in pairs. */
function fragmented(mode: Mode): PairOptions {
  const fitting = SMALL_MTUS.find((mtu) => datagramsOf(mode, { shared: { mtu } }) <= MANY_DATAGRAMS);
  if (fitting === undefined) throw new Error(`too many datagrams: ${mode.name}`);
  return { shared: { mtu: fitting } };
}

const SHAPES: readonly [string, (mode: Mode) => PairOptions][] = [
  ['whole messages', () => ({})],
  ['small datagrams', fragmented],
  ['answers that take longer than a retransmission', () => ({ lookupMs: 1_300, computeMs: 600 })],
];

const ESTABLISHED: Outcomes = { client: 'established', server: 'established' };

function* singles(count: number): Generator<Schedule> {
  for (let index = 0; index < count; index++) {
    for (const fate of FATES_OF_ONE) yield new Map([[index, fate]]);
  }
}

function* pairs(count: number, fates: readonly (readonly number[])[]): Generator<Schedule> {
  for (let first = 0; first < count; first++) {
    for (let second = first + 1; second < count; second++) {
      for (const one of fates) {
        for (const other of fates) {
          yield new Map([
            [first, one],
            [second, other],
          ]);
        }
      }
    }
  }
}

const told = (schedule: Schedule): string =>
  [...schedule]
    .map(([index, fate]) => `datagram ${index} ${fate.length > 0 ? `at +${fate.join(', +')} ms` : 'lost'}`)
    .join('; ');

let schedules = 0;
afterAll(() => console.info(`dtls: ${schedules} schedules of disturbances`));

describe.each(MODES)('a handshake with $name', (mode) => {
  describe.each(SHAPES)('and %s', (_, shape) => {
    const options = { ...shape(mode), ...remembered() };
    const count = datagramsOf(mode, options) + RETRANSMITTED;

    const survive = (schedule: Schedule): Pair => {
      schedules++;
      const { pair, outcomes } = shakeHands(mode, options, disturbed(schedule));
      const left = leftovers(pair);
      const ok = converses(pair);
      expect({ ...outcomes, left, ok }, told(schedule)).toEqual({ ...ESTABLISHED, left: [], ok: true });
      return pair;
    };

    it('survives whatever happens to one datagram, and so does the next one', () => {
      for (const schedule of singles(count)) expect(recovers(survive(schedule)), told(schedule)).toBe(true);
    });

    it('survives whatever happens to any two', () => {
      for (const schedule of pairs(count, FATES_OF_TWO)) survive(schedule);
    });
  });

  it('ends when the client gets no answers from its own caller', () => {
    const pair = pairOf(mode, remembered());
    pair.client.computed = () => undefined;
    pair.client.peerFound = () => undefined;
    pair.client.connect(pair.now);
    pair.run(pair.now + LONG_MS);
    const asked = effectsOf(pair.clientEffects, 'compute').length + effectsOf(pair.clientEffects, 'findPeer').length;
    expect(leftovers(pair)).toEqual([]);
    expect(effectsOf(pair.clientEffects, 'refused')).toHaveLength(asked);
    expect(effectsOf(pair.clientEffects, 'established')).toHaveLength(1 - asked);
  });

  it('ends one way or the other when the sides have little patience', () => {
    const options = { shared: { retransmit: { attempts: 1 } }, ...remembered() };
    const count = datagramsOf(mode, options) + RETRANSMITTED;
    const seen = new Set<string>();
    for (const schedule of pairs(count, [FATES.lost, FATES.late])) {
      schedules++;
      const { pair, outcomes } = shakeHands(mode, options, disturbed(schedule));
      const { client, server } = outcomes;
      seen.add(client).add(server);
      expect(leftovers(pair), told(schedule)).toEqual([]);
      expect(['established', 'failed'], told(schedule)).toContain(client);
      // Whoever ends its handshake last knows that the other has ended it.
      const [last, other] = mode.resumed ? [server, client] : [client, server];
      if (last === 'established') expect(other, told(schedule)).toBe('established');
      expect(recovers(pair), told(schedule)).toBe(true);
    }
    expect(seen).toContain('established');
    expect(seen).toContain('failed');
    expect(seen).not.toContain('both');
  });
});
