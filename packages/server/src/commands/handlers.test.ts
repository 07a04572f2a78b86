import { describe, expect, it } from 'vitest';
import type { OrganisationId } from '../ids.ts';
import { Models } from '../telemetry/models.ts';
import { Values } from '../telemetry/values.ts';
import { commandHandlers } from './handlers.ts';
import { ada, openTestQueue, organisationId, rest, START } from './test-commands.ts';

async function openHandlers(options: Parameters<typeof openTestQueue>[0] = {}) {
  const test = await openTestQueue(options);
  const { store, fleet, queue, time } = test;
  const values = await Values.load(store, fleet);
  const handlers = commandHandlers({ store, fleet, queue, models: new Models(), values, now: () => time.now });
  const session = { set: () => {}, clear: () => {} };
  const caller = { organisationId, actor: ada, session, signal: new AbortController().signal };
  return { ...test, handlers, caller, values };
}

const operation = { kind: 'read', path: '/3/0/9' } as const;

describe('the routes of commands', () => {
  it('queue a command and answer with its end to those who wait', async () => {
    const { handlers, caller } = await openHandlers();
    const command = await handlers['commands.create']({
      ...caller,
      params: { device: 'truck-1' },
      query: { wait: 30 },
      body: { operation },
    });
    expect(command).toMatchObject({
      endpoint: 'truck-1',
      state: 'answered',
      actor: ada,
      code: '2.05',
      values: [{ path: '/3/0/9', type: 'integer', value: 7, text: '7 %', receivedAt: START, clock: 'none' }],
    });
  });

  it('say why a command waits and what its priority is, and cancel it', async () => {
    const { handlers, caller } = await openHandlers({ registration: { queueMode: 1, lastContactAt: START - 93_000 } });
    const create = (body: object) =>
      handlers['commands.create']({
        ...caller,
        params: { device: 'truck-1' },
        query: {},
        body: { operation, ...body },
      });
    const normal = await create({});
    const { commandId } = await create({ priority: 'urgent', expiresIn: 60 });
    const urgent = await handlers['commands.show']({
      ...caller,
      params: { id: commandId },
      query: {},
      body: undefined,
    });
    expect(normal).toMatchObject({ priority: 'normal', expiresAt: START + 24 * 3_600_000 });
    expect(urgent).toMatchObject({
      priority: 'urgent',
      expiresAt: START + 60_000,
      waiting: { reason: 'asleep', text: 'asleep until heard' },
    });
    const over = await handlers['commands.cancel']({
      ...caller,
      params: { id: commandId },
      query: undefined,
      body: undefined,
    });
    expect(over.state).toBe('cancelled');
    expect(over).not.toHaveProperty('waiting');
  });

  it('show what a Discover listed, by name', async () => {
    const nodes = [
      { path: '/3', attributes: {} },
      { path: '/3/0', attributes: { pmin: '5' } },
      { path: '/3/0/9', attributes: { gt: '1' } },
    ];
    const perform = () => ({ kind: 'answered', code: 0x45, body: { kind: 'nodes', nodes } }) as const;
    const { handlers, caller, reports } = await openHandlers({ perform, registration: { version: '1.2' } });
    const body = { operation: { kind: 'discover', path: '/3', depth: 2 } as const };
    const params = { device: 'truck-1' };
    const command = await handlers['commands.create']({ ...caller, params, query: { wait: 30 }, body });
    expect(command).toMatchObject({
      state: 'answered',
      nodes: [{ path: '/3', name: 'Device' }, nodes[1], { ...nodes[2], name: 'Battery Level' }],
    });
    expect(command.nodes?.[1]).not.toHaveProperty('name');
    expect(reports).toEqual([]);
  });

  it('refuse attributes that the device can not have, and pass on what it can', async () => {
    const { handlers, caller, performed } = await openHandlers();
    const attach = (path: string, attributes: Record<string, number | null>) => {
      const body = { operation: { kind: 'write-attributes', path, attributes } as const };
      return handlers['commands.create']({ ...caller, params: { device: 'truck-1' }, query: { wait: 30 }, body });
    };
    await expect(attach('/3/0/9', { con: 1 })).rejects.toMatchObject({
      code: 'invalid-value',
      message: 'con needs LwM2M 1.2; the device has 1.1',
    });
    await expect(attach('/3/0/9', {})).rejects.toMatchObject({ code: 'invalid-value' });
    await expect(attach('/3/0/0', { gt: 1 })).rejects.toMatchObject({ code: 'invalid-value' });
    await expect(attach('/3/0/9', { gt: 1, lt: 2 })).rejects.toMatchObject({ code: 'invalid-value' });
    expect(await attach('/3/0/9', { pmin: 5, gt: null })).toMatchObject({ state: 'answered', code: '2.04' });
    expect(performed).toEqual([{ kind: 'write-attributes', path: '/3/0/9', attributes: { pmin: 5, gt: null } }]);
  });

  it('answer at once to those who do not wait', async () => {
    const { handlers, caller, queue } = await openHandlers({ connected: false });
    const body = { operation, expiresIn: 60 };
    const params = { device: 'truck-1' };
    const command = await handlers['commands.create']({ ...caller, params, query: {}, body, idempotencyKey: 'k' });
    expect(command).toMatchObject({ state: 'queued', expiresAt: START + 60_000 });
    const again = await handlers['commands.create']({ ...caller, params, query: {}, body, idempotencyKey: 'k' });
    expect(again.commandId).toBe(command.commandId);
    const shown = await handlers['commands.show']({
      ...caller,
      params: { id: command.commandId },
      query: {},
      body: undefined,
    });
    expect(shown).toEqual(command);
    const cancelled = await handlers['commands.cancel']({
      ...caller,
      params: { id: command.commandId },
      query: undefined,
      body: undefined,
    });
    expect(cancelled.state).toBe('cancelled');
    await queue.close();
  });

  it('list the newest first, page by page, by device and state', async () => {
    const { handlers, caller, add, time, fleet, device } = await openHandlers();
    const ids: string[] = [];
    for (let count = 0; count < 3; count++) {
      ids.unshift((await add(operation)).commandId);
      time.now += 1;
      await rest();
    }
    fleet.setSession(device, undefined);
    const waiting = await add(operation);
    const list = (query: Parameters<(typeof handlers)['commands.list']>[0]['query']) =>
      handlers['commands.list']({ ...caller, params: undefined, query, body: undefined });
    const first = await list({ limit: 2, state: 'answered' });
    expect(first.items.map(({ commandId }) => commandId)).toEqual(ids.slice(0, 2));
    const second = await list({ limit: 2, state: 'answered', ...(first.next ? { after: first.next } : {}) });
    expect(second.items.map(({ commandId }) => commandId)).toEqual(ids.slice(2));
    expect(second.next).toBeUndefined();
    expect((await list({ device: 'truck-1' })).items.map(({ commandId }) => commandId)).toEqual([
      waiting.commandId,
      ...ids,
    ]);
    await expect(list({ device: 'truck-9' })).rejects.toMatchObject({ code: 'no-such-device' });
    await expect(list({ after: 'cmd-none' })).rejects.toMatchObject({ code: 'no-such-thing' });
  });

  it('show nothing to another organisation', async () => {
    const { handlers, caller, add } = await openHandlers();
    const { commandId } = await add(operation);
    const stranger = { ...caller, organisationId: 'org-2' as OrganisationId };
    const call = { ...stranger, params: { id: commandId }, body: undefined };
    await expect(handlers['commands.show']({ ...call, query: {} })).rejects.toMatchObject({ code: 'no-such-thing' });
    await expect(handlers['commands.cancel']({ ...call, query: undefined })).rejects.toMatchObject({
      code: 'no-such-thing',
    });
    const { items } = await handlers['commands.list']({ ...stranger, params: undefined, query: {}, body: undefined });
    expect(items).toEqual([]);
  });
});
