import { chmodSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InjectOptions } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestServer, type TestServer } from '../http/test-server.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import type { Store } from '../store/port.ts';
import { Access } from './access.ts';
import { accessLimits } from './limits.ts';

const origin = 'http://localhost:80';
const describeServer = () => ({
  version: '0',
  startedAt: 0,
  noSec: false,
  keyLog: false,
  coapsPort: 5684,
  warnings: [],
  store: 'ok' as const,
});

let server: TestServer;
beforeEach(async () => {
  server = await openTestServer();
});
afterEach(() => server.close());

const call = (request: InjectOptions) =>
  server.app.inject({ ...request, headers: { authorization: `Bearer ${server.bearer}`, ...request.headers } });
const signIn = (token: string | undefined) =>
  server.app.inject({ method: 'POST', url: '/api/v1/session', headers: { origin }, payload: { token } });
const tokenOf = (link: { url: string }) => link.url.split('#')[1];
/** `name=secret` of the answer's cookie. */
const cookieOf = (answer: { headers: object }) =>
  String('set-cookie' in answer.headers ? answer.headers['set-cookie'] : '').split(';')[0] ?? '';
const whoAmI = (cookie: string) => server.app.inject({ url: '/api/v1/session', headers: { cookie } });
const journalTypes = async (store: Store = server.store) => (await store.journal({})).map(({ type }) => type);

describe('the first start', () => {
  it('makes the organisation and admin, once', async () => {
    const store = openMemoryStore();
    const options = { store, now: () => 5, publicUrl: () => 'http://x', describeServer };
    const first = await Access.open(options);
    const second = await Access.open(options);
    expect(second.organisationId).toBe(first.organisationId);
    expect(await store.list('organisations')).toMatchObject([{ name: 'default', createdAt: 5 }]);
    expect(await store.list('people')).toMatchObject([{ name: 'admin', organisationId: first.organisationId }]);
    expect(await journalTypes(store)).toEqual(['person.added']);
  });
});

