import { describe, expect, it } from 'vitest';
import { conditionOf, describeEvidence, describeOperation, describeReceipt, explainRule } from './words.ts';

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
  const now = Date.UTC(2026, 10, 23, 12);
  const since = now - 60_000;

  it('says since when and why it cannot be evaluated', () => {
    const text = explainRule({ state: 'cannot-evaluate', since, reason: 'the last value is too old' }, now);
    expect(text).toMatch(/^Cannot evaluate since \d\d:59:00 because the last value is too old$/);
  });

  it('says since when it is blind, and never calls that kept', () => {
    expect(explainRule({ state: 'waiting', since, reason: 'the value is overdue' }, now)).toMatch(
      /^Blind since \d\d:59:00: the value is overdue$/,
    );
    expect(explainRule({ state: 'waiting' }, now)).toBe('Blind: no value yet');
  });

  it('keeps a doubt beside a breach or an ok', () => {
    expect(explainRule({ state: 'breached', reason: 'no value yet' }, now)).toBe('Broken; no value yet');
    expect(explainRule({ state: 'ok' }, now)).toBe('Kept');
  });
});

describe('evidence in words', () => {
  it('leaves out the rule that stands beside it', () => {
    const text = 'must stay in California; it was 16 km outside';
    expect(describeEvidence({ text }, 'must stay in California')).toBe('it was 16 km outside');
    expect(describeEvidence({ text }, 'must stay in Nevada')).toBe(text);
  });
});

describe('a receipt in words', () => {
  it('names its step once', () => {
    expect(describeReceipt({ step: 'answered', text: 'answered 2.05' })).toBe('answered 2.05');
    expect(describeReceipt({ step: 'queued', text: "until the device's next contact" })).toBe(
      "queued until the device's next contact",
    );
    expect(describeReceipt({ step: 'sent', text: '' })).toBe('sent');
  });
});

describe('an operation in words', () => {
  it('names path, values and arguments', () => {
    expect(describeOperation({ kind: 'read', path: '/3/0/9' })).toBe('Read /3/0/9');
    expect(describeOperation({ kind: 'execute', path: '/3/0/4', arguments: '0=1' })).toBe('Execute /3/0/4 (0=1)');
    const values = [
      { path: '/3/0/14', value: '+02:00' },
      { path: '/3/0/6/1', value: null },
    ];
    expect(describeOperation({ kind: 'write-composite', values })).toBe('Write /3/0/14 = "+02:00", no /3/0/6/1');
    expect(
      describeOperation({ kind: 'write', mode: 'replace', path: '/8/0/0', values: [{ path: '/8/0/0', value: 1 }] }),
    ).toBe('Write /8/0/0 = 1');
  });
});
