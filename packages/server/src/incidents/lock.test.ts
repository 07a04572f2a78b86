import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuzzPlan } from '../../../../tooling/testing/fuzz.ts';
import type { CommandId } from '../ids.ts';
import { type LockEvent, type LockState, nextStep, pendingCommand, type Step, type Wish } from './lock.ts';

const NOW = 1_800_000_000_000;
const commandId = 'cmd-1' as CommandId;
const next = 'cmd-2' as CommandId;
const on: Wish = { locked: true, targets: [] };
const off: Wish = { locked: false, targets: [] };

/** The state after a step. */
function after(state: LockState, step: Step): LockState {
  if (step.kind === 'stay') return state;
  return step.kind === 'rest' ? step.state : step.waiting(next);
}

const touched = { remembered: 0, targets: [], commandId };
const states: Readonly<Record<string, LockState>> = {
  free: { kind: 'free' },
  remembering: { kind: 'remembering', commandId },
  targeting: { kind: 'targeting', ...touched },
  locking: { kind: 'locking', ...touched },
  proving: { kind: 'proving', ...touched },
  checking: { kind: 'checking', ...touched },
  locked: { kind: 'locked', remembered: 0, targets: [], provedAt: NOW },
  releasing: { kind: 'releasing', remembered: 0, commandId },
  confirming: { kind: 'confirming', remembered: 0, commandId },
  failed: { kind: 'failed', reason: 'no', remembered: 0 },
  'failed, nothing written': { kind: 'failed', reason: 'no' },
};

/** What the device says to the read of a state, if all is well. */
const saidIn: Readonly<Record<string, number>> = { remembering: 0, proving: 2, checking: 2, confirming: 0 };

describe('the table of lock states', () => {
  /** Where each event leads, with a wish for a lock and without; `-` stays. */
  const walk: readonly (readonly [state: string, ...leads: string[]])[] = [
    // state                     wish                       done                      failed                  retry
    ['free', 'remembering', '-', '-', '-', '-', '-', 'remembering', '-'],
    ['remembering', '-', '-', 'locking', 'free', 'failed', 'free', '-', '-'],
    ['targeting', '-', '-', 'locking', 'releasing', 'failed', 'releasing', '-', '-'],
    ['locking', '-', '-', 'proving', 'releasing', 'failed', 'releasing', '-', '-'],
    ['proving', '-', '-', 'checking', 'releasing', 'failed', 'releasing', '-', '-'],
    ['checking', '-', '-', 'locked', 'releasing', 'failed', 'releasing', '-', '-'],
    ['locked', '-', 'releasing', '-', '-', '-', '-', '-', '-'],
    ['releasing', '-', '-', 'locking', 'confirming', 'failed', 'failed', '-', '-'],
    ['confirming', '-', '-', 'locking', 'free', 'failed', 'failed', '-', '-'],
    ['failed', '-', 'releasing', '-', '-', '-', '-', 'locking', 'releasing'],
    ['failed, nothing written', '-', 'free', '-', '-', '-', '-', 'remembering', 'free'],
  ];

  it('has every state', () => {
    expect(walk.map(([name]) => name)).toEqual(Object.keys(states));
  });

  it.each(walk)('leads from %s', (name, ...leads) => {
    const state = states[name];
    if (!state) throw new Error('no such state');
    const events: readonly LockEvent[] = [
      { kind: 'wish' },
      { kind: 'done', value: saidIn[name] },
      { kind: 'failed', reason: 'no answer' },
      { kind: 'retry' },
    ];
    const before = structuredClone(state);
    const led = events.flatMap((event) =>
      [on, off].map((wish) => {
        const step = nextStep(state, wish, event, NOW);
        return step.kind === 'stay' ? '-' : after(state, step).kind;
      }),
    );
    expect(led).toEqual(leads);
    expect(state).toEqual(before);
  });
});

