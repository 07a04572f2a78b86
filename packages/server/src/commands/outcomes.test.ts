import { describe, expect, it } from 'vitest';
import type { RequestOutcome } from '../link/port.ts';
import type { NewCommand } from './queue.ts';
import { answered, deviceId, openTestQueue, read, reboot, rest, START, write } from './test-commands.ts';

type Operation = NewCommand['operation'];

const merge: Operation = { kind: 'write', mode: 'partial', path: '/3/0', values: [{ path: '/3/0/14', value: '+01' }] };

const timeout: RequestOutcome = { kind: 'timeout' };

describe('what becomes of a command', () => {
  const cases: readonly [
    what: string,
    operation: Operation,
    outcome: RequestOutcome,
    repeatable: boolean,
    state: string,
    receipt: string,
  ][] = [
    ['an answer of class 2', read, answered(2.05), false, 'answered', 'answered 2.05'],
    ['an answer of class 4', read, answered(4.04), false, 'failed', 'answered 4.04'],
    ['an answer of class 5', reboot, answered(5.0), false, 'failed', 'answered 5.00'],
    ['a reset', write(2), { kind: 'reset' }, false, 'failed', 'the device reset the request'],
    ['no answer to a read', read, timeout, false, 'queued', "no answer; repeated at the device's next contact"],
    ['no answer to a write', write(2), timeout, false, 'queued', "no answer; repeated at the device's next contact"],
    [
      'no answer to an execute',
      reboot,
      timeout,
      false,
      'outcome-unknown',
      'no answer: the device may have acted on it',
    ],
    [
      'no answer to a partial write',
      merge,
      timeout,
      false,
      'outcome-unknown',
      'no answer: the device may have acted on it',
    ],
    [
      'no answer to a repeatable execute',
      reboot,
      timeout,
      true,
      'queued',
      "no answer; repeated at the device's next contact",
    ],
    [
      'an execute that did not leave',
      reboot,
      { kind: 'not-sent', reason: 'the session ended' },
      false,
      'queued',
      "not sent: the session ended; waits for the device's next contact",
    ],
  ];

  it.each(cases)('%s', async (_what, operation, outcome, repeatable, state, receipt) => {
    const test = await openTestQueue({ perform: () => outcome });
    const command = await test.add(operation, { repeatable });
    await rest();
    const row = await test.row(command);
    expect(row.state).toBe(state);
    expect(row.receipts.map(({ step }) => step)).toEqual(['queued', 'sent', state]);
    expect(row.receipts.at(-1)?.text).toBe(receipt);
    expect(row.finishedAt).toBe(state === 'queued' ? undefined : START);
    expect(test.performed).toHaveLength(1);
    const unanswered = outcome.kind === 'timeout' || outcome.kind === 'not-sent';
    expect(test.device.session === undefined).toBe(unanswered);
    const types = (await test.store.journal({ deviceId })).map(({ type }) => type);
    expect(types).toEqual([
      'command.queued',
      'command.sent',
      state === 'queued' ? 'command.requeued' : 'command.finished',
    ]);
  });

  it('keeps what a read brought, and hands it to the telemetry', async () => {
    const test = await openTestQueue();
    const row = await test.row(await test.add(read).then(async (added) => rest().then(() => added)));
    expect(row.values).toEqual([{ path: '/3/0/9', stored: { type: 'integer', value: 7 }, receivedAt: START }]);
    expect(row.code).toBe('2.05');
    expect(test.reports.map(({ path }) => path)).toEqual(['/3/0/9']);
  });

  it('says when an answer was cut off or cannot be read', async () => {
    const test = await openTestQueue({
      perform: () => ({ kind: 'answered', code: 0x45, body: { kind: 'undecodable', detail: 'TLV ends early' } }),
    });
    const command = await test.add(read);
    await rest();
    expect((await test.row(command)).receipts.at(-1)?.text).toBe('answered 2.05, TLV ends early');
    test.behaviour.perform = () => ({
      kind: 'answered',
      code: 0x45,
      body: { kind: 'records', records: [], truncated: true },
    });
    const other = await test.add(read);
    await rest();
    expect((await test.row(other)).receipts.at(-1)?.text).toContain('cut off');
  });

  it('types what it writes by the definition of the object', async () => {
    const test = await openTestQueue();
    await test.add(write(2));
    await rest();
    expect(test.performed).toEqual([
      {
        kind: 'write',
        mode: 'replace',
        path: '/8/0/0',
        records: [{ path: '/8/0/0', stored: { type: 'integer', value: 2 } }],
      },
    ]);
  });

  it.each([
    ['a value of another type', write('locked' as never), '/8/0/0 takes integer, not "locked"'],
    ['a value out of range', write(9), '/8/0/0 takes 0 to 2, not 9'],
    [
      'a value outside of what is written',
      { kind: 'write', mode: 'replace', path: '/8/0', values: [{ path: '/3/0/14', value: 'x' }] } as Operation,
      '/3/0/14 is not at or below /8/0, which is written',
    ],
    ['arguments that are none', { ...reboot, arguments: 'now!' } as Operation, '/3/0/4 takes no such arguments'],
  ])('refuses %s', async (_what, operation, message) => {
    const test = await openTestQueue();
    await expect(test.add(operation)).rejects.toMatchObject({
      code: 'invalid-value',
      message: expect.stringContaining(message),
    });
    expect(await test.store.count('commands')).toBe(0);
  });
});
