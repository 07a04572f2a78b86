import { describe, expect, it } from 'vitest';
import { NOW, run } from '../testing.ts';

const token = { tokenId: 'tok-1', name: 'sigfox', scope: 'frames', createdAt: NOW - 60_000 };

describe('token create', () => {
  const made = { 'tokens.create': { token, secret: 'reeve_secret' } };

  it('prints the secret alone on stdout, and how to revoke it beside', async () => {
    const { out, err, calls } = await run(['token', 'create', 'sigfox', '--scope', 'frames'], made);
    expect(out).toBe('reeve_secret');
    expect(err).toContain('reeve token revoke tok-1');
    expect(calls).toEqual([{ name: 'tokens.create', args: { body: { name: 'sigfox', scope: 'frames' } } }]);
  });

  it('makes one that may do everything unless told otherwise, and knows the scopes', async () => {
    const { calls } = await run(['token', 'create', 'ci'], made);
    expect(calls[0]?.args).toEqual({ body: { name: 'ci', scope: 'admin' } });
    const { code, err } = await run(['token', 'create', 'ci', '--scope', 'root'], made);
    expect(code).toBe(2);
    expect(err).toContain('"root" is none of admin, operator, read, metrics, frames');
  });
});

it('token ls says what each may do, and which asked for more', async () => {
  const items = [token, { ...token, tokenId: 'tok-2', name: 'grafana', scope: 'read', refusedAt: NOW - 5000 }];
  const { out } = await run(['token', 'ls'], { 'tokens.list': { items } });
  const rows = out.split('\n').map((line) => line.split(/ {2,}/).map((cell) => cell.trim()));
  expect(rows[0]).toEqual(['NAME', 'ID', 'SCOPE', 'MADE', 'LAST USED', 'HELD BACK']);
  expect(rows[1]?.slice(0, 3)).toEqual(['sigfox', 'tok-1', 'frames']);
  expect(rows[2]).toEqual(['grafana', 'tok-2', 'read', '1 min ago', 'never', '5 s ago']);
});
