import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { routes, type Scope, scopeNames, streams } from '@reeve/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReeveError } from '../errors.ts';
import { StoreError } from '../store/port.ts';
import { routeScopes } from './route-scopes.ts';
import { listenHttp } from './server.ts';
import { openTestServer, type TestServer } from './test-server.ts';

const origin = 'http://localhost:80';
let server: TestServer;
let bearer: { authorization: string };
beforeAll(async () => {
  server = await openTestServer({
    handlers: {
      'devices.list': async () => {
        throw new StoreError('full', 'SQLITE_FULL in /secret/path');
      },
      'policies.list': async () => {
        throw new Error('the secret is hunter2');
      },
      'devices.change': async ({ body, params }) => {
        throw new ReeveError('no-such-device', `${params.device} ${JSON.stringify(body)}`);
      },
      'devices.remove': async () => undefined,
      'commands.create': async ({ idempotencyKey, query, actor }) => {
        throw new ReeveError('wrong-state', `${idempotencyKey} ${typeof query.wait} ${query.wait} ${actor.name}`);
      },
    },
  });
  bearer = { authorization: `Bearer ${server.bearer}` };
});
afterAll(() => server.close());

async function makeToken(name: string, scope: Scope): Promise<{ secret: string; token: { tokenId: string } }> {
  const payload = { name, scope };
  return (await server.app.inject({ method: 'POST', url: '/api/v1/tokens', headers: bearer, payload })).json();
}

describe('every registered route', () => {
  it('answers 401 without credentials, but for the public ones', async () => {
    const closed = server.registered.filter((route) => routeScopes.get(route) !== 'public');
    expect(server.registered.length - closed.length).toBe(3);
    expect(closed.length).toBeGreaterThan(40);
    for (const route of closed) {
      const [method = '', url = ''] = route.split(' ');
      const path = url.replace(/:[a-z]+|\*/g, 'x');
      for (const headers of [{}, { origin }, { origin: 'https://evil.example.com' }]) {
        const answer = await server.app.inject({ method: method as 'GET', url: path, headers });
        expect([route, answer.statusCode, answer.json().code]).toEqual([route, 401, 'not-signed-in']);
      }
    }
  });

  it('is open to the scopes that include its own, and to no other', async () => {
    // Written out once more: what each kind of token may do is not for the table to say alone.
    const holders: Record<string, readonly string[]> = {
      admin: ['admin'],
      operator: ['admin', 'operator'],
      read: ['admin', 'operator', 'read'],
      metrics: ['admin', 'operator', 'read', 'metrics'],
      frames: ['admin', 'operator', 'frames'],
      'signed-in': ['admin', 'operator', 'read', 'metrics', 'frames'],
    };
    expect([...server.registered].sort()).toEqual([...routeScopes.keys()].sort());
    for (const scope of scopeNames) {
      const { secret } = await makeToken(`a ${scope} token`, scope);
      for (const [route, needed] of routeScopes) {
        if (needed === 'public' || route.includes('/events') || route.endsWith('/trace')) continue;
        const [method = '', url = ''] = route.split(' ');
        const answer = await server.app.inject({
          method: method as 'GET',
          url: url.replace(/:[a-z]+|\*/g, 'x'),
          headers: { authorization: `Bearer ${secret}` },
        });
        const held = answer.statusCode === 403;
        expect([route, scope, held]).toEqual([route, scope, !holders[needed]?.includes(scope)]);
        if (held) expect(answer.json().code).toBe('insufficient-scope');
      }
    }
  });

  it('that changes something is not for those who only read', () => {
    const safe = ['POST /api/v1/devices/:device/command-costs', 'DELETE /api/v1/session'];
    for (const [route, needed] of routeScopes) {
      if (route.startsWith('GET ') || safe.includes(route)) continue;
      expect([route, ['admin', 'operator', 'frames', 'public']]).toEqual([route, expect.arrayContaining([needed])]);
    }
  });

  it('covers the contract', () => {
    for (const { method, path } of Object.values(routes))
      expect(server.registered).toContain(`${method} /api/v1${path}`);
    for (const { path } of Object.values(streams)) expect(server.registered).toContain(`GET /api/v1${path}`);
  });

  it('is nothing of the API beyond them: 401 without credentials, 404 with', async () => {
    for (const [method, url] of [
      ['GET', '/api/v1/nothing'],
      ['GET', '/api'],
      ['POST', '/api/v1/nothing'],
      ['PUT', '/nothing'],
      ['DELETE', '/'],
    ] as const) {
      const without = await server.app.inject({ method, url, headers: { origin } });
      expect([method, url, without.statusCode]).toEqual([method, url, url === '/api' ? 200 : 401]);
      if (url === '/api') continue;
      const answer = await server.app.inject({ method, url, headers: bearer });
      expect([method, url, answer.json().code]).toEqual([method, url, 'no-such-route']);
    }
  });

  it('refuses a token or session that nobody has', async () => {
    for (const headers of [
      { authorization: 'Bearer reeve_nothing' },
      { authorization: `Basic ${server.bearer}` },
      { authorization: `Bearer ${server.bearer}x` },
      { cookie: 'reeve-session-0=nothing' },
    ]) {
      const answer = await server.app.inject({ url: '/api/v1/session', headers });
      expect(answer.statusCode).toBe(401);
    }
  });
});

