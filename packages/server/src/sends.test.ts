import { describe, expect, it } from 'vitest';
import type { RegistrationId } from './ids.ts';
import type { ExchangeRef, LinkRecord } from './link/port.ts';
import { watchedStore } from './store/test-watched.ts';
import { openTestCore, START, sessionOf } from './test-core.ts';

const battery = (value: number, time?: number): LinkRecord => ({
  path: '/3/0/9',
  stored: { type: 'integer', value },
  ...(time === undefined ? {} : { time }),
});
let exchanges = 1_000_000;

/** A registered device, and how it sends. */
async function sending() {
  const { store, control } = watchedStore();
  const core = await openTestCore({ store });
  const device = await core.add('truck-1');
  const session = sessionOf('truck-1');
  await core.register(session);
  const registrationId = device.registration?.registrationId ?? expect.fail();
  const send = async (
    records: readonly LinkRecord[],
    more: { session?: typeof session; registrationId?: RegistrationId } = {},
  ) => {
    exchanges += 1;
    const exchange = exchanges as ExchangeRef;
    const body = { kind: 'records', records, truncated: false } as const;
    await core.deliver({ kind: 'send', at: core.time.now, exchange, session, registrationId, body, ...more });
    return core.answerTo(exchange);
  };
  return { core, control, device, session, send };
}

describe('a Send', () => {
  it('is stored as a series before it is answered, and counts as contact', async () => {
    const { core, device, send } = await sending();
    core.time.now += 5_000;
    const answer = await send([battery(81, START - 60_000), battery(80, START - 30_000), battery(79)]);
    expect(answer).toMatchObject({ code: 0x44 });
    const { deviceId } = device.row;
    expect(await core.store.scan({ deviceId, path: '/3/0/9' }, {})).toMatchObject({
      at: [START - 60_000, START - 30_000, START + 5_000],
      value: [81, 80, 79],
    });
    expect(core.values.get(deviceId, '/3/0/9')?.stored.value).toBe(79);
    expect(device.registration?.lastContactAt).toBe(START + 5_000);
  });

  it('is 5.03 and changes nothing when it can not be saved', async () => {
    const { core, control, device, send } = await sending();
    control.failure = new Error('as wanted');
    expect(await send([battery(80)])).toMatchObject({ code: 0xa3, maxAge: 60 });
    expect(core.values.get(device.row.deviceId, '/3/0/9')).toBeUndefined();
  });

  it('IR-3: is 4.04 for a registration that is over, and from a stranger', async () => {
    const { core, device, send } = await sending();
    await core.add('truck-2');
    expect(await send([battery(80)], { session: sessionOf('truck-2') })).toMatchObject({ code: 0x84 });
    expect(await send([battery(80)], { registrationId: 'over' as RegistrationId })).toMatchObject({ code: 0x84 });
    expect(core.values.get(device.row.deviceId, '/3/0/9')).toBeUndefined();
  });

  it('costs by what it makes the server write', async () => {
    const { core, send } = await sending();
    const records = Array.from({ length: 200 }, (_, index) => battery(index, START + index));
    const codes = [];
    for (let count = 0; count < 1_000 && codes.at(-1) !== 0xa3; count++) codes.push((await send(records))?.code);
    expect(codes.at(-1)).toBe(0xa3);
    expect(core.failedHandshakes.list()).toMatchObject([{ check: 'limit' }]);
  });
});
