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
  minItems?: number;
  minimum?: number;
  maximum?: number;
}

/** Values of a schema: with every property, and each alternative at least once. */
function samples(schema: Json): unknown[] {
  if (schema.const !== undefined) return [schema.const];
  if (schema.anyOf) return schema.anyOf.flatMap(samples);
  if (schema.patternProperties) return [{ fleet: 'trucks', site: 'ä"\n' }];
  switch (schema.type) {
    case 'object': {
      const all = Object.entries(schema.properties ?? {}).map(([name, property]) => [name, samples(property)] as const);
      const most = Math.max(1, ...all.map(([, values]) => values.length));
      return Array.from({ length: most }, (_, index) =>
        Object.fromEntries(all.map(([name, values]) => [name, values[index % values.length]])),
      );
    }
    case 'array':
      return schema.minItems ? [samples(schema.items ?? {})] : [samples(schema.items ?? {}), []];
    case 'string':
      return schema.pattern ? ['/3/0/9'] : ['truck "1" ä\u2028\ud83d\ude9a', ''];
    case 'integer':
      return [1_800_000_000_000, 0, -1].filter((n) => n >= (schema.minimum ?? n) && n <= (schema.maximum ?? n));
    case 'number':
      return [0.1, -119.8130001, 1e21];
    case 'boolean':
      return [true, false];
    case 'null':
      return [null];
    default:
      return [{ any: ['thing', 1, null, { deep: true }] }, 'text', 7];
  }
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
      const { method, path, text }: Route = routes[name];
      const url = `/api/v1${path.replace(/:[a-z]+/g, 'x')}`;
      for (const value of answers.get(name) ?? []) {
        const answer = await server.app.inject({
          method,
          url: `${url}?path=/3/0/9`,
          headers: { authorization: `Bearer ${server.bearer}` },
          ...(bodies[name] === undefined ? {} : { payload: bodies[name] }),
        });
        expect([name, answer.statusCode]).toEqual([name, routes[name].status]);
        const json = () => (answer.body === '' ? undefined : answer.json());
        expect(text === undefined ? json() : answer.body).toEqual(value);
      }
    }
    await server.close();
  });
});

/** A valid body for each route that needs one. */
const bodies: Partial<Record<RouteName, object>> = {
  'people.add': { name: 'ana' },
  'tokens.create': { name: 'ci' },
  'devices.add': { endpoint: 'truck-1' },
  'devices.import': { devices: [{ endpoint: 'truck-1', key: '00'.repeat(16) }] },
  'devices.change': { site: 'x' },
  'devices.key': {},
  'credentials.add': { kind: 'psk' },
  'credentials.rotate': {},
  'admissions.set': { until: 1, reason: 'x' },
  'authorities.add': { certificate: 'x' },
  'authorities.change': { mapping: 'cn' },
  'devices.observe': { path: '/3/0/9' },
  'devices.lock': { held: true },
  'commands.create': { operation: { kind: 'read', path: '/3' } },
  'commands.cost': { operation: { kind: 'read', path: '/3' } },
  'models.add': { xml: 'x' },
  'policies.apply': { source: '' },
  'webhooks.add': { url: 'https://a.example' },
};
