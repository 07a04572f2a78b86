import { Code, Option, option } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import { CREDENTIAL, deviceId, EPOCH, LABEL, path, registrationId, type TestDevice, TestOwner } from './test-owner.ts';

const update = { code: Code.Post, options: path('rd', registrationId) };

/** The device sends an Update, which is answered; gives back the message. */
function updates(test: TestOwner, device: TestDevice) {
  test.send(device, update);
  const message = test.last('update');
  test.answer(message.exchange, Code.Changed);
  return message;
}

/** A device that registered, and sent an Update. */
function registered(options: { connectionId?: boolean } = {}) {
  const test = new TestOwner();
  const device = test.connect(options);
  const { version, offer } = test.register(device);
  const { session, record } = updates(test, device);
  const bind = () =>
    test.post({ kind: 'bind', sessionId: session.sessionId, deviceId, registrationId, version, offer });
  return { test, device, session, record, bind };
}

const handshakes = (device: TestDevice) => device.dtlsEffects.filter(({ kind }) => kind === 'established').length;

describe('a session over a restart', () => {
  it('is handed up with all that it takes, and each message with the number of its record', () => {
    const { test, record } = registered();
    const { snapshot, session } = test.last('session-opened');
    expect(session).toMatchObject({ identity: LABEL, credential: CREDENTIAL });
    expect(snapshot?.sendLimit).toBeGreaterThan(0);
    expect(snapshot?.bytes.length).toBeGreaterThan(0);
    expect(snapshot).not.toHaveProperty('connectionId');
    expect(record).toBeGreaterThan(test.last('register').record ?? Number.POSITIVE_INFINITY);
    const { snapshot: named } = registered({ connectionId: true }).test.last('session-opened');
    expect(named?.connectionId).toMatch(/^1000[0-9a-f]{12}$/);
  });

  it('answers the very next record, with the registration and without a handshake', () => {
    const { test, device, session, record, bind } = registered();
    test.restart(record);
    bind();
    const message = updates(test, device);
    expect(message.session).toEqual(session);
    expect(message.record).toBe((record ?? 0) + 1);
    expect(device.responses.at(-1)?.code).toBe(Code.Changed);
    expect(handshakes(device)).toBe(1);
    expect(test.of('find-psk')).toHaveLength(1);
  });

  it('lets the server send first', () => {
    const { test, device, record, bind } = registered();
    device.answer = () => ({
      code: Code.Content,
      payload: Buffer.from('80'),
      options: [option(Option.ContentFormat, 0)],
    });
    test.restart(record);
    bind();
    expect(test.perform({ kind: 'read', path: '/3/0/9' })?.outcome).toMatchObject({ kind: 'answered' });
    expect(handshakes(device)).toBe(1);
  });

  it('refuses what was taken before, and takes it if nothing of it was stored', () => {
    const { test, device, record = 0 } = registered();
    const [replay] = capture(device, test);
    if (!replay) throw new Error('nothing was sent');
    const number = Buffer.from(replay).readUIntBE(5, 6);
    expect(number).toBe(record + 1);
    for (const [mark, updatesSeen] of [
      [number, 0],
      [number + 1, 0],
      [record, 1],
    ] as const) {
      test.restart(mark, 3);
      const before = test.of('update').length;
      test.owner.receive(device.ingress, device.host, device.port, replay, test.now);
      expect(test.of('update').length - before).toBe(updatesSeen);
    }
  });

  it('sends with no number that was reserved before, and with none at all until the store has reserved more', () => {
    const { test, device, record, bind } = registered();
    const limit = test.last('session-opened').snapshot?.sendLimit ?? 0;
    test.reserves = false;
    test.restart(record);
    bind();
    test.forget();
    updates(test, device);
    expect(test.sent).toEqual([]);
    const reserve = test.last('reserve');
    expect(reserve.upTo).toBeGreaterThan(limit);
    test.post({ kind: 'reserved', sessionId: reserve.sessionId, upTo: reserve.upTo });
    const numbers = test.sent.map(({ datagram }) => Buffer.from(datagram).readUIntBE(5, 6));
    expect(numbers).toEqual([limit]);
    test.settle();
    expect(device.responses.at(-1)?.code).toBe(Code.Changed);
  });

  it('can be ended with a word to the device before it was heard again', () => {
    const { test, device, record } = registered();
    test.restart(record);
    test.post({ kind: 'close-identity', identity: LABEL });
    test.settle();
    expect(device.dtlsEffects.at(-1)).toMatchObject({ kind: 'closed', reason: 'peer' });
    expect(test.of('session-closed')).toHaveLength(1);
  });

  it('ends without a word to the device when another process owns it', () => {
    const { test, device, session } = registered();
    test.forget();
    test.post({ kind: 'drop-session', sessionId: session.sessionId });
    test.settle();
    expect(test.sent).toEqual([]);
    expect(test.last('session-closed')).toMatchObject({ sessionId: session.sessionId });
    expect(test.owner.sizes().sessions).toBe(0);
    expect(device.dtlsEffects.some(({ kind }) => kind === 'closed')).toBe(false);
  });

  it('is over if its snapshot can not be used', () => {
    const test = new TestOwner();
    const { session } = registered().test.last('session-opened');
    test.post({ kind: 'restore-session', session, snapshot: Uint8Array.of(1, 2, 3), sendFrom: 5, sendLimit: 5 });
    expect(test.last('session-closed')).toMatchObject({ at: EPOCH, sessionId: session.sessionId });
    expect(test.owner.sizes().sessions).toBe(0);
  });
});

