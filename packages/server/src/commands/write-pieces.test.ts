import type { CommandOperation } from '@reeve/contract';
import { describe, expect, it } from 'vitest';
import type { LinkOperation, RequestOutcome } from '../link/port.ts';
import { noteHeard } from '../registry/reach.ts';
import { Models } from '../telemetry/models.ts';
import { costOf } from './cost.ts';
import { answered, openTestQueue, rest, START } from './test-commands.ts';

type WriteComposite = Extract<CommandOperation, { kind: 'write-composite' }>;

const together: WriteComposite = {
  kind: 'write-composite',
  values: [
    { path: '/3/0/14', value: '+02:00' },
    { path: '/8/0/0', value: 2 },
  ],
};
const inPieces: WriteComposite = { ...together, inPieces: true };
const acknowledged: RequestOutcome = { kind: 'timeout', acknowledged: true };
const asleep: RequestOutcome = { kind: 'not-sent', reason: 'the device sleeps' };

/** A device that answers an iPATCH so, and other writes with 2.04 unless the test says otherwise. */
function patching(toPatch: RequestOutcome, others: Readonly<Record<string, RequestOutcome>> = {}) {
  return (operation: LinkOperation): RequestOutcome => {
    if (operation.kind === 'write-composite') return toPatch;
    return ('path' in operation ? others[operation.path] : undefined) ?? answered(2.04);
  };
}

const asked = (operations: readonly LinkOperation[]) =>
  operations.map((operation) => ('path' in operation ? `${operation.kind} ${operation.path}` : operation.kind));
const ONE_BY_ONE = ['write /3/0/14', 'write /8/0/0'];

async function written(
  toPatch: RequestOutcome,
  { others = {}, operation = inPieces }: { others?: Record<string, RequestOutcome>; operation?: WriteComposite } = {},
) {
  const test = await openTestQueue({ registration: { queueMode: 1 }, perform: patching(toPatch, others) });
  const command = await test.add(operation, { expiresAt: START + 1000 });
  await rest();
  return {
    ...test,
    shown: () => test.row(command),
    quirks: () => test.device.registration?.quirks,
    expire: () => test.queue.tick(START + 1000),
  };
}

