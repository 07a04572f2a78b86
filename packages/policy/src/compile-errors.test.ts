import { describe, expect, it } from 'vitest';
import { fuzzPlan, seededRandom } from '../../../tooling/testing/fuzz.ts';
import { compilePolicy, formatPolicyError } from './compile.ts';
import { LIMITS } from './limits.ts';
import { policyText } from './testing.ts';

const VALID = policyText(
  '{id: state, region: {path: /6/0, in: [US-DC, {circle: {lat: 37.77, lon: -122.42, radius: 5km}}], fixes: 2}}',
  '{id: battery, threshold: {path: /3/0/9, below: 20, clearAbove: 25, for: 5m, samples: 2}}',
  '{id: firmware, set: {path: /3/0/3, in: ["1.2.3", 1.10]}, respond: [alarm, {lock: {maxFor: 24h}}]}',
  '{id: quiet, silence: {after: 15m}}',
);

function errorsOf(yaml: string) {
  const result = compilePolicy(yaml);
  return result.ok ? [] : result.errors;
}

describe('errors of a policy document', () => {
  /** What is wrong, the edit that makes it so, the text that the error points at, and what it says. */
  const bad: readonly [what: string, edit: readonly [string, string], at: string, says: string][] = [
    [
      'a misspelt key',
      ['threshold:', 'treshold:'],
      'treshold: {p',
      'rules[1].treshold: unknown key; expected id, region, threshold, set, silence or respond; did you mean threshold?',
    ],
    [
      'an unknown state',
      ['US-DC', 'US-CX'],
      'US-CX, {circ',
      'rules[0].region.in[0]: "US-CX" is not valid; expected a US state by ISO code or name, such as US-CA or California, or {circle: {lat, lon, radius}}; did you mean US-CA?',
    ],
    [
      'a state by its bare code',
      ['US-DC', 'CA'],
      'CA, {circle:',
      'rules[0].region.in[0]: "CA" is not valid; expected a US state by ISO code or name, such as US-CA or California, or {circle: {lat, lon, radius}}; did you mean US-CA?',
    ],
    [
      'a misspelt state',
      ['US-DC', 'Nevda'],
      'Nevda, {circ',
      'rules[0].region.in[0]: "Nevda" is not valid; expected a US state by ISO code or name, such as US-CA or California, or {circle: {lat, lon, radius}}; did you mean Nevada?',
    ],
    [
      'a duration in words',
      ['15m', '15 minutes'],
      '15 minutes}}',
      'rules[3].silence.after: "15 minutes" is not valid; expected a duration such as 90s, 15m, 24h or 1d, from 1s to 366d; did you mean 15m?',
    ],
    [
      'a duration without a unit',
      ['15m', '15'],
      '15}}',
      'rules[3].silence.after: "15" is not valid; expected a duration such as 90s, 15m, 24h or 1d, from 1s to 366d',
    ],
    [
      'a duration out of range',
      ['maxFor: 24h', 'maxFor: 31d'],
      '31d}}]}',
      'rules[2].respond[1].lock.maxFor: "31d" is not valid; expected a duration such as 90s, 15m, 24h or 1d, from 1s to 30d',
    ],
    [
      'a distance without a unit',
      ['5km', '5'],
      '5}}], fixes:',
      'rules[0].region.in[1].circle.radius: "5" is not valid; expected a distance such as 500m or 5km',
    ],
    [
      'a number in words',
      ['fixes: 2', 'fixes: two'],
      'two}}',
      'rules[0].region.fixes: "two" is not valid; expected a whole number from 1 to 100',
    ],
    [
      'a latitude off the globe',
      ['37.77', '137.77'],
      '137.77, lon:',
      'rules[0].region.in[1].circle.lat: "137.77" is not valid; expected a latitude in degrees, −90 to 90',
    ],
    [
      'a path without its slash',
      ['/3/0/9', '3/0/9'],
      '3/0/9, below',
      'rules[1].threshold.path: "3/0/9" is not valid; expected the path of a resource, such as /3/0/9; did you mean /3/0/9?',
    ],
    [
      'a path of an object',
      ['/3/0/9', '/3'],
      '/3, below: 2',
      'rules[1].threshold.path: "/3" is not valid; expected the path of a resource, such as /3/0/9',
    ],
    [
      'a region that watches no location',
      ['/6/0', '/3/0'],
      '/3/0, in: [U',
      'rules[0].region.path: "/3/0" is not valid; expected an instance of the Location object, such as /6/0',
    ],
    [
      'a missing key',
      ['path: /3/0/9, ', ''],
      '{below: 20, ',
      'rules[1].threshold.path: is missing; expected the path of a resource, such as /3/0/9',
    ],
    [
      'no limit',
      ['below: 20, ', ''],
      '{path: /3/0/',
      'rules[1].threshold: needs one limit; expected either below or above',
    ],
    [
      'two limits',
      ['below: 20', 'below: 20, above: 90'],
      '{path: /3/0/',
      'rules[1].threshold: needs one limit; expected either below or above',
    ],
    [
      'clearing inside the breach',
      ['clearAbove: 25', 'clearAbove: 15'],
      'clearAbove: ',
      'rules[1].threshold.clearAbove: clears inside the breach; expected a number of at least 20',
    ],
    [
      'clearing on the wrong side',
      ['clearAbove: 25', 'clearBelow: 25'],
      'clearBelow: ',
      'rules[1].threshold.clearBelow: clears on the wrong side; expected clearAbove; did you mean clearAbove?',
    ],
    [
      'a rule that watches nothing',
      ['silence: {after: 15m}', 'respond: [alarm]'],
      '{id: quiet, ',
      'rules[3]: the rule says nothing to watch; expected exactly one of region, threshold, set or silence',
    ],
    [
      'a rule that watches two things',
      ['silence: {after: 15m}', 'silence: {after: 15m}, set: {path: /3/0/3, in: [a]}'],
      '{id: quiet, ',
      'rules[3]: the rule watches set and silence; expected exactly one of region, threshold, set or silence',
    ],
    [
      'no set',
      ['in: ["1.2.3", 1.10]', 'maxAge: 1h'],
      '{path: /3/0/',
      'rules[2].set: needs one list of values; expected either in or notIn',
    ],
    [
      'two rules of one id',
      ['id: quiet', 'id: state'],
      '{id: state, ',
      'rules[3]: "state" is already taken; expected each name once',
    ],
    [
      'an unknown response',
      ['[alarm, ', '[alrm, '],
      'alrm, {lock:',
      'rules[2].respond[0]: "alrm" is not valid; expected alarm, or {lock: {maxFor: 24h}}; did you mean alarm?',
    ],
    [
      'a response twice',
      ['[alarm, {lock: {maxFor: 24h}}]', '[alarm, alarm]'],
      'respond: [al',
      'rules[2].respond: the same response twice; expected alarm, lock or both',
    ],
    [
      'a band that no circle can hold',
      ['fixes: 2', 'band: 5km'],
      'band: 5km}}',
      'rules[0].region.band: no fix could ever be inside; expected less than the radius of every circle',
    ],
    [
      'a misspelt kind',
      ['kind: Policy', 'kind: Polcy'],
      'Polcy',
      'kind: "Polcy" is not valid; expected Policy; did you mean Policy?',
    ],
    [
      'a later version',
      ['reeve/v1', 'reeve/v2'],
      'reeve/v2',
      'apiVersion: "reeve/v2" is not valid; expected reeve/v1; did you mean reeve/v1?',
    ],
    [
      'a key twice',
      ['kind: Policy', 'kind: Policy\nkind: Policy'],
      'kind: Policy',
      'kind: the key is written twice; expected each key once',
    ],
    [
      'a key without a value',
      ['applies: {}', 'applies:'],
      '',
      'applies: has no value; expected a map such as {labels: {fleet: trucks}}',
    ],
    [
      'a list for a map',
      ['applies: {}', 'applies: []'],
      '[]',
      'applies: found a list; expected a map such as {labels: {fleet: trucks}}',
    ],
    [
      'a map for a value',
      ['id: test', 'id: {}'],
      '{}',
      'id: found a map; expected a name of at most 63 letters, digits, dots, dashes and underscores',
    ],
    [
      'an empty list',
      ['["1.2.3", 1.10]', '[]'],
      '[]}, respond',
      'rules[2].set.in: the list is empty; expected a list of 1 to 256 items, each text of at most 255 characters',
    ],
    [
      'an alias',
      ['["1.2.3", 1.10]', '[&a x, *a]'],
      '*a]}, respon',
      'rules[2].set.in[1]: aliases are not allowed; expected text of at most 255 characters',
    ],
  ];

  it.each(bad)('%s', (_what, [valid, wrong], at, says) => {
    expect(VALID).toContain(valid);
    const yaml = VALID.replace(valid, wrong);
    const errors = errorsOf(yaml);
    expect(errors.map((error) => formatPolicyError(error).replace(/^line \d+, column \d+, /, ''))).toEqual([says]);
    const { line = 0, column = 0 } = errors[0] ?? {};
    expect(yaml.split('\n')[line - 1]?.slice(column - 1, column + 11)).toBe(at);
  });

  it('say line and column, counted from 1', () => {
    const [error] = errorsOf(VALID.replace('id: test', 'id: "a b"'));
    expect(error && formatPolicyError(error)).toBe(
      'line 3, column 5, id: "a b" is not valid; expected a name of at most 63 letters, digits, dots, dashes and underscores',
    );
  });

  it('are told all at once, in the order of the lines', () => {
    const wrong = VALID.replace('reeve/v1', 'v1')
      .replace('fixes', 'fixs')
      .replace('15m', 'soon')
      .replace('/3/0/9', '3');
    expect(errorsOf(wrong).map(({ line, key }) => [line, key])).toEqual([
      [1, 'apiVersion'],
      [6, 'rules[0].region.fixs'],
      [7, 'rules[1].threshold.path'],
      [9, 'rules[3].silence.after'],
    ]);
  });

  it.each([
    ['', 'the document is empty'],
    ['just text', '"just text" is not valid'],
    ['a: b\n---\nc: d\n', 'there is more than one document'],
    ['a: {b: c\n', 'Flow map in block collection must be sufficiently indented and end with a }'],
    ['x'.repeat(LIMITS.documentLength + 1), `${LIMITS.documentLength + 1} characters`],
  ])('a text that is no policy document: %j', (yaml, message) => {
    expect(errorsOf(yaml)[0]?.message).toBe(message);
  });

  it.each(['[', '{a: ', '- ', '? '])('nesting %j without end is refused', (open) => {
    const yaml = open.repeat(Math.floor(LIMITS.documentLength / open.length));
    expect(errorsOf(yaml).length).toBeGreaterThan(0);
  });

  it('are capped, as are rules, labels, values and the length of text', () => {
    const rules = Array.from({ length: LIMITS.rules + 1 }, (_, i) => `{id: r${i}, silence: {after: 1h}}`);
    expect(errorsOf(policyText(...rules))[0]?.message).toBe(`${LIMITS.rules + 1} items`);
    expect(errorsOf(`{${Array.from({ length: 1_000 }, (_, i) => `k${i}: 1`).join()}}`)).toHaveLength(LIMITS.errors);
    const long = 'x'.repeat(LIMITS.textLength + 1);
    expect(errorsOf(VALID.replace('"1.2.3"', long))[0]?.message).toBe(`longer than ${LIMITS.textLength} characters`);
    const labels = Array.from({ length: LIMITS.labels + 1 }, (_, i) => `l${i}: x`).join();
    expect(errorsOf(VALID.replace('applies: {}', `applies: {labels: {${labels}}}`))[0]?.key).toBe('applies.labels');
  });

  it('are all that any input gives', { timeout: 300_000 }, () => {
    const { seed, runs } = fuzzPlan('policy documents');
    const random = seededRandom(seed);
    const pick = (below: number) => Math.floor(random() * below);
    const pieces = [
      '[',
      '{',
      '}',
      ']',
      ': ',
      '- ',
      '\n',
      '  ',
      '*a',
      '&a ',
      '!!js ',
      '"',
      '|',
      '<<',
      '__proto__',
      '\u0000',
      '\ud800',
      '1e999',
      '~',
    ];
    const documents = VALID.split('\n  - ')
      .slice(1)
      .map((rule) => policyText(rule.trimEnd()));
    for (let run = 0; run < runs; run++) {
      let yaml = documents[pick(documents.length)] ?? '';
      for (let edits = 1 + pick(4); edits > 0; edits--) {
        const at = pick(yaml.length);
        yaml = yaml.slice(0, at) + (pieces[pick(pieces.length * 2)] ?? '') + yaml.slice(at + pick(6));
      }
      const result = compilePolicy(yaml);
      if (result.ok) continue;
      expect(result.errors.length).toBeGreaterThan(0);
      expect(result.errors.every(({ line, column, expected }) => line > 0 && column > 0 && expected !== '')).toBe(true);
    }
  });
});
