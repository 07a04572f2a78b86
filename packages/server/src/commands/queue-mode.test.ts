import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CommandId } from '../ids.ts';
import type { RequestOutcome } from '../link/port.ts';
import { isReachable, noteHeard } from '../registry/reach.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import {
  ada,
  answered,
  connect,
  deviceId,
  deviceRow,
  openTestQueue,
  read,
  reboot,
  registrationOf,
  rest,
  START,
  write,
} from './test-commands.ts';

const timeout: RequestOutcome = { kind: 'timeout' };
const asleep = { registration: { queueMode: 1, lastContactAt: START - 93_000 } };

describe('queue mode', () => {
  it('P9, QM-3: a device that leaves a request unanswered sleeps until it is heard; its session lives on', async () => {
    const test = await openTestQueue({ registration: { queueMode: 1 }, perform: () => timeout });
    const first = await test.add(write(1));
    await test.add(write(2));
    await rest();
    expect(test.performed).toHaveLength(1);
    expect((await test.row(first)).state).toBe('queued');
    expect(test.device.session).toBeDefined();
    for (let second = 1; second < 60; second++) await test.queue.tick(START + second * 1000);
    expect(test.performed).toHaveLength(1);
    expect(test.queue.whyWaiting(test.device)).toEqual({ reason: 'asleep', text: 'asleep until heard' });
    test.behaviour.perform = () => answered(2.04);
    noteHeard(test.device, START + 60_000);
    await test.heard(false);
    expect(test.performed.map((operation) => operation.kind === 'write' && operation.records[0]?.stored.value)).toEqual(
      [1, 1, 2],
    );
  });

  it('QM-1: the window is that of the device, and anything that is heard begins it anew', async () => {
    const test = await openTestQueue({ registration: { queueMode: 1 } });
    test.fleet.put(deviceRow({ awakeSeconds: 10 }));
    expect(isReachable(test.device, START + 9_999)).toBe(true);
    expect(isReachable(test.device, START + 10_000)).toBe(false);
    noteHeard(test.device, START + 9_000);
    expect(isReachable(test.device, START + 18_999)).toBe(true);
    expect(isReachable(test.device, START + 19_000)).toBe(false);
  });

  it('P9: what is queued when the window has closed meanwhile is not sent', async () => {
    const test = await openTestQueue({
      registration: { queueMode: 1 },
      perform: () => {
        test.time.now += 93_000;
        return answered(2.04);
      },
    });
    for (const value of [1, 2]) await test.add(write(value));
    await rest();
    expect(test.performed).toHaveLength(1);
  });

  it('QM-5: a new registration, from another address, finds the queue as it was', async () => {
    const test = await openTestQueue(asleep);
    for (const value of [1, 2]) await test.add(write(value));
    await rest();
    expect(test.performed).toEqual([]);
    const registrationId = `${registrationOf(deviceId).registrationId}-2` as ReturnType<
      typeof registrationOf
    >['registrationId'];
    test.fleet.setRegistration(
      test.device,
      registrationOf(deviceId, { queueMode: 1, registrationId, address: '[::2]:9' }),
    );
    await test.heard();
    expect(test.performed).toHaveLength(2);
  });

  it('P9, QM-2: of what was sent without an answer only that is sent again that may be', async () => {
    const test = await openTestQueue({ registration: { queueMode: 1 }, perform: () => timeout });
    const execute = await test.add(reboot);
    await rest();
    // The device may have done it, and slept before it could say so.
    expect(await test.row(execute)).toMatchObject({ state: 'outcome-unknown', attempts: 1 });
    const written = await test.add(write(1));
    const repeatable = await test.add(reboot, { repeatable: true });
    test.behaviour.perform = () => answered(2.04);
    noteHeard(test.device, START + 1);
    await test.heard(false);
    expect(await test.row(written)).toMatchObject({ state: 'answered', attempts: 1 });
    expect(await test.row(repeatable)).toMatchObject({ state: 'answered' });
    expect(test.performed.filter(({ kind }) => kind === 'execute')).toHaveLength(2);
  });

  it('a device that was heard while its request went unanswered is awake, and is asked again', async () => {
    const first = Promise.withResolvers<RequestOutcome>();
    const test = await openTestQueue({ registration: { queueMode: 1 }, perform: () => first.promise });
    const command = await test.add(read);
    await rest();
    noteHeard(test.device, START + 1);
    test.behaviour.perform = () => answered(2.05);
    first.resolve(timeout);
    await rest();
    expect((await test.row(command)).state).toBe('answered');
  });
});