describe('values that may be written one by one, of a device that does not take them together', () => {
  it.each([
    ['refuses it with 4.05', answered(4.05)],
    ['refuses it with 5.01', answered(5.01)],
    ['acknowledges it and says nothing more', acknowledged],
  ])('P29: and %s are, at once and from then on', async (_, toPatch) => {
    const test = await written(toPatch);
    expect(asked(test.performed)).toEqual(['write-composite', ...ONE_BY_ONE]);
    expect(test.performed[1]).toMatchObject({ mode: 'replace', records: [{ path: '/3/0/14' }] });
    const row = await test.shown();
    expect(row).toMatchObject({ state: 'answered', code: '2.04' });
    expect(row.pieces).toEqual([
      { path: '/3/0/14', written: true, text: 'answered 2.04' },
      { path: '/8/0/0', written: true, text: 'answered 2.04' },
    ]);
    expect(row.receipts.at(-1)?.text).toBe('answered 2.04; 2 of 2 values were written');
    expect(test.quirks()).toEqual({ noIpatch: true });
    test.performed.length = 0;
    await test.add(inPieces);
    await rest();
    expect(asked(test.performed)).toEqual(ONE_BY_ONE);
  });

  it('are after 4.13 too, which says nothing of fewer values', async () => {
    const test = await written(answered(4.13));
    expect(asked(test.performed)).toEqual(['write-composite', ...ONE_BY_ONE]);
    expect(await test.shown()).toMatchObject({ state: 'answered' });
    expect(test.quirks()).toBeUndefined();
  });

  it('DM-6: are not, unless who wants them written says so', async () => {
    const test = await written(answered(4.05), { operation: together });
    expect(asked(test.performed)).toEqual(['write-composite']);
    expect(await test.shown()).toMatchObject({ state: 'failed', code: '4.05' });
    expect((await test.shown()).pieces).toBeUndefined();
    await test.add(inPieces);
    await rest();
    test.performed.length = 0;
    await test.add(together);
    await rest();
    expect(asked(test.performed)).toEqual(['write-composite']);
  });

  it('are not after any other refusal', async () => {
    const test = await written(answered(4.01));
    expect(asked(test.performed)).toEqual(['write-composite']);
    expect(await test.shown()).toMatchObject({ state: 'failed', code: '4.01' });
  });

  it('fail if one of them does, and what became of each is told', async () => {
    const test = await written(answered(4.05), { others: { '/3/0/14': answered(4.05) } });
    const row = await test.shown();
    expect(row).toMatchObject({ state: 'failed', code: '4.05' });
    expect(row.pieces).toEqual([
      { path: '/3/0/14', written: false, text: 'answered 4.05' },
      { path: '/8/0/0', written: true, text: 'answered 2.04' },
    ]);
    expect(row.receipts.at(-1)?.text).toBe('answered 4.05; 1 of 2 values were written');
    // It may have been that value alone which the whole was refused for.
    expect(test.quirks()).toBeUndefined();
  });

  it('fail if one of them cannot be said, and the others are written all the same', async () => {
    const test = await written(answered(5.01), { others: { '/3/0/14': { kind: 'unencodable', reason: 'no format' } } });
    expect(await test.shown()).toMatchObject({ state: 'failed', pieces: [{ written: false }, { written: true }] });
    expect(test.quirks()).toEqual({ noIpatch: true });
  });

  it('DM-2: are merged into their instance where they are of several, so that they need not be there', async () => {
    const operation: WriteComposite = {
      ...{ kind: 'write-composite', inPieces: true },
      values: [{ path: '/3/0/33000/1', value: 'x', type: 'string' }],
    };
    const test = await written(answered(4.05), { operation });
    expect(test.performed[1]).toMatchObject({
      ...{ kind: 'write', mode: 'partial', path: '/3/0' },
      records: [{ path: '/3/0/33000/1' }],
    });
    expect((await test.shown()).pieces).toMatchObject([{ path: '/3/0/33000/1', written: true }]);
  });

  it('ET-2: are only written: nothing is removed so', async () => {
    const test = await openTestQueue();
    const values = [...inPieces.values, { path: '/3/0/6/1', value: null }];
    await expect(test.add({ ...inPieces, values })).rejects.toMatchObject({ code: 'invalid-value' });
  });

  it('cost what they cost one by one', async () => {
    const test = await written(answered(4.05));
    const cost = (operation: CommandOperation) =>
      costOf({
        ...{ operation, device: test.device, models: new Models(), values: [], waiting: undefined },
        requestsFor: (of, which) => test.queue.requestsFor(of, which),
      });
    expect([cost(inPieces).datagrams, cost(together).datagrams]).toEqual([2, 1]);
  });

  it('UP-2: change the lifetime of the registration if that is among those written', async () => {
    const registration = { lifetime: 300, objects: [{ objectId: 1, instances: [0] }] };
    const test = await openTestQueue({
      registration,
      perform: patching(answered(4.05), { '/3/0/14': answered(4.04) }),
    });
    await test.add({ ...inPieces, values: [...together.values, { path: '/1/0/1', value: 60 }] });
    await rest();
    expect(test.device.registration?.lifetime).toBe(60);
  });
});

describe('values that are written one by one of a device that goes away meanwhile', () => {
  it.each([
    ['does not answer', { kind: 'timeout' } as const, 'no answer'],
    ['falls asleep', asleep, 'not sent: the device sleeps'],
  ])('and %s are written anew when it is back, all of them', async (_, lost, text) => {
    const test = await written(answered(4.05), { others: { '/8/0/0': lost } });
    expect(await test.shown()).toMatchObject({
      state: 'queued',
      pieces: [{ written: true }, { path: '/8/0/0', written: false, text }],
    });
    test.performed.length = 0;
    test.behaviour.perform = patching(answered(4.05));
    noteHeard(test.device, START + 1);
    await test.heard();
    expect(asked(test.performed)).toEqual(['write-composite', ...ONE_BY_ONE]);
    expect(await test.shown()).toMatchObject({ state: 'answered', pieces: [{ written: true }, { written: true }] });
  });

  it.each([
    ['one of them was written', patching(answered(4.05), { '/8/0/0': asleep })],
    ['it may have taken the whole', patching(acknowledged, { '/3/0/14': asleep })],
  ])('and stays away are not said to have come to nothing if %s', async (_, perform) => {
    const test = await openTestQueue({ registration: { queueMode: 1 }, perform });
    const command = await test.add(inPieces, { expiresAt: START + 1000 });
    await rest();
    await test.queue.tick(START + 1000);
    expect((await test.row(command)).state).toBe('outcome-unknown');
  });

  it('and stays away have come to nothing if it refused the whole and heard of none', async () => {
    const test = await written(answered(4.05), { others: { '/3/0/14': asleep } });
    await test.expire();
    expect(await test.shown()).toMatchObject({ state: 'expired' });
    expect((await test.shown()).pieces).toBeUndefined();
  });

  it('keep what is known of each if then none of them leaves', async () => {
    const test = await written(answered(4.05), { others: { '/8/0/0': asleep } });
    test.behaviour.perform = () => asleep;
    await test.heard();
    expect(await test.shown()).toMatchObject({ state: 'queued', pieces: [{ written: true }, { written: false }] });
  });
});
