import type { LwM2mPath } from '@reeve/lwm2m';
import type {
  Applies,
  PolicyResponse,
  RegionLimit,
  SetLimit,
  SilenceLimit,
  ThresholdLimit,
} from './document/policy-schema.ts';
import type { RegionShape } from './regions/shape.ts';
import type { Millis } from './units.ts';

declare const ruleKey: unique symbol;
/** Names a rule by its content: the same over versions of its policy for as long as the rule says the same. */
export type RuleKey = string & { readonly [ruleKey]: true };

/** A value that a rule has to be fed with. */
export interface Need {
  readonly kind: 'observe';
  /** What to observe: an object instance or a resource. One notification of it is one sample. */
  readonly path: LwM2mPath;
  /** Older than this the value is worth nothing: it has to be asked for again before then. */
  readonly maxAge: Millis;
}

interface RuleBase {
  readonly id: string;
  readonly key: RuleKey;
  readonly needs: readonly Need[];
  readonly respond: readonly PolicyResponse[];
}

export interface RegionRule extends RuleBase {
  readonly kind: 'region';
  readonly limit: RegionLimit;
  /** The geometry of `limit.in` as it was when the policy was compiled. */
  readonly shapes: readonly RegionShape[];
}

export interface ThresholdRule extends RuleBase {
  readonly kind: 'threshold';
  readonly limit: ThresholdLimit;
}

export interface SetRule extends RuleBase {
  readonly kind: 'set';
  readonly limit: SetLimit;
}

export interface SilenceRule extends RuleBase {
  readonly kind: 'silence';
  readonly limit: SilenceLimit;
}

/** A rule that is ready to be evaluated. Plain JSON: it can be stored, and needs nothing but itself later. */
export type CompiledRule = RegionRule | ThresholdRule | SetRule | SilenceRule;

/** A policy that is ready to be evaluated. Plain JSON. */
export interface CompiledPolicy {
  readonly apiVersion: 'reeve/v1';
  readonly id: string;
  /** `monitor` only tells; `enforce` lets the rules' responses act. */
  readonly mode: 'monitor' | 'enforce';
  readonly applies: Applies;
  readonly rules: readonly CompiledRule[];
}
