import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandOperation } from '@reeve/contract';
import { describe, expect, it } from 'vitest';
import { newId } from '../ids.ts';
import type { LinkOperation, RequestOutcome } from '../link/port.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import type { Store } from '../store/port.ts';
import { openSealer } from '../store/sealing.ts';
import { ada, answered, obedient, openTestQueue, rest, START } from './test-commands.ts';

/** What nobody is to read, as text and as it is written to an opaque resource. */
const TEXT = 'hunter2!';
const OPAQUE = Buffer.from(TEXT).toString('base64');

const single: CommandOperation = {
  kind: 'write',
  mode: 'replace',
  path: '/5/0/0',
  values: [{ path: '/5/0/0', value: OPAQUE }],
};
const operations: Readonly<Record<string, CommandOperation>> = {
  'a Write of one resource': single,
  'a Write of an instance': {
    kind: 'write',
    mode: 'partial',
    path: '/5/0',
    values: [
      { path: '/5/0/1', value: 'coap://reeve.example/fw' },
      { path: '/5/0/0', value: OPAQUE },
    ],
  },
  'a Create': {
    kind: 'create',
    path: '/9',
    values: [
      { path: '/7', value: 0, type: 'integer' },
      { path: '/2', value: OPAQUE },
    ],
  },
  'a Write-Composite': {
    kind: 'write-composite',
    values: [
      { path: '/5/0/0', value: OPAQUE },
      { path: '/1/0/1', value: 60 },
      { path: '/33000/0/1', value: TEXT, secret: true },
    ],
  },
  'a Write of what the caller calls secret': {
    kind: 'write',
    mode: 'replace',
    path: '/33000/0/1',
    values: [{ path: '/33000/0/1', value: TEXT, secret: true }],
  },
};

const objects = [
  { objectId: 1, instances: [0] },
  { objectId: 5, instances: [0] },
  { objectId: 9, instances: [] },
];
const registration = { objects };
const timeout: RequestOutcome = { kind: 'timeout' };

