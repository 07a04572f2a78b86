import { type Route, type RouteName, routes } from '@reeve/contract';
import type Type from 'typebox';
import { Check } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import type { Handlers } from './handlers.ts';
import { openTestServer } from './test-server.ts';

interface Json {
  type?: string;
  const?: unknown;
  anyOf?: Json[];
  items?: Json;
  properties?: Record<string, Json>;
  patternProperties?: Record<string, Json>;
  pattern?: string;
  required?: string[];
  minItems?: number;
  minimum?: number;
  maximum?: number;
}

/** Texts that the patterns of the contract are for. */
const TEXTS = [
  'fleet',
  '/3/0/9',
  'coaps://reeve.example',
  'U',
  '7',
  'c0ffee',
  '00'.repeat(16),
  'https://a.example',
  '+4915112345678',
  '00'.repeat(32),
];

function matching(pattern: string): string {
  const found = TEXTS.find((text) => new RegExp(pattern).test(text));
  if (found === undefined) throw new Error(`no text matches ${pattern}`);
  return found;
}

const within =
  ({ minimum, maximum }: Json) =>
  (n: number) =>
    n >= (minimum ?? n) && n <= (maximum ?? n);

/** Values of a schema: with every property, and each alternative at least once. */
function samples(schema: Json): unknown[] {
  if (schema.const !== undefined) return [schema.const];
  if (schema.anyOf) return schema.anyOf.flatMap(samples);
  const [record] = Object.entries(schema.patternProperties ?? {});
  if (record) return samples(record[1]).map((value) => ({ [matching(record[0])]: value }));
  switch (schema.type) {
    case 'object': {
      const all = Object.entries(schema.properties ?? {}).map(([name, property]) => [name, samples(property)] as const);
      const most = Math.max(1, ...all.map(([, values]) => values.length));
      return Array.from({ length: most }, (_, index) =>
        Object.fromEntries(all.map(([name, values]) => [name, values[index % values.length]])),
      );
    }
    case 'array':
      return schema.minItems ? [samples(schema.items ?? {}).slice(0, 1)] : [samples(schema.items ?? {}), []];
    case 'string':
      return schema.pattern ? [matching(schema.pattern)] : ['truck "1" ä\u2028\ud83d\ude9a', ''];
    case 'integer':
      return [1_800_000_000_000, 7, 0, -1, schema.minimum ?? 0].filter(within(schema));
    case 'number':
      return [0.1, -119.8130001, 1e21].filter(within(schema));
    case 'boolean':
      return [true, false];
    case 'null':
      return [null];
    default:
      return [{ any: ['thing', 1, null, { deep: true }] }, 'text', 7];
  }
}

/** An object with those properties alone that must be there. */
function leastOf(schema: Json): Json {
  const properties = Object.entries(schema.properties ?? {}).filter(([name]) => schema.required?.includes(name));
  return schema.properties ? { ...schema, properties: Object.fromEntries(properties) } : schema;
}

describe('answers', () => {
  it('of every route arrive as the handler gave them, without what the contract does not name', async () => {
    const answers = new Map<string, unknown[]>();
    const handlers: Record<string, () => Promise<unknown>> = {};
    for (const [name, route] of Object.entries<Route>(routes)) {
      const schema: Type.TSchema | undefined = route.result;
      const values = schema ? samples(schema) : [undefined];
      for (const value of values) if (schema) expect([name, Check(schema, value)]).toEqual([name, true]);
      answers.set(name, values);
      const left = [...values];
      handlers[name] = async () => {
        const value = left.shift();
        return typeof value === 'object' ? { ...value, sealedKey: 'secret' } : value;
      };
    }
    const server = await openTestServer({ handlers: handlers as Partial<Handlers> });
    for (const name of Object.keys(routes) as RouteName[]) {
      if (name === 'session.open') continue;
      const { method, path, text, params, body }: Route = routes[name];
      const given = params ? (samples(params)[0] as Record<string, string | number>) : {};
      const url = `/api/v1${path.replace(/:([a-z]+)/g, (_, key: string) => encodeURIComponent(given[key] ?? ''))}`;
      const payload = body && [...samples(leastOf(body)), ...samples(body)].find((each) => Check(body, each));
      if (body && payload === undefined) throw new Error(`no sample fits the body of ${name}`);
      for (const value of answers.get(name) ?? []) {
        const answer = await server.app.inject({
          method,
          url: `${url}?path=/3/0/9`,
          headers: { authorization: `Bearer ${server.bearer}` },
          ...(payload === undefined ? {} : { payload: payload as object }),
        });
        expect([name, answer.statusCode]).toEqual([name, routes[name].status]);
        const json = () => (answer.body === '' ? undefined : answer.json());
        expect(text === undefined ? json() : answer.body).toEqual(value);
      }
    }
    await server.close();
  });
});
