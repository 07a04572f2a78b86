import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestServer, type TestServer } from './test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer({ publicUrl: 'https://reeve.example.com' });
});
afterAll(() => server.close());

/** Status of the answer to a request that is refused for no other reason; 401 is: the origin is accepted. */
async function status(method: 'GET' | 'POST', headers: Record<string, string>): Promise<number> {
  const bearer = { authorization: `Bearer ${server.bearer}` };
  const request = { method, url: '/api/v1/people', ...(method === 'POST' ? { payload: {} } : {}) } as const;
  return (await server.app.inject({ ...request, headers: { ...bearer, ...headers } })).statusCode;
}

describe('Host', () => {
  it.each([
    ['localhost', 200],
    ['localhost:9000', 200],
    ['LOCALHOST', 200],
    ['reeve.example.com', 200],
    ['reeve.example.com:443', 200],
    ['evil.example.com', 403],
    ['reeve.example.com.evil.example', 403],
    ['evil@localhost', 403],
    ['localhost/../evil', 403],
    ['127.0.0.2', 403],
    ['[::1', 403],
    [' ', 403],
  ])('%s: %i', async (host, expected) => {
    expect(await status('GET', { host })).toBe(expected);
  });

  it('may be the address that the connection came in on, by a real socket', async () => {
    const url = await server.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = new URL(url);
    const headers = { authorization: `Bearer ${server.bearer}` };
    expect((await fetch(`http://127.0.0.1:${port}/api/v1/session`, { headers })).status).toBe(200);
  });
});

describe('Origin of a request that changes something', () => {
  it.each([
    ['its own, as the browser reaches it', { host: 'localhost:8080', origin: 'http://localhost:8080' }, 400],
    ['the public one, whatever Host the proxy sends', { host: 'localhost', origin: 'https://reeve.example.com' }, 400],
    ['none, with a bearer token', { host: 'localhost' }, 400],
    ['another port', { host: 'localhost:8080', origin: 'http://localhost:9090' }, 403],
    ['another site', { host: 'localhost', origin: 'https://evil.example.com' }, 403],
    ['an opaque one', { host: 'localhost', origin: 'null' }, 403],
    ['another scheme', { host: 'reeve.example.com', origin: 'ftp://reeve.example.com' }, 403],
  ])('%s', async (_, headers, expected) => {
    expect(await status('POST', headers)).toBe(expected);
  });

  it('is not needed to read, and is refused if it is foreign', async () => {
    expect(await status('GET', { host: 'localhost' })).toBe(200);
    expect(await status('GET', { host: 'localhost', origin: 'https://evil.example.com' })).toBe(403);
  });

  it('may not be missing without a bearer token: not for a cookie, not for sign-in', async () => {
    const token = new URL((await server.access.makeLink('admin')).url).hash.slice(1);
    const url = '/api/v1/session';
    const origin = 'https://reeve.example.com';
    const missing = await server.app.inject({ method: 'POST', url, payload: { token } });
    expect([missing.statusCode, missing.json().code]).toEqual([403, 'forbidden-origin']);
    const signedIn = await server.app.inject({ method: 'POST', url, headers: { origin }, payload: { token } });
    expect(signedIn.statusCode).toBe(200);
    const cookie = String(signedIn.headers['set-cookie']).split(';')[0] ?? '';
    const payload = { name: 'ada' };
    const change = { method: 'POST', url: '/api/v1/people', payload } as const;
    const without = await server.app.inject({ ...change, headers: { cookie } });
    expect([without.statusCode, without.json().code]).toEqual([403, 'forbidden-origin']);
    expect((await server.app.inject({ ...change, headers: { cookie, origin } })).statusCode).toBe(201);
  });
});
