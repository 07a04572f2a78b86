import { describe, expect, it } from 'vitest';
import { lacks, matches } from './applies.ts';
import { compilePolicy } from './compile.ts';
import { policyText } from './testing.ts';

function policyFor(applies: string, ...rules: string[]) {
  const text = policyText(...(rules.length === 0 ? ['{id: quiet, silence: {after: 1h}}'] : rules));
  const result = compilePolicy(text.replace('applies: {}', `applies: ${applies}`));
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.policy;
}

const truck = { labels: { fleet: 'trucks', depot: 'west' }, model: 'Truck', site: 'oakland', owner: 'ann' };

describe('the devices that a policy is for', () => {
  it.each([
    ['{}', true],
    ['{labels: {fleet: trucks}}', true],
    ['{labels: {fleet: trucks}, model: Truck}', true],
    ['{labels: {fleet: trucks, depot: west}, site: oakland, owner: ann}', true],
    ['{labels: {fleet: [meters, trucks]}}', true],
    ['{labels: {fleet: meters}}', false],
    ['{labels: {fleet: trucks, depot: east}}', false],
    ['{labels: {fleet: trucks}, model: Meter}', false],
    ['{manufacturer: Acme}', false],
    ['{labels: {toString: x}}', false],
    ['{model: truck}', false],
  ])('%s selects a truck of the western depot: %s', (applies, selected) => {
    expect(matches(policyFor(applies).applies, truck)).toBe(selected);
  });
});

describe('what a device lacks', () => {
  const policy = policyFor(
    '{}',
    '{id: state, region: {path: /6/0, in: [US-CA]}, respond: [{lock: {}}]}',
    '{id: battery, threshold: {path: /3/0/9, below: 20}}',
    '{id: firmware, set: {path: /3/0/3, in: ["1"]}, respond: [alarm, {lock: {}}]}',
  );
  const all = [3, 6, 8].map((objectId) => ({ objectId, instances: [0] }));

  it('is nothing when every object is there', () => {
    expect(lacks(policy, all)).toEqual([]);
    expect(
      lacks(
        policy,
        all.map(({ objectId }) => ({ objectId, instances: [] })),
      ),
    ).toEqual([]);
  });

  it('is said once for all rules that need it', () => {
    expect(lacks(policy, [{ objectId: 3, instances: [0] }])).toEqual([
      'no /6/0, needed by state',
      'no /8/0, needed by state and firmware',
    ]);
    expect(lacks(policy, [...all.slice(1), { objectId: 3, instances: [1] }])).toEqual([
      'no /3/0, needed by battery and firmware',
    ]);
  });
});
