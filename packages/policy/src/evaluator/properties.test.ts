import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.ts';
import type { CompiledRule } from '../policy.ts';
import { PLACES, ruleOf, START } from '../testing.ts';
import { evaluate } from './evaluate.ts';
import type { Input } from './input.ts';
import { type RuleState, readState, statusOf } from './state.ts';

const RULES: readonly CompiledRule[] = [
  '{id: a, region: {path: /6/0, in: [US-NV, {circle: {lat: 39.3, lon: -120.2, radius: 5km}}], fixes: 3, maxAge: 20m}}',
  '{id: b, threshold: {path: /3/0/9, below: 20, clearAbove: 25, for: 5m, samples: 2, maxAge: 30m}}',
  '{id: c, set: {path: /3/0/3, in: ["1.2.3", 3], maxAge: 15m}}',
  '{id: d, silence: {after: 10m}}',
].map(ruleOf);

const MINUTES = 60_000;
const lag = fc.integer({ min: -10 * MINUTES, max: 20 * MINUTES });
const anyNumber = fc.oneof(fc.constantFrom(19, 20, 25, 26, 3), fc.double(), fc.bigInt());
const anyValue = fc.oneof(anyNumber, fc.boolean(), fc.constantFrom('1.2.3', '', '\u0000'.repeat(500)), fc.string());
const place = fc.oneof(
  fc.constantFrom(...Object.values(PLACES)),
  fc.record({ lat: fc.double({ min: -91, max: 91 }), lon: fc.double({ min: -181, max: 181 }) }),
);

/** An input as a function of the time at which it comes. */
const input: fc.Arbitrary<(now: number) => Input> = fc.oneof(
  fc
    .record({ lag, place, radius: anyNumber, seconds: fc.option(anyNumber), timed: fc.boolean() })
    .map((fix) => (now: number) => ({
      kind: 'sample' as const,
      path: '/6/0',
      values: {
        '/6/0/0': fix.place.lat,
        '/6/0/1': fix.place.lon,
        '/6/0/3': fix.radius,
        ...(fix.timed ? { '/6/0/5': fix.seconds ?? (now - fix.lag) / 1_000 } : {}),
      },
      receivedAt: now,
    })),
  fc
    .record({
      path: fc.constantFrom('/3', '/3/0', '/3/0/9', '/3/0/3'),
      value: anyValue,
      text: anyValue,
      lag: fc.option(lag),
    })
    .map(({ path, value, text, lag: age }) => (now: number) => ({
      kind: 'sample' as const,
      path,
      values: { '/3/0/9': value, '/3/0/3': text },
      receivedAt: now,
      ...(age === null ? {} : { observedAt: now - age }),
    })),
  fc.constantFrom('missing', 'refused', 'overdue', 'new-session', 'truncated').map((reason) => () => ({
    kind: 'blind' as const,
    reason: reason as 'missing',
  })),
  lag.map((ago) => (now: number) => ({ kind: 'contact' as const, at: now - Math.max(0, ago) })),
  fc.constant(() => ({ kind: 'tick' as const })),
);

const story = fc.array(fc.record({ after: fc.integer({ min: 0, max: 12 * MINUTES }), input }), { maxLength: 40 });

interface Step {
  readonly state: RuleState;
  readonly found: string[];
}

/** Plays a story; between two inputs the state goes through `keep`. */
function play(
  rule: CompiledRule,
  steps: readonly { after: number; input: (now: number) => Input }[],
  keep: (state: RuleState) => RuleState | undefined,
): Step[] {
  let now = START;
  let state: RuleState | undefined;
  return steps.map((step) => {
    now += step.after;
    const evaluation = evaluate(rule, state, step.input(now), now);
    state = keep(evaluation.state);
    if (evaluation.wakeAt !== undefined) expect(evaluation.wakeAt).toBeGreaterThan(now);
    return {
      state: evaluation.state,
      found: evaluation.findings.map(({ kind, evidence }) => `${kind}: ${evidence.text}`),
    };
  });
}

describe.each(RULES.map((rule) => [rule.kind, rule] as const))('any story of a rule on %s', (_kind, rule) => {
  it('gives the same states and findings again, also when each state went through a store', () => {
    fc.assert(
      fc.property(story, (steps) => {
        const live = play(rule, steps, (state) => state);
        const stored = play(rule, steps, (state) => readState(rule, JSON.parse(JSON.stringify(state))));
        expect(JSON.stringify(stored)).toBe(JSON.stringify(live));
      }),
    );
  });

  it('keeps its state small', () => {
    fc.assert(
      fc.property(story, (steps) => {
        for (const { state } of play(rule, steps, (state) => state)) {
          expect(new TextEncoder().encode(JSON.stringify(state)).length).toBeLessThanOrEqual(LIMITS.stateBytes);
        }
      }),
    );
  });

  it('tells of breach and clearing, and of not seeing and seeing, in turns', () => {
    fc.assert(
      fc.property(story, (steps) => {
        const found = play(rule, steps, (state) => state).flatMap((step) =>
          step.found.map((text) => text.split(':')[0]),
        );
        const verdicts = found.filter((kind) => kind === 'breached' || kind === 'cleared');
        const sights = found.filter((kind) => kind === 'cannot-evaluate' || kind === 'evaluable-again');
        verdicts.forEach((kind, index) => void expect(kind).toBe(index % 2 === 0 ? 'breached' : 'cleared'));
        sights.forEach(
          (kind, index) => void expect(kind).toBe(index % 2 === 0 ? 'cannot-evaluate' : 'evaluable-again'),
        );
      }),
    );
  });

  it('is never shown as ok without a value that is new enough', () => {
    fc.assert(
      fc.property(story, (steps) => {
        let now = START;
        play(rule, steps, (state) => state).forEach(({ state }, index) => {
          now += steps[index]?.after ?? 0;
          if (statusOf(state).state !== 'ok') return;
          const heard = rule.kind === 'silence' ? state.heardAt : state.last?.receivedAt;
          const longest = rule.kind === 'silence' ? rule.limit.after : rule.limit.maxAge;
          expect(heard).toBeDefined();
          expect(now - (heard ?? 0)).toBeLessThan(longest);
        });
      }),
    );
  });

  it('makes a second tick at the same time do nothing', () => {
    fc.assert(
      fc.property(story, (steps) => {
        const twice = steps.flatMap((step) => [step, { after: 0, input: () => ({ kind: 'tick' as const }) }]);
        play(rule, twice, (state) => state).forEach(({ found }, index) => {
          if (index % 2 === 1) expect(found).toEqual([]);
        });
      }),
    );
  });
});

describe('a stored state', () => {
  const rule = ruleOf('{id: a, silence: {after: 10m}}');
  const { state } = evaluate(rule, undefined, { kind: 'tick' }, START);

  it.each([null, 1, 'x', [], {}, { ...state, v: 2 }, { ...state, key: 'other' }])(
    '%j is not taken for this rule',
    (stored) => {
      expect(readState(rule, stored)).toBeUndefined();
    },
  );

  it('is taken when it is of this rule and version', () => {
    expect(readState(rule, JSON.parse(JSON.stringify(state)))).toEqual(state);
  });
});
