import { compilePolicy } from './compile.ts';
import { type Evaluation, evaluate } from './evaluator/evaluate.ts';
import type { Input, Sample } from './evaluator/input.ts';
import type { RuleState } from './evaluator/state.ts';
import type { CompiledRule } from './policy.ts';
import type { Millis } from './units.ts';

/** A moment for tests: 2026-06-01T00:00:00Z. */
export const START: Millis = Date.UTC(2026, 5, 1);

/** Places whose side of the state line is known. */
export const PLACES = {
  truckee: { lat: 39.328, lon: -120.183 },
  reno: { lat: 39.529, lon: -119.813 },
  stateline: { lat: 38.9606, lon: -119.9403 },
} as const;

/** The document of a policy with these rules, each a YAML flow map. */
export function policyText(...rules: string[]): string {
  const head = 'apiVersion: reeve/v1\nkind: Policy\nid: test\napplies: {}\nrules:\n';
  return head + rules.map((rule) => `  - ${rule}\n`).join('');
}

/** Compiles one rule; fails the test when it does not compile. */
export function ruleOf(text: string): CompiledRule {
  const result = compilePolicy(policyText(text));
  const rule = result.ok ? result.policy.rules[0] : undefined;
  if (!rule) throw new Error(`does not compile: ${JSON.stringify(result)}`);
  return rule;
}

/** One rule on one device, fed in virtual time; its state goes through JSON at every step, as in a store. */
export class Watched {
  readonly rule: CompiledRule;
  state: RuleState | undefined;
  now = START;

  constructor(text: string) {
    this.rule = ruleOf(text);
  }

  /** Feeds an input `after` milliseconds later. */
  feed(input: Input, after: Millis = 0): Evaluation {
    this.now += after;
    const stored = this.state && JSON.parse(JSON.stringify(this.state));
    const evaluation = evaluate(this.rule, stored, input, this.now);
    this.state = evaluation.state;
    return evaluation;
  }

  /** A fix measured when it arrives, or `age` earlier. */
  fix(place: { lat: number; lon: number }, after: Millis = 0, age: Millis = 0): Evaluation {
    return this.feed(fixAt(place, this.now + after, this.now + after - age), after);
  }

  /** A value of the resource that the rule watches. */
  value(value: Sample['values'][string], after: Millis = 0): Evaluation {
    const path = this.rule.needs[0]?.path ?? '/';
    return this.feed({ kind: 'sample', path, values: { [path]: value }, receivedAt: this.now + after }, after);
  }

  tick(after: Millis = 0): Evaluation {
    return this.feed({ kind: 'tick' }, after);
  }
}

/** A notification of `/6/0`; without `observedAt` it carries no timestamp. */
export function fixAt({ lat, lon }: { lat: number; lon: number }, receivedAt: Millis, observedAt?: Millis): Sample {
  const timestamp = observedAt === undefined ? {} : { '/6/0/5': observedAt / 1_000 };
  return { kind: 'sample', path: '/6/0', values: { '/6/0/0': lat, '/6/0/1': lon, ...timestamp }, receivedAt };
}

/** What an evaluation found, by kind. */
export function kinds({ findings }: Evaluation): string[] {
  return findings.map(({ kind }) => kind);
}
