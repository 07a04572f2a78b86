import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { spawnChild } from '../../../../../tooling/testing/children.ts';
import { hasPeer } from '../../../../../tooling/testing/peers.ts';
import { type DeviceId, newId } from '../../ids.ts';
import type { JournalEntry } from '../../journal/entries.ts';
import { deviceId, person, putPerson, sample, started, webhook } from '../contract-fixtures.ts';
import { storeLimits } from '../limits.ts';
import { StoreError } from '../port.ts';
import { commitGate } from './gate.ts';
import { openSqliteStore } from './store.ts';
import { StoreThread } from './thread.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reeve-durability-'));
  file = join(folder, 'reeve.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function integrity(): unknown {
  const db = new DatabaseSync(file);
  const [row] = db.prepare('PRAGMA integrity_check').all();
  db.close();
  return row?.integrity_check;
}

describe('the file', () => {
  it('keeps everything over a restart, and counts on', async () => {
    const row = person('a');
    const first = await openSqliteStore({ file });
    await first.commit({ changes: [putPerson(row)], journal: [started('1')], samples: [sample(1, 2)] });
    await first.prune({ journal: 100 });
    await first.close();
    const second = await openSqliteStore({ file });
    expect(await second.list('people')).toEqual([row]);
    expect((await second.scan({ deviceId, path: '/3/0/9' }, {})).value).toEqual([2]);
    expect(await second.commit({ journal: [started('2')] })).toEqual({ seqs: [2] });
    await second.close();
    expect(integrity()).toBe('ok');
  });

  it('keeps nothing of a secret that was wiped or went with its row', async () => {
    const secret = (of: number) => Buffer.from(`sealed secret ${of}`.repeat(4));
    const ids = Array.from({ length: 12 }, () => newId.webhook());
    const store = await openSqliteStore({ file });
    const put = (sealed: (of: number) => Uint8Array) =>
      store.commit({
        changes: ids.map((webhookId, of) => {
          return { put: 'webhooks', row: webhook({ webhookId, sealedSecret: sealed(of) }) } as const;
        }),
      });
    await put(secret);
    await put((of) => (of % 2 === 0 ? secret(of) : Uint8Array.of()));
    const gone = ids.filter((_, of) => of % 3 !== 0);
    await store.commit({ changes: gone.map((webhookId) => ({ delete: 'webhooks', key: { webhookId } }) as const) });
    await store.close();
    const bytes = readFileSync(file);
    const found = ids.map((_, of) => bytes.includes(secret(of)));
    expect(found).toEqual(ids.map((_, of) => of % 6 === 0));
  });

  it('is for its owner alone, and for one process at a time', async () => {
    const store = await openSqliteStore({ file });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await expect(openSqliteStore({ file })).rejects.toMatchObject({ name: 'StoreError', kind: 'failing' });
    await store.close();
    await (await openSqliteStore({ file })).close();
  });

  it('is refused with the reason if it is no database or has no place', async () => {
    writeFileSync(file, 'This is not a database, whatever its name may say about it.\n'.repeat(100));
    await expect(openSqliteStore({ file })).rejects.toThrow(/not a database/);
    await expect(openSqliteStore({ file: join(folder, 'none', 'reeve.db') })).rejects.toMatchObject({
      kind: 'failing',
    });
  });
});

