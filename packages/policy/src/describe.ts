import { DefinitionStore, type LwM2mPath, segments } from '@reeve/lwm2m';
import type { RegionLimit, ThresholdLimit } from './document/policy-schema.ts';
import type { CompiledRule, RegionRule } from './policy.ts';
import { formatDistance, formatSpan } from './units.ts';

const LISTED_VALUES = 5;
const definitions = new DefinitionStore();

/** What a rule demands of a device, as the rest of a sentence: `must stay in California (500 m band)`. */
export function describeRule(rule: CompiledRule): string {
  switch (rule.kind) {
    case 'region':
      return `must stay ${describeRegions(rule.limit)}${describeBand(rule)}`;
    case 'threshold':
      return `${describePath(rule.limit.path)} must not be ${describeLimit(rule.limit)}${describePatience(rule.limit)}`;
    case 'set':
      return rule.limit.in === undefined
        ? `${describePath(rule.limit.path)} must not be ${describeValues(rule.limit.notIn ?? [])}`
        : `${describePath(rule.limit.path)} must be ${describeValues(rule.limit.in)}`;
    case 'silence':
      return `must be heard from at least every ${formatSpan(rule.limit.after)}`;
  }
}

/** A resource by its name, if it is known: `Battery Level (/3/0/9)`. */
function describePath(path: LwM2mPath): string {
  const [objectId, , resourceId] = segments(path);
  const known =
    objectId === undefined || resourceId === undefined ? undefined : definitions.resource(objectId, resourceId);
  return known === undefined ? path : `${known.name} (${path})`;
}

/** `below 20` or `above 70`. */
export function describeLimit({ below, above }: ThresholdLimit): string {
  return below !== undefined ? `below ${below}` : `above ${above}`;
}

/** A position for people, with a true minus sign. */
export function formatPosition({ lat, lon }: { lat: number; lon: number }): string {
  return [lat, lon].map((degrees) => String(Number(degrees.toFixed(5))).replace('-', '−')).join(', ');
}

function describeRegions({ in: regions }: RegionLimit): string {
  return regions
    .map((region) =>
      'circle' in region
        ? `within ${formatDistance(region.circle.radius)} of ${formatPosition(region.circle)}`
        : `in ${region.name}`,
    )
    .join(' or ');
}

function describeBand({ shapes }: RegionRule): string {
  const widest = Math.max(...shapes.map(({ band }) => band));
  return widest > 0 ? ` (${formatDistance(widest)} band)` : '';
}

function describePatience({ for: duration, samples }: ThresholdLimit): string {
  const parts = [duration > 0 && `for ${formatSpan(duration)}`, samples > 1 && `in ${samples} samples in a row`];
  const said = parts.filter((part) => part !== false);
  return said.length === 0 ? '' : ` ${said.join(' and ')}`;
}

function describeValues(values: readonly string[]): string {
  const listed = values.slice(0, LISTED_VALUES);
  const more = values.length - listed.length;
  return more > 0 ? `${listed.join(', ')} or one of ${more} more` : listed.join(' or ');
}