const priorities = ['urgent', 'normal', 'background'] as const;

/** What happens to a queue: people, the device, time, and the process. */
const happening = fc.oneof(
  fc.record({
    kind: fc.constant('add' as const),
    priority: fc.constantFrom(...priorities),
    ttl: fc.integer({ min: 1, max: 400 }),
  }),
  fc.record({ kind: fc.constant('cancel' as const), which: fc.nat(20) }),
  fc.record({ kind: fc.constant('outcome' as const), outcome: fc.constantFrom('answered', 'timeout', 'not-sent') }),
  fc.record({ kind: fc.constant('heard' as const), anew: fc.boolean() }),
  fc.record({ kind: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 120 }) }),
  fc.record({ kind: fc.constant('restart' as const) }),
);

const outcomes: Readonly<Record<string, RequestOutcome>> = {
  answered: answered(2.04),
  timeout,
  'not-sent': { kind: 'not-sent', reason: 'limit' },
};

describe('whatever happens to a queue', () => {
  it('P9: one is under way at most, none is sent to a sleeping device, the first of the highest priority goes, none is lost', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 40 }), async (happenings) => {
        const store = openMemoryStore();
        const time = { now: START };
        const added: CommandId[] = [];
        const faults: string[] = [];
        let process = 0;
        let answer: ((outcome: RequestOutcome) => void) | undefined;
        const start = async () => {
          const own = process;
          const test = await openTestQueue({
            ...{ store, time, connected: false, registration: { queueMode: 1, lastContactAt: START } },
            perform: async (_operation, device) => {
              if (own !== process) return new Promise(() => {});
              // What is thrown in here is taken for a failure of the link.
              const sent = await store.list('commands', { where: { state: 'sent' } });
              const place = sent[0]?.position ?? Number.NaN;
              const waiting = await store.list('commands', { where: { state: 'queued' } });
              if (answer || sent.length !== 1) faults.push('two are under way');
              if (!isReachable(device, time.now)) faults.push('the device sleeps');
              if (!waiting.every(({ position }) => position > place)) faults.push('it is not the first');
              return new Promise((resolve) => {
                answer = resolve;
              });
            },
          });
          return test;
        };
        let test = await start();
        for (const step of happenings) {
          switch (step.kind) {
            case 'add': {
              const { priority, ttl } = step;
              const options = { priority, expiresAt: time.now + ttl * 1000 };
              added.push((await test.add(write(1), options)).commandId);
              break;
            }
            case 'cancel': {
              const commandId = added[step.which];
              if (commandId) await test.queue.cancel(commandId, ada).catch(() => {});
              break;
            }
            case 'outcome': {
              const resolve = answer;
              answer = undefined;
              const outcome = outcomes[step.outcome];
              if (outcome) resolve?.(outcome);
              break;
            }
            case 'heard':
              noteHeard(test.device, time.now);
              if (step.anew || !test.device.session) connect(test.fleet, test.device);
              test.queue.heard(test.device);
              break;
            case 'pass':
              time.now += step.seconds * 1000;
              await test.queue.tick(time.now);
              break;
            case 'restart':
              process += 1;
              answer = undefined;
              await test.queue.close();
              test = await start();
              break;
          }
          await rest();
        }
        // The device behaves from now on: every command comes to an end.
        for (let turn = 0; turn < 2 * added.length + 2; turn++) {
          noteHeard(test.device, time.now);
          if (!test.device.session) connect(test.fleet, test.device);
          test.queue.heard(test.device);
          await rest();
          const resolve = answer;
          answer = undefined;
          resolve?.(answered(2.04));
          await rest();
        }
        expect(faults).toEqual([]);
        const rows = await store.list('commands');
        expect(rows).toHaveLength(added.length);
        for (const row of rows) {
          expect(['answered', 'failed', 'expired', 'cancelled', 'outcome-unknown']).toContain(row.state);
          // Nobody is told that nothing came of what was sent without an answer.
          if (row.unanswered === 1) expect(['answered', 'failed', 'outcome-unknown']).toContain(row.state);
        }
        await test.queue.close();
      }),
      { numRuns: 60 },
    );
  });
});