describe('kill -9', () => {
  const storeUrl = new URL('./store.ts', import.meta.url).href;
  // Writes from 20 lanes and says what was acknowledged, a line each, after the acknowledgement.
  const writer = `
    const { openSqliteStore } = await import(${JSON.stringify(storeUrl)});
    const [file, run] = process.argv.slice(1);
    const store = await openSqliteStore({ file });
    const lane = async (name) => {
      for (let seq = 0; ; seq++) {
        const consumer = [run, name, seq].join('/');
        await store.commit({
          changes: [{ put: 'cursors', row: { consumer, seq } },
            { put: 'contacts', row: { organisationId: 'org-1', deviceId: consumer, lastContactAt: seq, address: 'x' } }],
          samples: [{ deviceId: run + '/' + name, path: '/3/0/9', at: seq, receivedAt: 1,
            stored: { type: 'string', value: consumer } }],
          journal: [{ type: 'server.started', payload: { version: consumer }, at: 1, organisationId: 'org-1',
            deviceId: run + '/' + name, actor: { kind: 'server', name: 'x' } }],
        });
        process.stdout.write(consumer + '\\n');
      }
    };
    await Promise.all(Array.from({ length: 20 }, (_, name) => lane(name)));
  `;

  const versionOf = ({ payload }: JournalEntry) => ('version' in payload ? payload.version : undefined);
  const bySeq = (a: string, b: string) => Number(a.split('/')[2]) - Number(b.split('/')[2]);

  /** Runs the writer until it has acknowledged some rows, kills it, and gives back all it acknowledged. */
  function writeUntilKilled(run: number): Promise<string[]> {
    const child = spawnChild(process.execPath, ['-e', writer, file, `${run}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return new Promise((resolve, reject) => {
      let output = '';
      child.once('error', reject);
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.length > 1_000 + 700 * run) child.kill('SIGKILL');
      });
      child.once('close', (_, signal) => {
        // The last line may have been cut by the kill.
        if (signal === 'SIGKILL') resolve(output.split('\n').slice(0, -1));
        else reject(new Error('the writer ended by itself'));
      });
    });
  }

  it('loses nothing that was acknowledged, ten times over', async () => {
    const acknowledged: string[] = [];
    for (let run = 0; run < 10; run++) acknowledged.push(...(await writeUntilKilled(run)));
    expect(acknowledged.length).toBeGreaterThan(1_000);
    expect(integrity()).toBe('ok');
    const db = new DatabaseSync(file);
    const rows = new Set(
      db
        .prepare('SELECT "consumer" FROM "cursors"')
        .all()
        .map((row) => String(row.consumer)),
    );
    db.close();
    expect(acknowledged.filter((each) => !rows.has(each))).toEqual([]);
    const store = await openSqliteStore({ file });
    // Each row has its entry and each entry its row, and the seqs have no gaps.
    const entries: JournalEntry[] = [];
    for (;;) {
      const after = entries.at(-1)?.seq;
      const page = await store.journal(after === undefined ? {} : { after });
      if (page.length === 0) break;
      entries.push(...page);
    }
    expect(new Set(entries.map(versionOf))).toEqual(rows);
    expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_, index) => index + 1));
    // So has each what is written behind.
    const contacts = await store.list('contacts');
    expect(new Set(contacts.map((contact) => contact.deviceId))).toEqual(rows);
    for (const series of new Set([...rows].map((row) => row.slice(0, row.lastIndexOf('/'))))) {
      const { value } = await store.scan({ deviceId: series as DeviceId, path: '/3/0/9' }, {});
      const own = [...rows].filter((row) => row.startsWith(`${series}/`)).sort(bySeq);
      expect(value).toEqual(own);
      const journal = await store.journal({ deviceId: series as DeviceId, limit: 5000 });
      expect(journal.map(versionOf)).toEqual(own);
    }
    await store.close();
  });
});

describe('a held-back sync', () => {
  it('delays the answers, not this thread, and everything that gathers goes in one group', async () => {
    const gate = commitGate();
    const store = await openSqliteStore({ file, gate });
    gate.shut();
    let answered = 0;
    const commits = Array.from({ length: 100 }, (_, index) =>
      store.commit({ changes: [putPerson(person(`n${index}`))] }).then(() => answered++),
    );
    for (let turns = 0; turns < 1_000; turns++) await turn();
    expect(answered).toBe(0);
    gate.open();
    await Promise.all(commits);
    expect(await store.count('people')).toBe(100);
    await store.close();
  });

  it('refuses what is too much as busy, and takes on more afterwards', async () => {
    const gate = commitGate();
    const store = await openSqliteStore({ file, gate });
    gate.shut();
    const commits = [store.commit({ journal: [started('first')] })];
    await turn();
    for (let index = 0; index < storeLimits.waiting; index++) commits.push(store.commit({}));
    await expect(store.commit({})).rejects.toMatchObject({ kind: 'busy' });
    gate.open();
    await Promise.all(commits);
    await store.commit({});
    await store.close();
  });

  it('counts the size of what waits, too', async () => {
    const gate = commitGate();
    const store = await openSqliteStore({ file, gate });
    gate.shut();
    const secret = new Uint8Array(storeLimits.waitingSize / 4);
    const commits = [store.commit({})];
    await turn();
    const put = () => store.commit({ changes: [{ put: 'webhooks', row: webhook({ sealedSecret: secret }) }] });
    for (let index = 0; index < 4; index++) commits.push(put());
    await expect(put()).rejects.toMatchObject({ kind: 'busy' });
    gate.open();
    await Promise.all(commits);
    await store.close();
  });
});

describe('a store thread that dies', () => {
  it('leaves nobody waiting and says that the store fails', async () => {
    const broken = () => JSON.parse('null');
    const thread = await StoreThread.start({ file, synchronous: 'FULL' }, broken, () => {});
    const query = thread.query({ statement: 0, cells: [] });
    await expect(query).rejects.toMatchObject({ name: 'StoreError', kind: 'failing' });
    expect(thread.health().state).toBe('failing');
    expect(() => thread.commit(() => {}, { entries: 0, done: () => {}, refused: () => {} })).toThrow(StoreError);
    await thread.close();
  });
});

const canMount = hasPeer('mount (tmpfs, as root)', [
  'sh',
  '-c',
  'd=$(mktemp -d) && mount -t tmpfs -o size=1m tmpfs $d && umount $d && rmdir $d',
]);

describe.skipIf(!canMount)('a full disk', () => {
  let disk: string;
  beforeEach(() => {
    disk = join(folder, 'disk');
    mkdirSync(disk);
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
  });
  afterEach(() => {
    spawnSync('umount', ['-l', disk]);
  });

  it('refuses commits as full, keeps what it acknowledged, reads on, and recovers when there is room', async () => {
    file = join(disk, 'reeve.db');
    const filler = join(disk, 'filler');
    const store = await openSqliteStore({ file });
    writeFileSync(filler, new Uint8Array(2 * 1024 * 1024));
    const acknowledged: string[] = [];
    const put = async () => {
      const row = webhook({ sealedSecret: new Uint8Array(50_000) });
      await store.commit({ changes: [{ put: 'webhooks', row }], journal: [started(row.webhookId)] });
      acknowledged.push(row.webhookId);
    };
    const fill = async () => {
      for (let tries = 0; tries < 200; tries++) await put();
    };
    const full = { name: 'StoreError', kind: 'full' };
    await expect(fill()).rejects.toMatchObject(full);
    expect(store.health().state).toBe('full');
    expect(acknowledged.length).toBeGreaterThan(2);
    // A checkpoint that began before may still make room in the log: what it gives back is used up as well.
    await expect(fill()).rejects.toMatchObject(full);
    expect(store.health().state).toBe('full');
    const kept = async () => (await store.list('webhooks')).map(({ webhookId }) => webhookId);
    expect(await kept()).toEqual(acknowledged.toSorted());
    rmSync(filler);
    await put();
    expect(store.health()).toEqual({ state: 'ok' });
    expect(await kept()).toEqual(acknowledged.toSorted());
    expect(await store.journal({})).toHaveLength(acknowledged.length);
    await store.close();
    expect(integrity()).toBe('ok');
  });
});