describe('a request', () => {
  it('that does not fit its schema is told every place', async () => {
    const answer = await server.app.inject({
      method: 'POST',
      url: '/api/v1/people',
      headers: bearer,
      payload: { name: '', age: 3 },
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    const problem = answer.json();
    expect(problem.code).toBe('invalid-request');
    expect(problem.errors.map(({ at }: { at: string }) => at)).toEqual(['body', 'body/name', 'body/name']);
    expect(problem.errors[0].message).toContain('age');
  });

  it.each([{ labels: { '-x': 'value' } }, { labels: { '': 7 } }, { labels: { _a: {} } }])(
    'with a label whose name or value is none is refused: %j',
    async ({ labels }) => {
      const payload = { endpoint: 'truck-1', labels };
      const answer = await server.app.inject({ method: 'POST', url: '/api/v1/devices', headers: bearer, payload });
      expect([answer.statusCode, answer.json().code]).toEqual([400, 'invalid-request']);
    },
  );

  it('with a bad parameter names it', async () => {
    const answer = await server.app.inject({ url: '/api/v1/incidents?limit=many&state=open', headers: bearer });
    expect(answer.json()).toMatchObject({ code: 'invalid-request', errors: [{ at: 'querystring/limit' }] });
  });

  it.each([
    ['a body that is not JSON', { 'content-type': 'application/json' }, '{"name":', 400, 'invalid-request'],
    ['a body of another type', { 'content-type': 'text/plain' }, 'name=x', 400, 'invalid-request'],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'name=x', 400, 'invalid-request'],
    ['no body', {}, undefined, 400, 'invalid-request'],
    ['a huge body', { 'content-type': 'application/json' }, `"${'x'.repeat(3_000_000)}"`, 413, 'too-large'],
    ['a poisoned body', { 'content-type': 'application/json' }, '{"__proto__":{"x":1}}', 400, 'invalid-request'],
  ])('with %s is a problem', async (_, headers, payload, status, code) => {
    const answer = await server.app.inject({
      method: 'POST',
      url: '/api/v1/people',
      headers: { ...bearer, ...headers },
      ...(payload === undefined ? {} : { payload }),
    });
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  });

  it('with a path that cannot be decoded is a problem like any other', async () => {
    const answer = await server.app.inject({ url: '/api/v1/devices/%ZZ' });
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'invalid-request']);
    expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'");
  });

  it('reaches its handler decoded and typed', async () => {
    const changed = await server.app.inject({
      method: 'PATCH',
      url: '/api/v1/devices/urn%3Adev%3A1%2F2',
      headers: bearer,
      payload: { site: null },
    });
    expect(changed.json()).toMatchObject({ status: 404, detail: 'urn:dev:1/2 {"site":null}' });

    const long = await server.app.inject({
      method: 'DELETE',
      url: `/api/v1/devices/${'%20'.repeat(255)}`,
      headers: bearer,
    });
    expect([long.statusCode, long.body]).toEqual([204, '']);

    const created = await server.app.inject({
      method: 'POST',
      url: '/api/v1/devices/truck-1/commands?wait=5',
      headers: { ...bearer, 'idempotency-key': 'k1' },
      payload: { operation: { kind: 'read', path: '/3/0/9' } },
    });
    expect(created.json()).toMatchObject({ status: 409, detail: 'k1 number 5 local command line' });
  });

  it('that the store refuses is a 503 without details', async () => {
    const answer = await server.app.inject({ url: '/api/v1/devices', headers: bearer });
    expect(answer.json()).toMatchObject({ status: 503, code: 'store-full' });
    expect(answer.body).not.toContain('secret');
  });

  it('that meets a fault tells an id and nothing else', async () => {
    const answer = await server.app.inject({ url: '/api/v1/policies', headers: bearer });
    expect(answer.json()).toMatchObject({ status: 500, code: 'internal' });
    expect(answer.json().detail).toMatch(/[0-9a-f-]{36}/);
    expect(answer.body).not.toContain('hunter2');
  });
});

