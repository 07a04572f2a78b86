import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type RunningServer, startServer } from '@reeve/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../cli.ts';
import { fakeTerminal } from '../testing.ts';

const DEVICE_KEY = '00112233445566778899aabbccddeeff';

let folder: string;
let data: string;
let server: RunningServer;

const serverOn = (dataFolder: string, sealingKeyFile?: string) =>
  startServer({
    dataFolder,
    listen: [{ transport: 'coaps', host: '127.0.0.1', port: 0 }],
    http: { host: '127.0.0.1', port: 0 },
    ...(sealingKeyFile === undefined ? {} : { sealingKeyFile }),
    link: 'main',
    logLevel: 'silent',
  });

async function reeve(words: readonly string[], input = '') {
  const { terminal, out, err } = fakeTerminal({ input });
  const code = await runCli(words, terminal);
  return { code, out: out.join('\n'), err: err.join('\n') };
}

const at = (name: string) => join(folder, name);
const on = ({ url }: RunningServer, dataFolder: string) => ['--server', url, '--data', dataFolder];

/** A folder with nothing but a sealing key. */
function folderWithKey(name: string, key: Uint8Array = readFileSync(join(data, 'sealing.key'))): string {
  mkdirSync(at(name));
  writeFileSync(join(at(name), 'sealing.key'), key, { mode: 0o600 });
  return at(name);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reeve-backup-'));
  data = at('data');
  server = await serverOn(data);
  const added = await reeve(['device', 'add', 'truck-1', '--key-file', '-', ...on(server, data)], DEVICE_KEY);
  expect(added.code).toBe(0);
  expect((await reeve(['backup', at('all.backup'), ...on(server, data)])).code).toBe(0);
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

describe('reeve backup', () => {
  it('writes one file for its owner, and leaves nothing beside it or with the server', async () => {
    const { code, err } = await reeve(['backup', at('again.backup'), ...on(server, data)]);
    const [, fingerprint = ''] = /sealing key ([0-9a-f]{16})\./.exec(err) ?? [];
    expect([code, fingerprint.length]).toEqual([0, 16]);
    expect(statSync(at('again.backup')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).filter((name) => name.startsWith('again'))).toEqual(['again.backup']);
    expect(readdirSync(data).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('holds neither the sealing key nor a device key in the clear', () => {
    const backup = readFileSync(at('all.backup'));
    expect(backup.includes('truck-1')).toBe(true);
    for (const secret of [readFileSync(join(data, 'sealing.key')), Buffer.from(DEVICE_KEY, 'hex'), DEVICE_KEY]) {
      expect(backup.includes(secret)).toBe(false);
    }
  });

  it('replaces the backup before as a whole, and is journalled with who took it', async () => {
    writeFileSync(at('old.backup'), 'old');
    chmodSync(at('old.backup'), 0o644);
    expect((await reeve(['backup', at('old.backup'), ...on(server, data)])).code).toBe(0);
    expect(statSync(at('old.backup')).mode & 0o777).toBe(0o600);
    const db = new DatabaseSync(at('old.backup'));
    const found = db.prepare(`SELECT "entries" FROM "journal" WHERE "entries" LIKE '%["store.backed-up"%'`).all();
    db.close();
    expect(found.length).toBeGreaterThan(0);
    expect(String(found[0]?.entries)).toContain('local command line');
  });

  it('needs a token', async () => {
    const answer = await fetch(`${server.url}/api/v1/backup`, { method: 'POST' });
    expect(answer.status).toBe(401);
  });

  it('that cannot be written says so', async () => {
    const { code, err } = await reeve(['backup', at('none/all.backup'), ...on(server, data)]);
    expect([code, err.includes('Cannot write')]).toEqual([2, true]);
  });
});

describe('reeve restore', () => {
  it('refuses without the sealing key, names it, and leaves no folder', async () => {
    const { code, err } = await reeve(['restore', at('all.backup'), '--data', at('keyless')]);
    expect(code).toBe(4);
    expect(err).toMatch(/sealed with the key [0-9a-f]{16}, and there is no key at/);
    expect(readdirSync(folder)).not.toContain('keyless');
  });

  it('refuses with another key, naming both', async () => {
    const other = folderWithKey('other', Buffer.alloc(32, 7));
    const { code, err } = await reeve(['restore', at('all.backup'), '--data', other]);
    expect(code).toBe(4);
    expect(err).toMatch(/sealed with the key [0-9a-f]{16}, and the key at \S+ is [0-9a-f]{16}/);
    expect(readdirSync(other)).toEqual(['sealing.key']);
  });

  it('refuses a folder that is used', async () => {
    const before = readdirSync(data);
    const { code, err } = await reeve(['restore', at('all.backup'), '--data', data]);
    expect([code, err.includes('reeve.db')]).toEqual([4, true]);
    expect(readdirSync(data)).toEqual(before);
  });

  it.each([
    ['damaged', (bytes: Buffer) => bytes.fill(0x5a, bytes.length / 2)],
    ['cut', (bytes: Buffer) => bytes.subarray(0, bytes.length - 8192)],
    ['no database', () => Buffer.from('words, and more words')],
    ['empty', () => Buffer.alloc(0)],
  ])('refuses a file that is %s', async (name, spoil) => {
    writeFileSync(at(`${name}.backup`), spoil(readFileSync(at('all.backup'))));
    const target = folderWithKey(`from ${name}`);
    const { code, err } = await reeve(['restore', at(`${name}.backup`), '--data', target]);
    expect([code, err.includes("can't be restored")]).toEqual([4, true]);
    expect(readdirSync(target)).toEqual(['sealing.key']);
  });

  it('refuses the backup of a newer release', async () => {
    copyFileSync(at('all.backup'), at('newer.backup'));
    const db = new DatabaseSync(at('newer.backup'));
    db.exec(`UPDATE "meta" SET "value" = 99 WHERE "name" = 'schemaVersion'`);
    db.close();
    const { code, err } = await reeve(['restore', at('newer.backup'), '--data', folderWithKey('newer')]);
    expect([code, err.includes('schema version 99')]).toEqual([4, true]);
  });

  it('gives a server everything back but DTLS sessions, and numbers that were never used', async () => {
    copyFileSync(at('all.backup'), at('sessions.backup'));
    const db = new DatabaseSync(at('sessions.backup'));
    db.exec(`INSERT INTO "dtlsSessions" ("organisationId", "sessionId", "identity", "credential", "address", "ingress",
      "sealedSnapshot", "sendLimit", "openedAt") VALUES ('o', 's', 'psk:00', 'c', '192.0.2.1:1', 0, x'00', 1, 1)`);
    const newest = Number(db.prepare('SELECT max("last") AS "seq" FROM "journal"').get()?.seq);
    db.close();
    const target = folderWithKey('target');
    const { code, err } = await reeve(['restore', at('sessions.backup'), '--data', target]);
    expect([code, err.includes('1 DTLS sessions were left out')]).toEqual([0, true]);
    expect(statSync(join(target, 'reeve.db')).mode & 0o777).toBe(0o600);
    expect(readdirSync(target).sort()).toEqual(['reeve.db', 'sealing.key']);

    const restored = await serverOn(target);
    const devices = await reeve(['device', 'ls', '--json', ...on(restored, target)]);
    const metrics = await reeve(['server', 'metrics', ...on(restored, target)]);
    await restored.close();
    expect(JSON.parse(devices.out).items.map(({ endpoint }: { endpoint: string }) => endpoint)).toEqual(['truck-1']);
    const seq = Number(/^reeve_store_journal_seq (\d+)$/m.exec(metrics.out)?.[1]);
    expect(seq).toBeGreaterThan(newest + 1_000_000);
    const file = new DatabaseSync(join(target, 'reeve.db'));
    expect(file.prepare('SELECT count(*) AS "n" FROM "dtlsSessions"').get()?.n).toBe(0);
    // The server's raw key opened: it was not made anew.
    expect(
      file.prepare(`SELECT count(*) AS "n" FROM "journal" WHERE "entries" LIKE '%server.key-replaced%'`).get()?.n,
    ).toBe(0);
    file.close();
  });

  it('takes the key from where it is said to be', async () => {
    const words = ['restore', at('all.backup'), '--data', at('apart'), '--sealing-key', join(data, 'sealing.key')];
    const { code, err } = await reeve(words);
    expect([code, err.includes(`--data ${at('apart')} --sealing-key ${join(data, 'sealing.key')}`)]).toEqual([0, true]);
    expect(readdirSync(at('apart'))).toEqual(['reeve.db']);
    // A server that knows no key makes none in its place.
    await expect(serverOn(at('apart'))).rejects.toThrow(/there is no sealing key at .*: what is stored is sealed with/);
    expect(readdirSync(at('apart'))).toEqual(['reeve.db']);
  });
});