/** All that is stored of commands, and told of them. */
async function told(store: Store): Promise<string> {
  const rows = await store.list('commands', {});
  return JSON.stringify([rows, await store.journal({})], (_, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );
}

function expectHidden(text: string): void {
  expect(text).toContain('(hidden)');
  expect(text).not.toContain(TEXT);
  expect(text).not.toContain(OPAQUE);
}

const valuesIn = (operation: LinkOperation | undefined) =>
  operation && 'records' in operation ? operation.records.map(({ stored }) => stored.value) : [];

describe('what is written and must not be read', () => {
  it.each(Object.entries(operations))('by %s is hidden and sealed while it waits, and delivered', async (_, asked) => {
    const test = await openTestQueue({ registration, connected: false });
    const row = await test.add(asked);
    expect(row.sealedValues).toBeDefined();
    expectHidden(await told(test.store));
    await test.heard();
    const wanted = 'values' in asked ? asked.values.map(({ value }) => value) : [];
    expect(valuesIn(test.performed[0])).toEqual(wanted);
    const ended = await test.row(row);
    expect(ended).toMatchObject({ state: 'answered', operation: row.operation });
    expect(ended.sealedValues).toBeUndefined();
    expectHidden(await told(test.store));
  });

  it('is told apart from what may be read', async () => {
    const test = await openTestQueue({ registration });
    const { operation } = await test.add(operations['a Write-Composite'] ?? single);
    expect(operation).toMatchObject({
      values: [
        { path: '/5/0/0', value: null, secret: true },
        { path: '/1/0/1', value: 60 },
        { path: '/33000/0/1', value: null, secret: true },
      ],
    });
  });

  it('is what the definition says it is, and not what nobody knows', async () => {
    const test = await openTestQueue();
    const unknown = { path: '/33000/0/1', value: TEXT };
    const row = await test.add({ kind: 'write', mode: 'replace', path: unknown.path, values: [unknown] });
    expect(row.operation).toMatchObject({ values: [unknown] });
    expect(row.sealedValues).toBeUndefined();
  });

  it('is shown where a policy has it written, as the targets of a lock', async () => {
    const test = await openTestQueue({ registration });
    const targets: CommandOperation = {
      ...{ kind: 'write', mode: 'replace', path: '/8/0/1' },
      values: [{ path: '/8/0/1/0', value: 'cab' }],
    };
    const own = await test.add(targets, { responseId: newId.response() });
    expect([own.operation, own.sealedValues]).toEqual([targets, undefined]);
    expect((await test.add(targets)).operation).toMatchObject({ values: [{ value: null, secret: true }] });
  });

  it('goes in pieces as well', async () => {
    const perform = (operation: LinkOperation) => answered(operation.kind === 'write-composite' ? 4.05 : 2.04);
    const test = await openTestQueue({ registration, perform });
    const values = [
      { path: '/5/0/0', value: OPAQUE },
      { path: '/1/0/1', value: 60 },
    ];
    const row = await test.add({ kind: 'write-composite', values, inPieces: true });
    await rest();
    expect(test.performed.map(valuesIn)).toEqual([[OPAQUE, 60], [OPAQUE], [60]]);
    expect(await test.row(row)).toMatchObject({ state: 'answered', pieces: [{ written: true }, { written: true }] });
    expectHidden(await told(test.store));
  });

  it.each<[string, (test: Awaited<ReturnType<typeof openTestQueue>>) => Promise<unknown>]>([
    ['expired', (test) => test.queue.tick(START + 2000)],
    [
      'cancelled',
      async (test) => {
        const [row] = await test.store.list('commands', {});
        if (row) await test.queue.cancel(row.commandId, ada);
      },
    ],
    [
      'cancelled',
      async (test) => {
        test.fleet.remove(test.device);
        await test.queue.tick(START);
      },
    ],
    [
      'failed',
      async (test) => {
        test.behaviour.perform = () => answered(4.05);
        await test.heard();
      },
    ],
    [
      'outcome-unknown',
      async (test) => {
        test.behaviour.perform = () => timeout;
        await test.heard();
        await test.queue.tick(START + 2000);
      },
    ],
  ])('is wiped when the command is %s', async (state, end) => {
    const test = await openTestQueue({ registration, connected: false });
    const row = await test.add(single, { expiresAt: START + 1000 });
    await end(test);
    await rest();
    const ended = await test.row(row);
    expect([ended.state, ended.sealedValues, ended.valuesDigest]).toEqual([state, undefined, undefined]);
    expectHidden(await told(test.store));
  });

  it('is delivered after a restart, whether it waited or was on its way', async () => {
    for (const connected of [false, true]) {
      const store = openMemoryStore();
      const before = await openTestQueue({ store, registration, connected, perform: () => new Promise(() => {}) });
      const row = await before.add(single);
      await rest();
      expect((await before.row(row)).state).toBe(connected ? 'sent' : 'queued');
      const after = await openTestQueue({ store, registration, connected: false });
      await after.heard();
      expect(after.performed.map(valuesIn)).toEqual([[OPAQUE]]);
      expect((await after.row(row)).state).toBe('answered');
      expectHidden(await told(store));
    }
  });

  it('that does not open any more ends the command, and says why', async () => {
    const store = openMemoryStore();
    const row = await (await openTestQueue({ store, registration, connected: false })).add(single);
    const sealer = await openSealer({ keyFile: join(mkdtempSync(join(tmpdir(), 'reeve-other-')), 'key') });
    const test = await openTestQueue({ store, sealer, registration, connected: false });
    await test.heard();
    expect(test.performed).toEqual([]);
    const ended = await test.row(row);
    expect(ended).toMatchObject({ state: 'failed' });
    expect(ended.receipts.at(-1)?.text).toContain('another key');
  });

  it('is not told in the refusal of what does not fit, nor taken from where it is hidden', async () => {
    const test = await openTestQueue({ registration });
    const add = (value: string | null) =>
      test.add({ ...single, values: [{ path: '/5/0/0', value, secret: true }] } as CommandOperation);
    await expect(add('hunter2!')).rejects.toThrow('/5/0/0 takes opaque, not what was given');
    await expect(add(null)).rejects.toThrow('missing');
    expect(await test.store.count('commands')).toBe(0);
  });
});

describe('a repeated request with a secret', () => {
  const again = { idempotencyKey: 'once' };
  const other = (value: string): CommandOperation => ({
    ...{ kind: 'write', mode: 'replace', path: '/5/0/0' },
    values: [{ path: '/5/0/0', value }],
  });

  it.each([
    ['while it waits', false],
    ['once it has ended', true],
  ])('is the same command %s if its secret is', async (_, connected) => {
    const test = await openTestQueue({ registration, connected, perform: obedient });
    const { commandId } = await test.add(single, again);
    await rest();
    expect((await test.add(single, again)).commandId).toBe(commandId);
    const refused = { code: 'wrong-state', message: expect.stringContaining('another command') };
    await expect(test.add(other('aHVudGVyMyE='), again)).rejects.toMatchObject(refused);
    await expect(test.add(other('AAAA'), again)).rejects.toMatchObject(refused);
    expectHidden(await told(test.store));
  });

  it('is another one if a value beside the secret is another', async () => {
    const test = await openTestQueue({ registration });
    const of = (lifetime: number): CommandOperation => ({
      kind: 'write-composite',
      values: [
        { path: '/5/0/0', value: OPAQUE },
        { path: '/1/0/1', value: lifetime },
      ],
    });
    const { commandId } = await test.add(of(60), again);
    expect((await test.add(of(60), again)).commandId).toBe(commandId);
    await expect(test.add(of(61), again)).rejects.toMatchObject({ code: 'wrong-state' });
    await expect(test.add(single, again)).rejects.toMatchObject({ code: 'wrong-state' });
  });
});