/** What the device sent last, as it passed the network. */
function capture(device: TestDevice, test: TestOwner): Uint8Array[] {
  device.coap.request(device.peer, update, test.now);
  return device.drain(test.now);
}

describe('a session whose device moves', () => {
  it('is answered there at once, and is there for good once the device has answered from there', () => {
    const { test, device, session } = registered({ connectionId: true });
    device.port = 50_000;
    test.forget();
    const message = updates(test, device);
    expect(message.session.sessionId).toBe(session.sessionId);
    expect(test.sent.every(({ port }) => port === 50_000)).toBe(true);
    expect(device.responses.at(-1)?.code).toBe(Code.Changed);
    const moved = test.last('session-moved');
    expect(moved.session).toEqual({ ...session, address: '192.0.2.1:50000' });
    expect(moved.snapshot.length).toBeGreaterThan(0);
    expect(updates(test, device).session.address).toBe('192.0.2.1:50000');
    expect(test.of('session-moved')).toHaveLength(1);
  });

  it('goes back if the device is heard from its old address before it has answered', () => {
    const { test, device } = registered({ connectionId: true });
    const [away] = capture(device, test);
    test.owner.receive(device.ingress, device.host, 50_000, away ?? new Uint8Array(), test.now);
    updates(test, device);
    test.pass(300_000);
    expect(test.of('session-moved')).toEqual([]);
    test.forget();
    updates(test, device);
    expect(test.sent.every(({ port }) => port === device.port)).toBe(true);
  });

  it('is asked again when it is heard again, if the first question was lost', () => {
    const { test, device } = registered({ connectionId: true });
    device.port = 50_000;
    const [away] = capture(device, test);
    test.owner.receive(device.ingress, device.host, 50_000, away ?? new Uint8Array(), test.now);
    // Nothing of what the server sends arrives.
    test.forget();
    device.port = 50_001;
    test.pass(300_000);
    device.port = 50_000;
    updates(test, device);
    test.pass(1_000);
    expect(test.last('session-moved').session.address).toBe('192.0.2.1:50000');
  });

  it('is found at its new address after a restart', () => {
    const { test, device, session } = registered({ connectionId: true });
    device.port = 50_000;
    const { record } = updates(test, device);
    const moved = test.last('session-moved');
    const { snapshot } = test.last('session-opened');
    const restarted = new TestOwner(9);
    restarted.post({
      kind: 'restore-session',
      session: moved.session,
      snapshot: moved.snapshot,
      sendFrom: snapshot?.sendLimit ?? 0,
      sendLimit: (snapshot?.sendLimit ?? 0) + 64,
      received: record ?? 0,
    });
    const [datagram] = capture(device, test);
    restarted.owner.receive(device.ingress, device.host, 50_000, datagram ?? new Uint8Array(), 0);
    expect(restarted.last('update').session).toEqual({ ...session, address: '192.0.2.1:50000' });
    restarted.settle();
    expect(restarted.of('session-moved')).toEqual([]);
  });
});
