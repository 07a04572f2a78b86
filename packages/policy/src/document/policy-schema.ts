import { type LwM2mPath, level, PathLevel, parsePath, segments } from '@reeve/lwm2m';
import { LIMITS } from '../limits.ts';
import { findState, regionNames } from '../regions/us-states.ts';
import { type Millis, parseDistance, parseDuration, type Quantity } from '../units.ts';
import { nearestWord } from './nearest.ts';
import { type Contradiction, object, optional, record, required, withDefault } from './object.ts';
import { either, type Infer, integer, list, number, oneOrMore, scalar, text, word } from './schema.ts';

const SECOND: Millis = 1_000;
const HOUR: Millis = 3_600_000;
const DAY: Millis = 24 * HOUR;

const LOCATION_OBJECT = 6;

/** Values that a document need not write. */
const DEFAULTS = {
  mode: 'monitor',
  fixes: 2,
  clearFixes: 2,
  for: 0,
  samples: 1,
  /** How old the newest position or number may get before its rule can't be evaluated. */
  maxAge: HOUR,
  /** The same for values that seldom change, such as a firmware version. */
  slowMaxAge: DAY,
  lockFor: DAY,
} as const;

const name = text(
  'a name of at most 63 letters, digits, dots, dashes and underscores',
  /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/,
);
const anyText = text(`text of at most ${LIMITS.textLength} characters`);

function duration(min: Millis, max: Millis, range: string) {
  return quantity(parseDuration, min, max, `a duration such as 90s, 15m, 24h or 1d, ${range}`);
}

const length = quantity(parseDistance, 0, 100_000, 'a distance such as 500m or 5km, at most 100km');
const radius = quantity(parseDistance, 1, 20_000_000, 'a distance such as 500m or 5km');
const maxAge = duration(SECOND, 366 * DAY, 'from 1s to 366d');

function quantity(parse: (written: string) => Quantity, min: number, max: number, expected: string) {
  return scalar(expected, (written) => {
    const result = parse(written);
    return result.ok && (result.value < min || result.value > max) ? { ok: false } : result;
  });
}

const count = integer(1, LIMITS.count);

const resource = pathOf('the path of a resource, such as /3/0/9', (path) => level(path) >= PathLevel.resource);
const location = pathOf(
  'an instance of the Location object, such as /6/0',
  (path) => level(path) === PathLevel.instance && segments(path)[0] === LOCATION_OBJECT,
);

function pathOf(expected: string, fits: (path: LwM2mPath) => boolean) {
  return scalar(expected, (written) => {
    const path = parsePath(written);
    if (path !== undefined && fits(path)) return { ok: true, value: path };
    const meant = parsePath(`/${written.replace(/^\/|\/$/g, '')}`);
    return { ok: false, nearest: meant !== path && meant !== undefined && fits(meant) ? meant : undefined };
  });
}

const state = scalar('a US state by ISO code or name, such as US-CA or California', (written) => {
  const value = findState(written);
  if (value) return { ok: true, value: { kind: 'state' as const, ...value } };
  const known = regionNames();
  const byCode = known.find(({ code }) => code === `US-${written.toUpperCase()}`)?.code;
  return {
    ok: false,
    nearest:
      byCode ??
      nearestWord(
        written,
        known.flatMap(({ code, name }) => [code, name]),
      ),
  };
});

const circle = object('{circle: {lat, lon, radius}}', {
  circle: required(
    object('{lat: 37.77, lon: -122.42, radius: 5km}', {
      lat: required(number(-90, 90, 'a latitude in degrees, −90 to 90')),
      lon: required(number(-180, 180, 'a longitude in degrees, −180 to 180')),
      radius: required(radius),
    }),
  ),
});

const region = object(
  'a map such as {path: /6/0, in: [US-CA], fixes: 2}',
  {
    path: required(location),
    in: required(list(either(state, circle), LIMITS.regions)),
    fixes: withDefault(count, DEFAULTS.fixes),
    clearFixes: withDefault(count, DEFAULTS.clearFixes),
    band: optional(length),
    maxAge: withDefault(maxAge, DEFAULTS.maxAge),
  },
  (value): Contradiction | undefined => {
    const { band = 0 } = value;
    const small = value.in.find((area) => 'circle' in area && area.circle.radius <= band);
    return (
      small && { at: 'band', message: 'no fix could ever be inside', expected: 'less than the radius of every circle' }
    );
  },
);

const limit = number(-1e15, 1e15, 'a number');

