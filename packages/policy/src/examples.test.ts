import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compilePolicy } from './compile.ts';

const FOLDER = new URL('../../../examples/policies/', import.meta.url);
const examples = readdirSync(FOLDER).map((file) => ({ file, yaml: readFileSync(new URL(file, FOLDER), 'utf8') }));

describe('the examples', () => {
  it.each(examples)('$file compiles', ({ yaml }) => {
    expect(compilePolicy(yaml)).toMatchObject({ ok: true });
  });

  it('show every kind of rule, and both modes', () => {
    const policies = examples.flatMap(({ yaml }) => {
      const result = compilePolicy(yaml);
      return result.ok ? [result.policy] : [];
    });
    const rules = policies.flatMap((policy) => policy.rules);
    expect(new Set(rules.map(({ kind }) => kind))).toEqual(new Set(['region', 'threshold', 'set', 'silence']));
    expect(new Set(policies.map(({ mode }) => mode))).toEqual(new Set(['monitor', 'enforce']));
    for (const { mode, rules: own } of policies) {
      if (own.some(({ respond }) => respond.some((response) => response !== 'alarm'))) expect(mode).toBe('enforce');
    }
    expect(new Set(policies.map(({ id }) => id)).size).toBe(policies.length);
  });
});
