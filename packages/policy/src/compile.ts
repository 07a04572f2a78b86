import { policySchema, type RegionLimit, type RuleDocument } from './document/policy-schema.ts';
import { readDocument } from './document/read.ts';
import type { PolicyError } from './document/schema.ts';
import { contentHash } from './hash.ts';
import type { CompiledPolicy, CompiledRule, Need, RuleKey } from './policy.ts';
import type { RegionShape } from './regions/shape.ts';
import { ATLAS_BAND, statesBorder } from './regions/us-states.ts';

/** A compiled policy, or everything that is wrong with its document, in the order of its lines. */
export type CompileResult = { ok: true; policy: CompiledPolicy } | { ok: false; errors: readonly PolicyError[] };

/** Compiles a policy document (YAML). Never throws. */
export function compilePolicy(yaml: string): CompileResult {
  const read = readDocument(yaml, policySchema);
  if (!read.ok) return read;
  const { apiVersion, id, mode, applies, rules } = read.value;
  return { ok: true, policy: { apiVersion, id, mode, applies, rules: rules.map(compileRule) } };
}

/** An error on one line: place, what is wrong, what was expected, and what was probably meant. */
export function formatPolicyError(error: PolicyError): string {
  const where = `line ${error.line}, column ${error.column}${error.key === '' ? '' : `, ${error.key}`}`;
  const meant = error.nearest === undefined ? '' : `; did you mean ${error.nearest}?`;
  return `${where}: ${error.message}; expected ${error.expected}${meant}`;
}

function compileRule({ id, respond, region, threshold, set, silence }: RuleDocument): CompiledRule {
  if (region) {
    const shapes = compileShapes(region);
    return {
      id,
      key: keyOf(id, { region, shapes }),
      kind: 'region',
      limit: region,
      shapes,
      needs: [observe(region)],
      respond,
    };
  }
  if (threshold) {
    return {
      id,
      key: keyOf(id, { threshold }),
      kind: 'threshold',
      limit: threshold,
      needs: [observe(threshold)],
      respond,
    };
  }
  if (set) return { id, key: keyOf(id, { set }), kind: 'set', limit: set, needs: [observe(set)], respond };
  if (silence) return { id, key: keyOf(id, { silence }), kind: 'silence', limit: silence, needs: [], respond };
  throw new Error('the schema lets no rule pass that watches nothing');
}

function observe({ path, maxAge }: Omit<Need, 'kind'>): Need {
  return { kind: 'observe', path, maxAge };
}

/** The responses are no part of the key: what follows a breach does not change what was counted. */
function keyOf(id: string, content: object): RuleKey {
  return contentHash(JSON.stringify([id, content])) as RuleKey;
}

/** The states of a rule become one area, so that the line between two of them is no border. */
function compileShapes({ in: regions, band }: RegionLimit): RegionShape[] {
  const codes = regions.flatMap((region) => ('code' in region ? region.code : []));
  const circles = regions.flatMap((region) => ('circle' in region ? region.circle : []));
  const shapes: RegionShape[] = circles.map(({ lat, lon, radius }) => ({
    kind: 'circle',
    band: band ?? 0,
    centre: { lat, lon },
    radius,
  }));
  if (codes.length > 0) shapes.unshift({ kind: 'area', band: band ?? ATLAS_BAND, borders: statesBorder(codes) });
  return shapes;
}