describe('listening', () => {
  it('takes a free port, says where, and closes', async () => {
    const options = { ...server.options, host: '127.0.0.1', port: 0 };
    const http = await listenHttp(options);
    expect(http.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${http.url}/api/v1/session`)).status).toBe(401);
    expect((await fetch(`${http.url}/api/v1/session`, { headers: bearer })).status).toBe(200);
    await http.close();
    await expect(fetch(http.url)).rejects.toThrow();
  });
});

describe('openapi.json', () => {
  it('names every route, its schemas and its errors', async () => {
    const { openapi, paths } = (await server.app.inject({ url: '/api/v1/openapi.json', headers: bearer })).json();
    expect(openapi).toBe('3.1.0');
    expect(Object.keys(paths).filter((path) => !path.startsWith('/api/v1/'))).toEqual([]);
    for (const [name, { method, path, scope }] of Object.entries(routes)) {
      const operation = paths[`/api/v1${path.replace(/:([a-z]+)/g, '{$1}')}`][method.toLowerCase()];
      expect(operation.operationId).toBe(name);
      expect(operation.security).toEqual(scope === 'public' ? [] : [{ bearer: scope === 'signed-in' ? [] : [scope] }]);
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['4XX', '5XX']));
    }
  });
});

describe('the console', () => {
  it('says what to do when it is not built', async () => {
    const answer = await server.app.inject({ url: '/' });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('npm run build');
  });

  it('is its files, and its page for every other path', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reeve-console-'));
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'index.html'), '<title>page</title>');
    writeFileSync(join(folder, 'favicon.svg'), '<svg/>');
    writeFileSync(join(folder, 'assets/app-1a2b.js'), 'run()');
    const other = await openTestServer({ consoleFolder: folder });
    try {
      const get = (url: string) => other.app.inject({ url });
      for (const url of ['/', '/devices/urn:dev:1.2', '/sign-in', '/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd']) {
        const answer = await get(url);
        expect([url, answer.statusCode, answer.body]).toEqual([url, 200, '<title>page</title>']);
        expect(answer.headers['content-type']).toContain('text/html');
        expect(answer.headers['cache-control']).toBe('no-cache');
      }
      const script = await get('/assets/app-1a2b.js');
      expect(script.body).toBe('run()');
      expect(script.headers['content-type']).toContain('javascript');
      expect(script.headers['cache-control']).toContain('immutable');
      expect((await get('/favicon.svg')).body).toBe('<svg/>');
      expect((await get('/assets/gone.js')).statusCode).toBe(404);
    } finally {
      await other.close();
    }
  });

  it('and every other answer carries the security headers', async () => {
    for (const url of ['/', '/api/v1/session', '/api/v1/nothing', '/assets/x.js']) {
      const { headers } = await server.app.inject({ url });
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['content-security-policy']).toContain("script-src 'self';");
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    }
  });
});
