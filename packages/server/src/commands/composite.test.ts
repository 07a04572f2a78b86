import type { CommandOperation } from '@reeve/contract';
import { describe, expect, it } from 'vitest';
import { Models, toStored } from '../telemetry/models.ts';
import { Values } from '../telemetry/values.ts';
import { commandHandlers } from './handlers.ts';
import {
  ada,
  answered,
  deviceId,
  openTestQueue,
  organisationId,
  registrationOf,
  rest,
  START,
} from './test-commands.ts';

const paths = ['/3/0/9', '/6/0'];
const percent = (value: number) => toStored({ type: 'integer', value });
const removal: CommandOperation = {
  kind: 'write-composite',
  values: [
    { path: '/3/0/14', value: '+02:00' },
    { path: '/3/0/6/1', value: null },
  ],
};

async function openHandlers(options: Parameters<typeof openTestQueue>[0] = {}) {
  const test = await openTestQueue(options);
  const { store, fleet, queue, time } = test;
  const values = await Values.load(store, fleet);
  const handlers = commandHandlers({ store, fleet, queue, models: new Models(), values, now: () => time.now });
  const session = { set: () => {}, clear: () => {} };
  const caller = {
    organisationId,
    actor: ada,
    session,
    signal: new AbortController().signal,
    params: { device: 'truck-1' },
  };
  return {
    ...test,
    values,
    ask: (operation: CommandOperation) =>
      handlers['commands.create']({ ...caller, query: { wait: 30 }, body: { operation } }),
    cost: (operation: CommandOperation) =>
      handlers['commands.cost']({ ...caller, query: undefined, body: { operation } }),
  };
}

describe('a command on several paths', () => {
  it('SM-3: brings each value that was told, with its time', async () => {
    const time = START - 60_000;
    const records = [
      { path: '/3/0/9', stored: percent(50), time },
      { path: '/3/0/9', stored: percent(40) },
    ];
    const { ask, performed, reports } = await openHandlers({ perform: () => answered(2.05, records) });
    const command = await ask({ kind: 'read-composite', paths });
    expect(performed).toEqual([{ kind: 'read-composite', paths }]);
    expect(command).toMatchObject({
      state: 'answered',
      values: [
        { path: '/3/0/9', value: 50, observedAt: time, clock: 'good' },
        { path: '/3/0/9', value: 40, clock: 'none' },
      ],
    });
    expect(reports).toMatchObject([{ path: '/', body: { records } }]);
  });

  it('ET-2: writes values by their types, and removes by null', async () => {
    const { ask, performed } = await openHandlers({ registration: registrationOf(deviceId, { version: '1.2' }) });
    expect(await ask(removal)).toMatchObject({ state: 'answered' });
    expect(performed).toEqual([
      {
        kind: 'write-composite',
        records: [
          { path: '/3/0/14', stored: { type: 'string', value: '+02:00' } },
          { path: '/3/0/6/1', stored: { type: 'none', value: null } },
        ],
      },
    ]);
  });

  it.each([
    ['a resource to remove', { kind: 'write-composite', values: [{ path: '/3/0/14', value: null }] }],
    ['a value of another type', { kind: 'write-composite', values: [{ path: '/3/0/14', value: 5 }] }],
    ['an Execute of an instance', { kind: 'execute', path: '/3/0' }],
    ['a Write of an object', { kind: 'write', mode: 'replace', path: '/3', values: [{ path: '/3/0/14', value: 'Z' }] }],
    ['a Read of everything', { kind: 'read', path: '/' }],
    ['a Discover of a resource instance', { kind: 'discover', path: '/3/0/6/0' }],
  ] as const)('DM-1, DM-3: refuses %s', async (_, operation) => {
    const { ask, performed } = await openHandlers();
    await expect(ask(structuredClone(operation) as CommandOperation)).rejects.toMatchObject({ code: 'invalid-value' });
    expect(performed).toEqual([]);
  });

  it.each([
    ['1.0', 'Several paths at once need LwM2M 1.1', { kind: 'read-composite', paths }],
    ['1.1', 'Removing a resource instance needs LwM2M 1.2', removal],
    ['1.1', 'The depth of a Discover needs LwM2M 1.2', { kind: 'discover', path: '/3', depth: 1 }],
    ['1.1', 'Deleting a resource instance needs LwM2M 1.2', { kind: 'delete', path: '/3/0/6/1' }],
  ] as const)('is not for LwM2M %s: %s', async (version, message, operation) => {
    const { ask, performed } = await openHandlers({ registration: registrationOf(deviceId, { version }) });
    await expect(ask(structuredClone(operation) as CommandOperation)).rejects.toMatchObject({
      code: 'invalid-value',
      message: `${message}; the device has ${version}`,
    });
    expect(performed).toEqual([]);
  });
});

describe('what a command would cost', () => {
  it('is the request with its headers, and the answer as far as it is known', async () => {
    const { cost, values, performed } = await openHandlers();
    // CoAP 12, formats 2 + 2, marker 1, and the list; IPv4 and UDP 28, DTLS 37 (RFC 7252 §3, RFC 6347 §4.1).
    const list = '82a100662f332f302f39a100642f362f30'.length / 2;
    expect(await cost({ kind: 'read-composite', paths })).toEqual({
      bytes: 12 + 2 + 2 + 1 + list + 28 + 37,
      datagrams: 1,
      unread: paths,
      wakeUps: 0,
    });
    values.put({
      ...{ organisationId, deviceId, path: '/3/0/9', stored: percent(80), receivedAt: START },
      ...{ clock: 'none', truncated: 0 },
    });
    // 81 a3 21 "/" 00 "3/0/9" 02 1850 (RFC 8428 §6)
    expect(await cost({ kind: 'read-composite', paths })).toMatchObject({ answerBytes: 15, unread: ['/6/0'] });
    expect(await cost({ kind: 'read', path: '/3/0/9' })).not.toHaveProperty('unread');
    await rest();
    expect(performed).toEqual([]);
  });

  it('of what is written in blocks is several datagrams', async () => {
    const { cost } = await openHandlers();
    const values = [{ path: '/33000/0/0', value: 'x'.repeat(2500), type: 'string' }];
    const { datagrams, bytes } = await cost({ kind: 'write', mode: 'replace', path: '/33000/0/0', values });
    expect(datagrams).toBe(3);
    expect(bytes).toBeGreaterThan(2500 + 3 * (28 + 37));
  });

  it('is a wake-up of a device that sleeps', async () => {
    const registration = registrationOf(deviceId, { queueMode: 1, lastContactAt: START - 3_600_000 });
    const { cost } = await openHandlers({ registration });
    expect(await cost({ kind: 'read-composite', paths })).toMatchObject({
      wakeUps: 1,
      waiting: { reason: 'asleep' },
    });
  });
});
