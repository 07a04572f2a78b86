import { describe, expect, it } from 'vitest';
import type { LinkBody, LinkOperation, RequestOutcome } from '../link/port.ts';
import { Fleet } from '../registry/fleet.ts';
import type { NewCommand } from './queue.ts';
import { deviceId, openTestQueue, rest } from './test-commands.ts';

type Operation = NewCommand['operation'];

const create = (more: Partial<Extract<Operation, { kind: 'create' }>> = {}): Operation => ({
  kind: 'create',
  path: '/3',
  values: [{ path: '/14', value: '+01' }],
  ...more,
});
const created =
  (body: LinkBody = { kind: 'empty' }) =>
  (): RequestOutcome => ({ kind: 'answered', code: 0x41, body });
const deleted = (): RequestOutcome => ({ kind: 'answered', code: 0x42, body: { kind: 'empty' } });

/** The instances of object 3, in memory and as a new process would read them. */
async function instancesOf({ device, store }: Awaited<ReturnType<typeof openTestQueue>>) {
  const row = await store.get('registrations', { deviceId });
  const read = ({ objects = [] }: Partial<NonNullable<typeof row>> = {}) =>
    objects.find(({ objectId }) => objectId === 3)?.instances;
  return [read(device.registration), read(row)];
}

async function openRegistered(perform: (operation: LinkOperation) => RequestOutcome) {
  const test = await openTestQueue({ perform });
  const { registration } = test.device;
  if (!registration) throw new Error('not registered');
  const { lastContactAt: _, address: __, ...row } = registration;
  await test.store.commit({ changes: [{ put: 'registrations', row }] });
  return test;
}

describe('DM-4, DM-5, P50: Create and Delete', () => {
  it('keep the object links right, over a restart too', async () => {
    const test = await openRegistered(created());
    const first = await test.add(create({ instanceId: 4 }));
    await rest();
    expect(test.performed).toEqual([
      {
        kind: 'create',
        path: '/3',
        instanceId: 4,
        records: [{ path: '/3/4/14', stored: { type: 'string', value: '+01' } }],
      },
    ]);
    expect(await test.row(first)).toMatchObject({ state: 'answered', code: '2.01', created: '/3/4' });
    expect(await instancesOf(test)).toEqual([
      [0, 4],
      [0, 4],
    ]);
    test.behaviour.perform = deleted;
    await test.add({ kind: 'delete', path: '/3/0' });
    await rest();
    expect(await instancesOf(test)).toEqual([[4], [4]]);
    const changes = (await test.store.journal({})).filter(({ type }) => type === 'registration.changed');
    expect(changes).toHaveLength(2);
    await expect(Fleet.load(test.store)).resolves.toBeDefined();
  });

  it('take the id that the device chose, and know nothing if it did not say', async () => {
    const test = await openRegistered(created({ kind: 'created', path: '/3/9' }));
    const told = await test.add(create());
    await rest();
    expect((await test.row(told)).created).toBe('/3/9');
    test.behaviour.perform = created();
    const untold = await test.add(create());
    await rest();
    expect((await test.row(untold)).created).toBeUndefined();
    expect(await instancesOf(test)).toEqual([
      [0, 9],
      [0, 9],
    ]);
  });

  it('change nothing when the device refuses', async () => {
    const test = await openRegistered(() => ({ kind: 'answered', code: 0x85, body: { kind: 'empty' } }));
    const refused = await test.add(create({ instanceId: 4 }));
    await test.add({ kind: 'delete', path: '/3/0' });
    await rest();
    expect(await test.row(refused)).toMatchObject({ state: 'failed', code: '4.05' });
    expect((await test.row(refused)).created).toBeUndefined();
    expect(await instancesOf(test)).toEqual([[0], [0]]);
  });

  it.each<Operation>([create({ instanceId: 4 }), create(), { kind: 'delete', path: '/3/0' }])(
    'are never repeated unasked: the outcome of %j is unknown',
    async (operation) => {
      const test = await openRegistered(() => ({ kind: 'timeout' }));
      const command = await test.add(operation);
      await rest();
      await test.heard();
      expect(await test.row(command)).toMatchObject({ state: 'outcome-unknown' });
      expect(test.performed).toHaveLength(1);
      expect(await instancesOf(test)).toEqual([[0], [0]]);
    },
  );

  it.each<[Operation, string]>([
    [create({ path: '/3/1' }), '/3/1 is no object'],
    [create({ path: '/5' }), 'The device has no object /5'],
    [create({ instanceId: 0 }), 'The device has /3/0 already'],
    [create({ values: [{ path: '/9', value: 'full' }] }), '/3/0/9 takes integer'],
    [{ kind: 'delete', path: '/3' }, '/3 is neither an object instance'],
    [{ kind: 'delete', path: '/3/1' }, 'The device has no /3/1'],
    [{ kind: 'delete', path: '/3/0/6/1' }, 'needs LwM2M 1.2'],
  ])('are not sent where they make no sense: %j', async (operation, text) => {
    const test = await openRegistered(created());
    await expect(test.add(operation)).rejects.toMatchObject({
      code: 'invalid-value',
      message: expect.stringContaining(text),
    });
    expect(test.performed).toEqual([]);
  });
});

describe('UP-2, P23: a Write of the lifetime', () => {
  const write = (path: string, value: number): Operation => ({
    kind: 'write',
    mode: 'replace',
    path,
    values: [{ path, value }],
  });
  const open = async (instances: number[], code = 0x44) => {
    const test = await openRegistered(() => ({ kind: 'answered', code, body: { kind: 'empty' } }));
    const { registration } = test.device;
    if (registration) registration.objects = [...registration.objects, { objectId: 1, instances }];
    const lifetime = async () => [
      test.device.registration?.lifetime,
      (await test.store.get('registrations', { deviceId }))?.lifetime,
    ];
    return { ...test, lifetime, before: await lifetime() };
  };

  it('holds without an Update that says so', async () => {
    const test = await open([7]);
    await test.add(write('/1/7/1', 60));
    await rest();
    expect(await test.lifetime()).toEqual([60, 60]);
    await test.add({
      kind: 'write-composite',
      values: [
        { path: '/1/7/2', value: 1 },
        { path: '/1/7/1', value: 90 },
      ],
    });
    await rest();
    expect(await test.lifetime()).toEqual([90, 90]);
  });

  it.each<[string, string, number[], number, number?]>([
    ['of another instance', '/1/0/1', [7], 0x44],
    ['P44: of one account of several, which may be another server’s', '/1/7/1', [7, 8], 0x44],
    ['that the device refuses', '/1/7/1', [7], 0x81],
    ['of something else', '/1/7/2', [7], 0x44],
    ['of less than nothing, though the device takes it', '/1/7/1', [7], 0x44, -5],
    ['of more than a registration can name', '/1/7/1', [7], 0x44, 1e10],
  ])('%s changes nothing', async (_, path, instances, code, value = 60) => {
    const test = await open(instances, code);
    await test.add(write(path, value));
    await rest();
    expect(await test.lifetime()).toEqual(test.before);
  });
});
