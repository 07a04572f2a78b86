import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reaching, resolveConnection } from './connection.ts';

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reeve-cli-'));
  file = join(folder, 'other.token');
  writeFileSync(join(folder, 'local.token'), 'local\n');
  writeFileSync(file, 'named\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('where the server is', () => {
  const resolve = (where: { server?: string; tokenFile?: string; data?: string }, env = {}) =>
    resolveConnection({ server: where.server, tokenFile: where.tokenFile, data: where.data ?? folder }, env);

  it('is said by the option, then by the environment, else it is here', async () => {
    const env = { REEVE_SERVER: 'https://env.example/' };
    expect((await resolve({ server: 'http://option.example:1/x' }, env)).server).toBe('http://option.example:1');
    expect((await resolve({}, env)).server).toBe('https://env.example');
    expect((await resolve({})).server).toBe('http://127.0.0.1:8080');
  });

  it('takes the token from the option, then from the environment, else from the data folder', async () => {
    const env = { REEVE_TOKEN: 'env' };
    expect((await resolve({ tokenFile: file }, env)).token).toBe('named');
    expect((await resolve({}, env)).token).toBe('env');
    expect((await resolve({})).token).toBe('local');
  });

  it('refuses what is no server, and says where a token would be', async () => {
    await expect(resolve({ server: 'coaps://x:1' })).rejects.toMatchObject({ exit: 'usage' });
    await expect(resolve({ data: join(folder, 'none') })).rejects.toMatchObject({
      exit: 'not-allowed',
      message: `There is no token at ${join(folder, 'none', 'local.token')}`,
    });
  });
});

it('says in words that no server answers', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  await new Promise((resolve) => server.close(resolve));
  await expect(reaching(url)(url)).rejects.toMatchObject({
    exit: 'unreachable',
    message: expect.stringContaining(url),
  });
});
