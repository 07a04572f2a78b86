import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killGroup, spawnChild } from '../../../tooling/testing/children.ts';
import { runCli } from './cli.ts';
import { exitCodes } from './exit-codes.ts';
import { fakeTerminal } from './testing.ts';

/** The tour of the README with real processes: the server, and the command line beside it. */

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const examples = fileURLToPath(new URL('../../../examples/policies', import.meta.url));

let folder: string;
let server: ChildProcess;
let greeting = '';
let url = '';
let coaps = '';

const start = (words: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  spawnChild(process.execPath, [main, ...words], { cwd: folder, env: { ...process.env, ...env } });

/** A command line against the running server: in this process, since starting one takes longer than all else. */
async function reeve(words: readonly string[], input = '') {
  const { terminal, out, err } = fakeTerminal({ input });
  const where = words.includes('--server') ? [] : ['--server', url];
  const code = await runCli([...words, ...where, '--data', join(folder, 'reeve-data')], terminal);
  return { code, out: out.join('\n'), err: err.join('\n') };
}

/** The same in a process of its own. */
async function reeveProcess(words: readonly string[]) {
  const child = start([...words, '--server', url]);
  const [out, err, code] = await Promise.all([
    child.stdout ? text(child.stdout) : '',
    child.stderr ? text(child.stderr) : '',
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ]);
  return { code, out, err };
}

/** What a process wrote, once it matches. */
function until(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = '';
    const look = (piece: Buffer) => {
      seen += piece;
      if (pattern.test(seen)) resolve(seen);
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.once('close', () => reject(new Error(`ended before ${pattern}:\n${seen}`)));
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reeve-tour-'));
  server = start(['serve', '--http-port', '0', '--coaps-port', '0', '--coap-host', '127.0.0.1']);
  greeting = await until(server, /my-device\.key --server coaps.*\n/);
  url = /^Console +(\S+)$/m.exec(greeting)?.[1] ?? '';
  coaps = /^Devices +(\S+)$/m.exec(greeting)?.[1] ?? '';
});
afterAll(() => {
  if (server) killGroup(server);
  rmSync(folder, { recursive: true, force: true });
});

describe('the tour', { timeout: 90_000 }, () => {
  it('starts a server that says where it is and how to go on', () => {
    expect(greeting).toMatch(/^Sign in +http:\/\/127\.0\.0\.1:\d+\/sign-in#\S{20,}/m);
    expect(greeting).toContain('this is the first start');
    expect(greeting).toContain(`./reeve device add my-device --server ${url} > reeve-data/my-device.key`);
    expect(statSync(join(folder, 'reeve-data', 'local.token')).mode & 0o777).toBe(0o600);
  });

  it('adds a device, connects it, reads and writes it, and removes it', async () => {
    const added = await reeveProcess(['device', 'add', 'my-device', '--label', 'fleet=trucks']);
    expect(added).toMatchObject({ code: 0, out: expect.stringMatching(/^[0-9a-f]{32}\n$/) });
    expect(await reeveProcess(['device', 'add', 'my-device'])).toMatchObject({ code: exitCodes.refused.code });

    const device = start([
      'simulate',
      '--server',
      coaps,
      '--device',
      'my-device',
      '--key-file',
      '-',
      '--scenario',
      'idle',
    ]);
    device.stdin?.end(added.out);
    await until(device, /registered as \/rd\//);
    expect((await reeve(['device', 'ls'])).out).toMatch(/^my-device +awake +.*fleet=trucks$/m);
    expect(await reeve(['device', 'read', 'my-device', '/3/0/0'])).toMatchObject({ code: 0, out: 'Reeve Simulator' });
    expect(await reeve(['device', 'write', 'my-device', '/1/0/1', '120'])).toMatchObject({
      code: 0,
      out: 'done (2.04)',
    });
    expect(await reeve(['device', 'read', 'my-device', '/3/0/99'])).toMatchObject({ code: 1 });
    expect((await reeve(['device', 'show', 'my-device'])).out).toContain('Reeve Simulator');
    device.kill('SIGTERM');
    await new Promise((resolve) => device.once('close', resolve));
    expect((await reeve(['device', 'ls'])).out).toMatch(/^my-device +deregistered/m);

    const later = await reeve(['device', 'read', 'my-device', '/3/0/9', '--wait', '1']);
    expect(later).toMatchObject({ code: 0, out: expect.stringContaining('queued: until the device registers again') });
    expect((await reeve(['command', 'ls', '--state', 'queued'])).out).toContain('read /3/0/9');
    expect(await reeve(['device', 'rm', 'my-device'])).toMatchObject({ code: 0 });
    expect(await reeve(['device', 'show', 'my-device'])).toMatchObject({ code: exitCodes['not-found'].code });
  });

  it('applies a policy, and points at the errors of a bad one', async () => {
    const good = await reeve(['policy', 'apply', join(examples, 'only-california.yaml')]);
    expect(good).toMatchObject({ code: 0, out: expect.stringContaining('Applied only-california, version 1') });
    expect((await reeve(['policy', 'show', 'only-california'])).out).toContain('must stay in California');
    const bad = await reeve(['policy', 'apply', '-'], 'apiVersion: reeve/v1\nkind: Polcy\n');
    expect(bad.code).toBe(exitCodes.refused.code);
    expect(bad.err).toMatch(/^stdin:2:\d+: .*Policy/m);
    expect(JSON.parse((await reeve(['policy', 'ls', '--json'])).out)).toMatchObject({ items: [{ version: 1 }] });
  });

  it('lets people and programs in', async () => {
    expect((await reeve(['user', 'add', 'ada'])).out).toContain('/sign-in#');
    expect((await reeve(['user', 'link', 'ada'])).out).toContain('/sign-in#');
    const { out } = await reeve(['token', 'create', 'ci', '--json']);
    const made: { secret: string; token: { tokenId: string } } = JSON.parse(out);
    const answer = () => fetch(`${url}/api/v1/session`, { headers: { authorization: `Bearer ${made.secret}` } });
    expect((await answer()).status).toBe(200);
    await reeve(['token', 'revoke', made.token.tokenId]);
    expect((await answer()).status).toBe(401);
    expect((await reeve(['handshake', 'ls'])).err).toContain('No handshake failed');
    expect((await reeve(['handshake', 'counters'])).out).toContain('0 live, 0 asleep');
  });

  it('writes session keys to a file if the environment says so, and warns of it', async () => {
    const words = ['serve', '--http-port', '0', '--coaps-port', '0', '--coap-host', '127.0.0.1', '--data', './keyed'];
    const keyed = start(words, { SSLKEYLOGFILE: './session.keys' });
    const greeted = await until(keyed, /my-device\.key --server coaps.*\n/);
    expect(greeted).toMatch(/Warning: SSLKEYLOGFILE is set\. .*\.\/session\.keys/);
    expect(statSync(join(folder, 'session.keys')).mode & 0o777).toBe(0o600);
    const there = /^Console +(\S+)$/m.exec(greeted)?.[1] ?? '';
    const token = readFileSync(join(folder, 'keyed', 'local.token'), 'utf8').trim();
    const get = (path: string) => fetch(`${there}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
    expect(await (await get('/session')).json()).toMatchObject({ server: { keyLog: true } });
    let journal = '';
    for await (const piece of (await get('/events?after=0')).body ?? []) {
      journal += Buffer.from(piece).toString();
      if (journal.includes('server.keys-logged')) break;
    }
    expect(journal).toContain('./session.keys');
    killGroup(keyed);
  });

  it('says that another server has the folder, or that none answers', async () => {
    const second = start(['serve', '--http-port', '0', '--coaps-port', '0', '--coap-host', '127.0.0.1']);
    await until(second, /Another server uses \.\/reeve-data/);
    const nobody = await reeve(['device', 'ls', '--server', 'http://127.0.0.1:9']);
    expect(nobody).toMatchObject({
      code: exitCodes.unreachable.code,
      err: expect.stringContaining('No server answers'),
    });
    const stranger = await reeve(['device', 'ls', '--token-file', main]);
    expect(stranger.code).toBe(exitCodes['not-allowed'].code);
  });

  it('stops when it is asked to', async () => {
    server.kill('SIGINT');
    expect(await new Promise((resolve) => server.once('close', resolve))).toBe(0);
  });
});
