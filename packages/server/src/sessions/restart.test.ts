import { Code } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import type { LinkDown, LinkUp, SessionInfo } from '../link/port.ts';
import type { Device } from '../registry/fleet.ts';
import { receivedOf } from '../registry/terms.ts';
import { watchedStore } from '../store/test-watched.ts';
import { call, openTestCore, rest, START, sessionOf, type TestCore } from '../test-core.ts';

const BATTERY = '/3/0/9';
const params = { device: 'truck-1' };
const records = [{ path: BATTERY, stored: { type: 'integer', value: 80 } }];

const opened = (session: SessionInfo): LinkUp => ({
  kind: 'session-opened',
  at: START,
  session,
  snapshot: { bytes: Buffer.from('keys'), sendLimit: 100 },
});

/** The device answers the newest operation of a kind, in a record. */
async function answers(
  core: TestCore,
  kind: 'read' | 'observe',
  session: SessionInfo,
  record: number,
  more: { code?: number; token?: string } = {},
): Promise<void> {
  const performed = core.sentOf('perform').filter(({ operation }) => operation.kind === kind);
  const request = performed.at(-1)?.request;
  if (request === undefined) throw new Error(`no ${kind} was sent`);
  const { code = Code.Content, token } = more;
  const body = { kind: 'records', records, truncated: false } as const;
  await core.deliver({
    kind: 'outcome',
    at: START,
    request,
    outcome: { kind: 'answered', code, body, ...(token === undefined ? {} : { token }) },
    session,
    record,
  });
}

/** A registered device over a session that is kept, whose battery is observed. */
async function begin() {
  const { store, control } = watchedStore();
  const core = await openTestCore({ store });
  const device = await core.add('truck-1');
  const [credential] = await store.list('credentials');
  if (!credential) throw new Error('no credential');
  const session = sessionOf('truck-1', { credential: credential.credentialId });
  await core.deliver(opened(session));
  await core.register(session, { record: 1 });
  const received = async () => {
    const contact = await store.get('contacts', { deviceId: device.row.deviceId });
    return [contact?.sessionId, contact?.received];
  };
  return { store, control, core, device, session, received };
}

const registrationOf = (device: Device) => {
  if (!device.registration) throw new Error('not registered');
  return device.registration.registrationId;
};

describe('The newest record of a session', () => {
  it('is stored with the effect of a Register, an Update and a De-register', async () => {
    const { core, device, session, received } = await begin();
    expect(await received()).toEqual([session.sessionId, 1]);
    await core.update(session, registrationOf(device), { record: 2 });
    expect(await received()).toEqual([session.sessionId, 2]);
    const exchange = core.exchange();
    await core.deliver({
      kind: 'deregister',
      at: START,
      session,
      exchange,
      record: 3,
      registrationId: registrationOf(device),
    });
    expect(core.answerTo(exchange)?.code).toBe(Code.Deleted);
    expect(await received()).toEqual([session.sessionId, 3]);
  });

  it('is stored with a notification, and with what an answer brings', async () => {
    const { core, device, session, received } = await begin();
    await core.observer.want(device, BATTERY, 'ana');
    await rest();
    await answers(core, 'observe', session, 2, { token: '7001' });
    expect(receivedOf(device)?.record).toBe(2);
    expect(await received()).toEqual([session.sessionId, 2]);
    await core.notify(device, BATTERY, records, { record: 3 });
    expect(await received()).toEqual([session.sessionId, 3]);
  });

  it('is never lowered by one that was overtaken', async () => {
    const { core, device, session, received } = await begin();
    await core.update(session, registrationOf(device), { record: 9 });
    await core.update(session, registrationOf(device), { record: 8 });
    expect(await received()).toEqual([session.sessionId, 9]);
  });

  it('is stored with a Register, though that of another session was the same number', async () => {
    const { control, core, device, session, received } = await begin();
    await core.update(session, registrationOf(device), { record: 5 });
    await core.observer.want(device, BATTERY, 'ana');
    await rest();
    const next = sessionOf('truck-1', { ...(session.credential && { credential: session.credential }) });
    await core.deliver(opened(next));
    control.failure = new Error('full');
    expect(await core.register(next, { record: 3 })).toBe(Code.ServiceUnavailable);
    control.failure = undefined;
    // What an answer brings marks the newest record that is decided on.
    await answers(core, 'observe', session, 6, { token: '7001' });
    expect(await received()).toEqual([next.sessionId, 3]);
    expect(await core.register(next, { record: 5 })).toBe(Code.Created);
    expect(await received()).toEqual([next.sessionId, 5]);
  });

  it('is not stored for a message that changes nothing', async () => {
    const { core, session, received } = await begin();
    await core.update(session, 'no-such-one' as never, { record: 5 });
    expect(await received()).toEqual([session.sessionId, 1]);
  });

  it('belongs to its session: that of the next one begins anew, and the former session is over', async () => {
    const { store, core, device, session, received } = await begin();
    await core.update(session, registrationOf(device), { record: 9 });
    const { credential } = session;
    const next = sessionOf('truck-1', credential === undefined ? {} : { credential });
    await core.deliver(opened(next));
    expect(await store.count('dtlsSessions')).toBe(2);
    await core.update(next, registrationOf(device), { record: 1 });
    expect(await received()).toEqual([next.sessionId, 1]);
    expect((await store.list('dtlsSessions')).map(({ sessionId }) => sessionId)).toEqual([next.sessionId]);
    expect(core.sentOf('close-session')).toContainEqual({ kind: 'close-session', sessionId: session.sessionId });
  });
});