describe('each step', () => {
  const step = (state: LockState, wish: Wish, event: LockEvent) => nextStep(state, wish, event, NOW);
  const written = (path: string, value: number | string, at = path) => ({
    kind: 'write',
    mode: 'replace',
    path,
    values: [{ path: at, value }],
  });

  it('locks in full, or with targets in part', () => {
    const remembering: LockState = { kind: 'remembering', commandId };
    const full = step(remembering, on, { kind: 'done', value: 0 });
    expect(full).toMatchObject({ operation: written('/8/0/0', 2) });
    const cab: Wish = { locked: true, targets: ['cab'] };
    const targets = step(remembering, cab, { kind: 'done', value: 0 });
    expect(targets).toMatchObject({ operation: written('/8/0/1', 'cab', '/8/0/1/0') });
    const part = step(after(remembering, targets), cab, { kind: 'done' });
    expect(part).toMatchObject({ operation: written('/8/0/0', 1) });
  });

  it('goes back to what was remembered, be it a lock of somebody else', () => {
    for (const remembered of [0, 1, 2]) {
      const locked: LockState = { kind: 'locked', remembered, targets: [], provedAt: NOW };
      expect(step(locked, off, { kind: 'wish' })).toMatchObject({ operation: written('/8/0/0', remembered) });
      const confirming: LockState = { kind: 'confirming', remembered, commandId };
      expect(step(confirming, off, { kind: 'done', value: remembered })).toMatchObject({
        state: { kind: 'free', provedAt: NOW },
      });
      expect(step(confirming, off, { kind: 'done', value: (remembered + 1) % 3 })).toMatchObject({
        state: { kind: 'failed', remembered },
      });
    }
  });

  it('believes the device only', () => {
    const proving: LockState = { kind: 'proving', remembered: 0, targets: [], commandId };
    expect(step(proving, on, { kind: 'done', value: 0 })).toMatchObject({
      state: { kind: 'failed', reason: 'the device says lock state 0, not 2', remembered: 0 },
    });
    expect(step(proving, on, { kind: 'done' })).toMatchObject({
      state: { kind: 'failed', reason: 'the device says lock state nothing, not 2' },
    });
    const checking: LockState = { kind: 'checking', remembered: 0, targets: [], commandId };
    for (const value of [5, 6, 7, 8, undefined]) {
      expect(step(checking, on, { kind: 'done', value })).toMatchObject({ state: { kind: 'failed', remembered: 0 } });
    }
    expect(step({ kind: 'remembering', commandId }, on, { kind: 'done' })).toMatchObject({
      state: { kind: 'failed', reason: 'the device did not say its lock state' },
    });
  });

  it('starts anew when meanwhile more, or less, of the device is to be locked', () => {
    const cab = { remembered: 0, targets: ['cab'] };
    const locked: LockState = { kind: 'locked', ...cab, provedAt: NOW };
    expect(step(locked, on, { kind: 'wish' })).toMatchObject({ operation: written('/8/0/0', 2) });
    const proving: LockState = { kind: 'proving', ...cab, commandId };
    expect(step(proving, on, { kind: 'done', value: 1 })).toMatchObject({ operation: written('/8/0/0', 2) });
    const other: Wish = { locked: true, targets: ['trailer', 'cab'] };
    expect(step(locked, other, { kind: 'wish' })).toMatchObject({ operation: { path: '/8/0/1' } });
    expect(step(locked, { locked: true, targets: ['cab'] }, { kind: 'wish' })).toEqual({ kind: 'stay' });
  });
});

/** What happens to a lock and its device, in any order. */
const happening = fc.oneof(
  fc.record({ kind: fc.constant('wish'), locked: fc.boolean(), targets: fc.subarray(['cab', 'trailer']) }),
  fc.record({ kind: fc.constant('answer') }),
  fc.record({ kind: fc.constant('refuse') }),
  fc.record({ kind: fc.constant('lose answer') }),
  fc.record({ kind: fc.constant('ignore') }),
  fc.record({ kind: fc.constant('retry') }),
);

/** A device with object 8, and the commands that the lock sent to it. */
class Bench {
  readonly before: number;
  lock: number;
  state: LockState = { kind: 'free' };
  wish: Wish = off;
  pending: Extract<Step, { kind: 'command' }> | undefined;
  #commands = 0;

  constructor(before: number) {
    this.before = before;
    this.lock = before;
  }

  drive(event: LockEvent): void {
    const step = nextStep(this.state, this.wish, event, NOW);
    if (step.kind === 'stay') return;
    if (step.kind === 'rest') this.state = step.state;
    else {
      // Never two commands under way.
      expect(this.pending).toBeUndefined();
      this.pending = step;
      this.#commands += 1;
      this.state = step.waiting(`cmd-${this.#commands}` as CommandId);
    }
    if ('remembered' in this.state && this.state.remembered !== undefined) {
      expect(this.state.remembered).toBe(this.before);
    }
    if (this.state.kind === 'locked') expect(this.lock).toBe(this.wish.targets.length > 0 ? 1 : 2);
  }

  /** What the device does with the command under way, and what comes back. */
  act(obeys: boolean, answers: boolean): void {
    const { pending } = this;
    if (!pending) return;
    this.pending = undefined;
    const { operation } = pending;
    // A result that says how the device was locked has the same number as the lock state.
    const value = operation.kind === 'read' ? this.lock : undefined;
    const [first] = operation.kind === 'write' ? operation.values : [];
    if (obeys && first?.path === '/8/0/0') this.lock = Number(first.value);
    this.drive(answers ? { kind: 'done', value } : { kind: 'failed', reason: 'no answer' });
  }
}

describe('a lock in any weather', () => {
  it('ends as it is wished, or says why not', () => {
    const { seed, runs } = fuzzPlan('lock');
    fc.assert(
      fc.property(fc.nat(2), fc.array(happening, { maxLength: 40 }), (before, happenings) => {
        const bench = new Bench(before);
        for (const happens of happenings) {
          if ('locked' in happens) {
            bench.wish = { locked: happens.locked, targets: happens.locked ? happens.targets : [] };
            bench.drive({ kind: 'wish' });
          } else if (happens.kind === 'retry') bench.drive({ kind: 'retry' });
          else
            bench.act(
              happens.kind !== 'refuse' && happens.kind !== 'ignore',
              ['answer', 'ignore'].includes(happens.kind),
            );
          expect(pendingCommand(bench.state) !== undefined).toBe(bench.pending !== undefined);
          if (bench.state.kind === 'failed') expect(bench.state.reason).not.toBe('');
        }
        // From here on the device does as it is told, and registers again.
        for (let turn = 0; turn < 12; turn++) {
          bench.act(true, true);
          bench.drive({ kind: bench.state.kind === 'failed' ? 'retry' : 'wish' });
        }
        expect(bench.state.kind).toBe(bench.wish.locked ? 'locked' : 'free');
        if (!bench.wish.locked) expect(bench.lock).toBe(before);
      }),
      { seed, numRuns: Math.min(runs, 20_000) },
    );
  });
});
