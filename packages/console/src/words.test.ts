import { describe, expect, it } from 'vitest';
import { conditionOf, describeOperation, explainRule } from './words.ts';

const awake: Parameters<typeof conditionOf>[0] = {
  lock: { state: 'unlocked', holders: [] },
  openIncidents: 0,
  presence: { state: 'awake' },
  ruleState: 'ok',
};

describe('the condition of a device', () => {
  it('is ok only if it is in contact and its rules are kept', () => {
    expect(conditionOf(awake)).toBe('ok');
    expect(conditionOf({ ...awake, presence: { state: 'asleep' } })).toBe('ok');
  });

  it('is never ok without rules, without contact or without values', () => {
    const { ruleState: _, ...unpoliced } = awake;
    expect(conditionOf(unpoliced)).toBe('unpoliced');
    for (const state of ['never', 'overdue', 'expired', 'deregistered'] as const)
      expect(conditionOf({ ...awake, presence: { state } })).toBe('overdue');
    expect(conditionOf({ ...awake, ruleState: 'waiting' })).toBe('waiting');
    expect(conditionOf({ ...awake, ruleState: 'cannot-evaluate' })).toBe('cannot-evaluate');
  });

  it('puts a lock before a breach, and a breach before silence', () => {
    const silent = { ...awake, openIncidents: 1, presence: { state: 'overdue' } } as const;
    expect(conditionOf(silent)).toBe('breached');
    expect(conditionOf({ ...silent, lock: { state: 'locked', holders: [] } })).toBe('locked');
  });
});

describe('a rule in words', () => {
  it('says why it cannot be evaluated', () => {
    expect(explainRule({ state: 'cannot-evaluate', reason: 'the last sample is too old' })).toBe(
      'Cannot evaluate because the last sample is too old',
    );
    expect(explainRule({ state: 'cannot-evaluate', reason: 'blind since 12:03:04' })).toBe('Blind since 12:03:04');
  });

  it('does not call a rule without a value kept', () => {
    expect(explainRule({ state: 'waiting' })).toBe('No value has arrived yet');
  });
});

describe('an operation in words', () => {
  it('names path, values and arguments', () => {
    expect(describeOperation({ kind: 'read', path: '/3/0/9' })).toBe('Read /3/0/9');
    expect(describeOperation({ kind: 'execute', path: '/3/0/4', arguments: '0=1' })).toBe('Execute /3/0/4 (0=1)');
    expect(
      describeOperation({ kind: 'write', mode: 'replace', path: '/8/0/0', values: [{ path: '/8/0/0', value: 1 }] }),
    ).toBe('Write /8/0/0 = 1');
  });
});
