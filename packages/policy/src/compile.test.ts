import { describe, expect, it } from 'vitest';
import { compilePolicy } from './compile.ts';
import { policyText, ruleOf } from './testing.ts';

const VALID = policyText(
  '{id: state, region: {path: /6/0, in: [US-DC, {circle: {lat: 37.77, lon: -122.42, radius: 5km}}], fixes: 2}}',
  '{id: battery, threshold: {path: /3/0/9, below: 20, clearAbove: 25, for: 5m, samples: 2}}',
  '{id: firmware, set: {path: /3/0/3, in: ["1.2.3", 1.10]}, respond: [alarm, {lock: {maxFor: 24h}}]}',
  '{id: quiet, silence: {after: 15m}}',
);

describe('a policy document', () => {
  it('compiles to plain JSON with defaults filled in', () => {
    const result = compilePolicy(VALID);
    expect(result.ok && JSON.parse(JSON.stringify(result.policy))).toEqual(result.ok && result.policy);
    expect(result).toMatchObject({
      ok: true,
      policy: {
        apiVersion: 'reeve/v1',
        id: 'test',
        mode: 'monitor',
        applies: {},
        rules: [
          { id: 'state', kind: 'region', limit: { fixes: 2, clearFixes: 2, maxAge: 3_600_000 }, respond: ['alarm'] },
          { id: 'battery', kind: 'threshold', limit: { below: 20, clearAbove: 25, for: 300_000, samples: 2 } },
          { id: 'firmware', kind: 'set', respond: ['alarm', { lock: { maxFor: 86_400_000 } }] },
          { id: 'quiet', kind: 'silence', limit: { after: 900_000 }, needs: [] },
        ],
      },
    });
  });

  it('says what each rule needs to be fed with, and how fresh', () => {
    const result = compilePolicy(VALID);
    expect(result.ok && result.policy.rules.map(({ needs }) => needs)).toEqual([
      [{ kind: 'observe', path: '/6/0', maxAge: 3_600_000 }],
      [{ kind: 'observe', path: '/3/0/9', maxAge: 3_600_000 }],
      [{ kind: 'observe', path: '/3/0/3', maxAge: 86_400_000 }],
      [],
    ]);
  });

  it('takes allowed values as they are written: 1.10 is not 1.1', () => {
    expect(ruleOf('{id: a, set: {path: /3/0/3, in: [1.10, 0x1F, true]}}').limit).toMatchObject({
      in: ['1.10', '0x1F', 'true'],
    });
  });

  it('carries its geometry, with a band for the state lines and none for a circle', () => {
    const rule = ruleOf('{id: a, region: {path: /6/0, in: [Nevada, {circle: {lat: 1, lon: 2, radius: 5km}}]}}');
    expect(rule.kind === 'region' && rule.shapes).toMatchObject([
      { kind: 'area', band: 500 },
      { kind: 'circle', band: 0, centre: { lat: 1, lon: 2 }, radius: 5_000 },
    ]);
  });

  it('keeps its rule keys while the rules say the same', () => {
    const key = (text: string) => ruleOf(text).key;
    const battery = '{id: a, threshold: {path: /3/0/9, below: 20}}';
    expect(key('{threshold: {below: 20.0, path: /3/0/9, for: 0s}, respond: [alarm, {lock: {}}], id: a}')).toBe(
      key(battery),
    );
    expect(key(battery.replace('20', '21'))).not.toBe(key(battery));
    expect(key(battery.replace('id: a', 'id: b'))).not.toBe(key(battery));
  });
});