describe('a sign-in link', () => {
  it('opens a session, once', async () => {
    const link = await server.access.makeLink('admin');
    expect(link).toMatchObject({ name: 'admin', expiresAt: server.clock.now + 600_000 });
    expect(link.url).toMatch(/^http:\/\/localhost:80\/sign-in#[\w-]{43}$/);

    const answer = await signIn(tokenOf(link));
    expect(answer.json()).toEqual({ actor: { kind: 'person', name: 'admin' }, server: expect.anything() });
    const cookie = String(answer.headers['set-cookie']);
    expect(cookie).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
    expect((await whoAmI(cookieOf(answer))).json().actor).toEqual({ kind: 'person', name: 'admin' });

    const again = await signIn(tokenOf(link));
    expect([again.statusCode, again.json().code, again.headers['set-cookie']]).toEqual([
      401,
      'link-invalid',
      undefined,
    ]);
  });

  it('opens one session if it is posted several times at once', async () => {
    const token = tokenOf(await server.access.makeLink('admin')) ?? '';
    const session = { set: () => {}, clear: () => {} };
    const call = { body: { token }, params: undefined, query: undefined, session, signal: AbortSignal.any([]) };
    const open = () => server.access.handlers()['session.open'](call);
    const outcomes = await Promise.allSettled([open(), open(), open()]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(await server.store.count('sessions')).toBe(1);
  });

  it('works for ten minutes', async () => {
    const link = await server.access.makeLink('admin');
    server.clock.now += accessLimits.linkLife - 1;
    const other = await server.access.makeLink('admin');
    server.clock.now += 1;
    expect((await signIn(tokenOf(link))).json().code).toBe('link-invalid');
    expect((await signIn(tokenOf(other))).statusCode).toBe(200);
  });

  it('that nobody made is refused, and attempts are limited', async () => {
    const codes = [];
    for (let attempt = 0; attempt < 21; attempt++) codes.push((await signIn('x'.repeat(43))).json().code);
    expect(codes.slice(0, 20).every((code) => code === 'link-invalid')).toBe(true);
    expect(codes[20]).toBe('too-many');
    server.clock.now += 60_000;
    expect((await signIn('x'.repeat(43))).json().code).toBe('link-invalid');
  });

  it('is one of a hundred at most, and old ones are swept out', async () => {
    for (let made = 0; made < accessLimits.links; made++) await server.access.makeLink('admin');
    await expect(server.access.makeLink('admin')).rejects.toMatchObject({ code: 'too-many' });
    server.clock.now += accessLimits.linkLife;
    await server.access.makeLink('admin');
    expect(await server.store.count('signInLinks')).toBe(1);
  });
});

describe('a session', () => {
  const open = async () => cookieOf(await signIn(tokenOf(await server.access.makeLink('admin'))));

  it('ends twelve hours after its last use', async () => {
    const cookie = await open();
    for (const [wait, status] of [
      [accessLimits.sessionIdle - 1, 200],
      [accessLimits.sessionIdle - 1, 200],
      [accessLimits.sessionIdle, 401],
    ] as const) {
      server.clock.now += wait;
      expect((await whoAmI(cookie)).statusCode).toBe(status);
    }
  });

  it('ends after thirty days in any case', async () => {
    const cookie = await open();
    const end = server.clock.now + accessLimits.sessionLife;
    while (server.clock.now + accessLimits.sessionIdle / 2 < end) {
      expect((await whoAmI(cookie)).statusCode).toBe(200);
      server.clock.now += accessLimits.sessionIdle / 2;
    }
    server.clock.now = end - 1;
    expect((await whoAmI(cookie)).statusCode).toBe(200);
    server.clock.now = end;
    expect((await whoAmI(cookie)).statusCode).toBe(401);
  });

  it('ends with sign-out', async () => {
    const cookie = await open();
    const answer = await server.app.inject({ method: 'DELETE', url: '/api/v1/session', headers: { cookie, origin } });
    expect(answer.statusCode).toBe(204);
    expect(String(answer.headers['set-cookie'])).toContain('=; ');
    expect((await whoAmI(cookie)).statusCode).toBe(401);
    expect(await server.store.count('sessions')).toBe(0);
    expect((await journalTypes()).slice(-3)).toEqual(['person.link-made', 'person.signed-in', 'person.signed-out']);
  });

  it('uses a Secure cookie where the public URL is HTTPS', async () => {
    const https = await openTestServer({ publicUrl: 'https://reeve.example.com' });
    const link = await https.access.makeLink('admin');
    expect(link.url).toMatch(/^https:\/\/reeve\.example\.com\/sign-in#/);
    const headers = { origin: 'https://reeve.example.com' };
    const payload = { token: tokenOf(link) };
    const answer = await https.app.inject({ method: 'POST', url: '/api/v1/session', headers, payload });
    expect(String(answer.headers['set-cookie'])).toContain('; Secure');
    await https.close();
  });

  it('is stored as a hash alone, like tokens and links', async () => {
    const link = await server.access.makeLink('admin');
    const secrets = [(await open()).split('=')[1], server.bearer, tokenOf(link)];
    const kept = JSON.stringify([
      await server.store.list('sessions'),
      await server.store.list('tokens'),
      await server.store.list('signInLinks'),
      await server.store.journal({}),
    ]);
    for (const secret of secrets) {
      expect(secret?.length).toBeGreaterThan(40);
      expect(kept).not.toContain(secret);
    }
  });
});

describe('people', () => {
  it('are added by name, with a link that signs them in', async () => {
    const added = await call({ method: 'POST', url: '/api/v1/people', payload: { name: 'ana' } });
    expect(added.statusCode).toBe(201);
    expect((await signIn(tokenOf(added.json()))).json().actor).toEqual({ kind: 'person', name: 'ana' });
    const twice = await call({ method: 'POST', url: '/api/v1/people', payload: { name: 'ana' } });
    expect(twice.json().code).toBe('name-taken');
    const { items } = (await call({ url: '/api/v1/people' })).json();
    expect(items.map(({ name }: { name: string }) => name).sort()).toEqual(['admin', 'ana']);
  });

  it('get links by name or id', async () => {
    const [admin] = (await call({ url: '/api/v1/people' })).json().items;
    for (const who of ['admin', admin.personId]) {
      const answer = await call({ method: 'POST', url: `/api/v1/people/${who}/link` });
      expect([answer.statusCode, answer.json().name]).toEqual([201, 'admin']);
    }
    expect((await call({ method: 'POST', url: '/api/v1/people/nobody/link' })).json().code).toBe('no-such-thing');
    const [last] = await server.store.journal({ newestFirst: true, limit: 1 });
    expect(last).toMatchObject({ type: 'person.link-made', actor: { kind: 'token', name: 'local command line' } });
  });
});

describe('bearer tokens', () => {
  it('are shown once, work, say when they were used, and are revoked', async () => {
    const created = (await call({ method: 'POST', url: '/api/v1/tokens', payload: { name: 'ci' } })).json();
    expect(created.secret).toMatch(/^reeve_[\w-]{43}$/);
    const headers = { authorization: `Bearer ${created.secret}` };
    expect((await call({ url: '/api/v1/session', headers })).json().actor).toEqual({ kind: 'token', name: 'ci' });

    const list = await call({ url: '/api/v1/tokens' });
    expect(list.body).not.toContain(created.secret);
    const { tokenId } = created.token;
    expect(list.json().items).toContainEqual({ ...created.token, lastUsedAt: server.clock.now });

    expect((await call({ method: 'DELETE', url: `/api/v1/tokens/${tokenId}` })).statusCode).toBe(204);
    expect((await call({ url: '/api/v1/session', headers })).statusCode).toBe(401);
    expect((await call({ method: 'DELETE', url: `/api/v1/tokens/${tokenId}` })).json().code).toBe('no-such-thing');
    expect((await journalTypes()).slice(-2)).toEqual(['token.created', 'token.revoked']);
  });

  it('are for everything, unless they are made for less', async () => {
    const make = async (payload: object) => (await call({ method: 'POST', url: '/api/v1/tokens', payload })).json();
    expect((await make({ name: 'ci' })).token).toMatchObject({ name: 'ci', scope: 'admin' });
    expect((await make({ name: 'sigfox', scope: 'frames' })).token).toMatchObject({ scope: 'frames' });
    expect((await make({ name: 'x', scope: 'root' })).code).toBe('invalid-request');
    const [entry] = await server.store.journal({ newestFirst: true, limit: 1 });
    expect(entry).toMatchObject({ type: 'token.created', payload: { name: 'sigfox', scope: 'frames' } });
  });

  it('that ask for what their scope does not allow are told which does, and the journal tells it once an hour', async () => {
    const { secret, token } = (
      await call({ method: 'POST', url: '/api/v1/tokens', payload: { name: 'sigfox', scope: 'frames' } })
    ).json();
    const headers = { authorization: `Bearer ${secret}` };
    const refused = () => call({ url: '/api/v1/devices?search=x', headers });
    const answer = await refused();
    expect(answer.json()).toMatchObject({
      status: 403,
      code: 'insufficient-scope',
      detail: expect.stringContaining('needs the scope read; the token "sigfox" has frames'),
      errors: [{ at: 'scope', message: 'read' }],
    });
    expect(answer.headers['www-authenticate']).toBe('Bearer error="insufficient_scope", scope="read"');
    expect((await call({ url: '/api/v1/session', headers })).statusCode).toBe(200);

    const at = server.clock.now;
    const told = async () => (await server.store.journal({})).filter(({ type }) => type === 'token.held-back');
    expect(await told()).toMatchObject([
      {
        at,
        actor: { kind: 'token', name: 'sigfox' },
        payload: { name: 'sigfox', scope: 'frames', needed: 'read', request: 'GET /api/v1/devices' },
      },
    ]);
    const [shown] = (await call({ url: '/api/v1/tokens' }))
      .json()
      .items.filter(({ tokenId }: { tokenId: string }) => tokenId === token.tokenId);
    expect(shown.refusedAt).toBe(at);

    server.clock.now += accessLimits.refusalEvery - 1;
    await refused();
    expect(await told()).toHaveLength(1);
    server.clock.now += 1;
    await refused();
    expect(await told()).toHaveLength(2);
  });

  it('are not taken from a cookie, nor sessions from a header', async () => {
    expect((await whoAmI(`reeve-session-0=${server.bearer}`)).statusCode).toBe(401);
    const secret = cookieOf(await signIn(tokenOf(await server.access.makeLink('admin')))).split('=')[1];
    const headers = { authorization: `Bearer ${secret}` };
    expect((await call({ url: '/api/v1/session', headers })).statusCode).toBe(401);
  });
});

describe('the token of the local command line', () => {
  const fresh = () => join(mkdtempSync(join(tmpdir(), 'reeve-token-')), 'local-token');
  const identify = (bearer: string) => server.access.authenticate({ bearer });

  it('lies in a file for its owner alone, and stays the same', async () => {
    const file = fresh();
    const token = await server.access.localToken(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8').trim()).toBe(token);
    expect(await identify(token)).toMatchObject({ actor: { kind: 'token', name: 'local command line' } });
    expect(await server.access.localToken(file)).toBe(token);
  });

  it('is replaced if others could read it', async () => {
    const file = fresh();
    const token = await server.access.localToken(file);
    chmodSync(file, 0o644);
    const next = await server.access.localToken(file);
    expect(next).not.toBe(token);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect([await identify(token), (await identify(next)) !== undefined]).toEqual([undefined, true]);
  });

  it('is made anew if it is of another store, also over the left-over of a crash', async () => {
    const file = fresh();
    writeFileSync(file, 'reeve_other', { mode: 0o600 });
    writeFileSync(`${file}.new`, 'half', { mode: 0o644 });
    const token = await server.access.localToken(file);
    expect(await identify(token)).toBeDefined();
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});