const threshold = object(
  'a map such as {path: /3/0/9, below: 20, clearAbove: 25}',
  {
    path: required(resource),
    below: optional(limit),
    above: optional(limit),
    clearAbove: optional(limit),
    clearBelow: optional(limit),
    for: withDefault(duration(0, 30 * DAY, 'at most 30d'), DEFAULTS.for),
    samples: withDefault(count, DEFAULTS.samples),
    maxAge: withDefault(maxAge, DEFAULTS.maxAge),
  },
  ({ below, above, clearAbove, clearBelow }): Contradiction | undefined => {
    if ((below === undefined) === (above === undefined)) {
      return { message: 'needs one limit', expected: 'either below or above' };
    }
    if (above !== undefined && clearAbove !== undefined) {
      return { at: 'clearAbove', message: 'clears on the wrong side', expected: 'clearBelow', nearest: 'clearBelow' };
    }
    if (below !== undefined && clearBelow !== undefined) {
      return { at: 'clearBelow', message: 'clears on the wrong side', expected: 'clearAbove', nearest: 'clearAbove' };
    }
    if (below !== undefined && clearAbove !== undefined && clearAbove < below) {
      return { at: 'clearAbove', message: 'clears inside the breach', expected: `a number of at least ${below}` };
    }
    if (above !== undefined && clearBelow !== undefined && clearBelow > above) {
      return { at: 'clearBelow', message: 'clears inside the breach', expected: `a number of at most ${above}` };
    }
    return undefined;
  },
);

const set = object(
  'a map such as {path: /3/0/3, in: ["1.2.3"]}',
  {
    path: required(resource),
    in: optional(list(anyText, LIMITS.setValues)),
    notIn: optional(list(anyText, LIMITS.setValues)),
    maxAge: withDefault(maxAge, DEFAULTS.slowMaxAge),
  },
  (value): Contradiction | undefined =>
    (value.in === undefined) === (value.notIn === undefined)
      ? { message: 'needs one list of values', expected: 'either in or notIn' }
      : undefined,
);

const silence = object('a map such as {after: 15m}', {
  after: required(duration(SECOND, 366 * DAY, 'from 1s to 366d')),
});

const lock = object('{lock: {maxFor: 24h}}', {
  lock: required(
    object('a map such as {maxFor: 24h}', {
      maxFor: withDefault(duration(SECOND, 30 * DAY, 'from 1s to 30d'), DEFAULTS.lockFor),
      targets: optional(list(anyText, LIMITS.lockTargets)),
    }),
  ),
});

const KINDS = ['region', 'threshold', 'set', 'silence'] as const;

const rule = object(
  'a map with id and one of region, threshold, set or silence',
  {
    id: required(name),
    region: optional(region),
    threshold: optional(threshold),
    set: optional(set),
    silence: optional(silence),
    respond: withDefault(list(either(word('alarm'), lock), 2), ['alarm']),
  },
  (value): Contradiction | undefined => {
    const kinds = KINDS.filter((kind) => value[kind] !== undefined);
    if (kinds.length !== 1) {
      const message = kinds.length === 0 ? 'the rule says nothing to watch' : `the rule watches ${kinds.join(' and ')}`;
      return { message, expected: 'exactly one of region, threshold, set or silence' };
    }
    const locks = value.respond.filter((response) => response !== 'alarm').length;
    return locks > 1 || value.respond.length - locks > 1
      ? { at: 'respond', message: 'the same response twice', expected: 'alarm, lock or both' }
      : undefined;
  },
);

const alternatives = oneOrMore(anyText, LIMITS.selectorValues);

const applies = object('a map such as {labels: {fleet: trucks}}', {
  labels: optional(record('a map of labels', alternatives, LIMITS.labels)),
  manufacturer: optional(alternatives),
  model: optional(alternatives),
  site: optional(alternatives),
  owner: optional(alternatives),
});

/** The document `kind: Policy` of `apiVersion: reeve/v1`: validation, error texts and type in one declaration. */
export const policySchema = object('a policy document', {
  apiVersion: required(word('reeve/v1')),
  kind: required(word('Policy')),
  id: required(name),
  mode: withDefault(word('monitor', 'enforce'), DEFAULTS.mode),
  applies: required(applies),
  rules: required(list(rule, LIMITS.rules, ({ id }) => id)),
});

export type RuleDocument = Infer<typeof rule>;
/** Which devices a policy is for; every condition that is written must hold. */
export type Applies = Infer<typeof applies>;
export type RegionLimit = Infer<typeof region>;
export type ThresholdLimit = Infer<typeof threshold>;
export type SetLimit = Infer<typeof set>;
export type SilenceLimit = Infer<typeof silence>;
/** What follows a breach: an incident that people are told of, or that and a lock of the device. */
export type PolicyResponse = RuleDocument['respond'][number];