describe('The session of the newest record', () => {
  it('is written once, and again as long as it is not stored', async () => {
    const { control, core, device, session, received } = await begin();
    const registrationId = registrationOf(device);
    await core.update(session, registrationId, { record: 2 });
    control.batches.length = 0;
    await core.update(session, registrationId, { record: 3 });
    expect(control.batches.flatMap(({ changes = [] }) => changes)).toEqual([
      { patch: 'contacts', key: { deviceId: device.row.deviceId }, set: { lastContactAt: START, received: 3 } },
    ]);
    const next = sessionOf('truck-1', { ...(session.credential && { credential: session.credential }) });
    await core.deliver(opened(next));
    control.failure = new Error('full');
    await core.update(next, registrationId, { record: 1 });
    expect(await received()).toEqual([session.sessionId, 3]);
    control.failure = undefined;
    await core.update(next, registrationId, { record: 2 });
    expect(await received()).toEqual([next.sessionId, 2]);
  });
});

describe('After a restart', () => {
  it('the link gets the session before what names it, and the device can be reached', async () => {
    const { store, device, session } = await begin();
    const after = await openTestCore({ store });
    const kinds: LinkDown['kind'][] = ['restore-session', 'bind'];
    expect(after.sent.map(({ kind }) => kind).filter((kind) => kinds.includes(kind))).toEqual(kinds);
    expect(after.sentOf('restore-session')[0]).toMatchObject({ session, received: 1 });
    expect(after.sentOf('bind')[0]).toMatchObject({ sessionId: session.sessionId });
    expect(after.fleet.get(device.row.deviceId)?.session).toEqual(session);
  });

  it('what is observed goes on over the same session, and nothing is observed anew', async () => {
    const { store, core, device, session } = await begin();
    await core.observer.want(device, BATTERY, 'ana');
    await rest();
    await answers(core, 'observe', session, 2, { token: '7001' });
    const after = await openTestCore({ store });
    const again = after.fleet.get(device.row.deviceId);
    if (!again) throw new Error('no device');
    const exchange = await after.notify(again, BATTERY, records, { record: 3 });
    expect(after.accepted(exchange)).toBe(true);
    await after.update(session, registrationOf(again), { record: 4 });
    expect(after.performed('observe')).toEqual([]);
  });

  it('a session whose device was removed, or whose key was changed, does not come back', async () => {
    for (const route of ['devices.remove', 'devices.key'] as const) {
      const { store, core } = await begin();
      // The process dies before the link has ended the session.
      if (route === 'devices.key') await core.handlers[route](call({ params, body: {} }));
      else await core.handlers[route](call({ params }));
      expect(core.sentOf('close-identity')).toHaveLength(1);
      expect(await store.count('dtlsSessions')).toBe(1);
      const after = await openTestCore({ store });
      expect(after.sentOf('restore-session')).toEqual([]);
      expect(await store.count('dtlsSessions')).toBe(0);
    }
  });

  it('the journal tells that a session ended with its credential', async () => {
    const { core, session } = await begin();
    await core.handlers['devices.key'](call({ params, body: {} }));
    await core.deliver({ kind: 'session-closed', at: START, sessionId: session.sessionId, reason: 'local' });
    expect(await core.journal('session.ended')).toMatchObject([
      { payload: { identity: 'truck-1', reason: 'its credential is not good any more' } },
    ]);
  });
});
