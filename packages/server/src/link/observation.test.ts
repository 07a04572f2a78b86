import { Code, Option, observeValue, option, uriPath } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import type { RegistrationId } from '../ids.ts';
import { deviceId, path, registrationId, type TestDevice, TestOwner } from './test-owner.ts';

const JSON_FORMAT = 110;
/** Block2: the first of several blocks of 64 bytes. */
const MORE_TO_COME = option(Option.Block2, (1 << 3) | 2);

/** `[{n: "/3/0/7", v: 80}]` */
const OTHER = Buffer.from('81a200662f332f302f37021850', 'hex');

/** `[{n: "/3/0/9", v: level}]` */
const battery = (level: number) => Buffer.from(`81a200662f332f302f390218${level.toString(16)}`, 'hex');

/** A registered device that is observed at /3/0/9, with the token of the observation. */
function observed(secure = true) {
  const test = new TestOwner();
  const device = test.connect({ secure });
  test.register(device);
  device.answer = () => ({
    code: Code.Content,
    options: [option(Option.ContentFormat, 0)],
    payload: Buffer.from('80'),
    observe: true,
  });
  const { outcome } = test.perform({ kind: 'observe', path: '/3/0/9' }) ?? {};
  if (outcome?.kind !== 'answered' || outcome.token === undefined) throw new Error(`no observation: ${outcome?.kind}`);
  return { test, device, token: outcome.token };
}

function notify(
  test: TestOwner,
  device: TestDevice,
  token: string,
  {
    payload = Buffer.from('70') as Uint8Array,
    format = 0,
    confirmable = true,
    options = [option(Option.ContentFormat, format)],
  } = {},
): void {
  device.coap.notify(
    device.peer,
    Buffer.from(token, 'hex'),
    { code: Code.Content, options, payload, confirmable },
    test.now,
  );
  test.settle();
}

describe('an observation', () => {
  it('tells what came in the same form before as columns, as long as it is of what is observed', () => {
    const { test, device, token } = observed();
    const pack = (payload: Uint8Array) => notify(test, device, token, { payload, format: 112, confirmable: false });
    pack(battery(80));
    expect(test.last('notification').body.kind).toBe('records');
    pack(battery(81));
    expect(test.last('notification').body).toMatchObject({
      kind: 'columns',
      form: { paths: ['/3/0/9'] },
      values: [81],
    });
    // A Send makes another form known.
    test.send(device, { code: Code.Post, options: [...path('dp'), option(Option.ContentFormat, 112)], payload: OTHER });
    pack(OTHER);
    expect(test.last('notification').body.kind).toBe('undecodable');
  });

  it('that tells of nothing makes no Send of nothing good', () => {
    const { test, device, token } = observed();
    const nothing = Buffer.from('80', 'hex');
    notify(test, device, token, { payload: nothing, format: 112, confirmable: false });
    expect(test.last('notification').body).toMatchObject({ kind: 'records', records: [] });
    test.send(device, {
      code: Code.Post,
      options: [...path('dp'), option(Option.ContentFormat, 112)],
      payload: nothing,
    });
    expect(test.of('send')).toEqual([]);
    expect(device.responses.at(-1)?.code).toBe(Code.BadRequest);
  });

  it('is asked for, and its first value is the answer', () => {
    const { test, device, token } = observed();
    const [request] = device.requests;
    if (!request) throw new Error('no request');
    expect(uriPath(request)).toEqual(['3', '0', '9']);
    expect(observeValue(request)).toBe(0);
    expect(token).toMatch(/^[0-9a-f]{16}$/);
    expect(test.last('outcome').outcome).toMatchObject({
      code: Code.Content,
      body: {
        kind: 'records',
        truncated: false,
        records: [{ path: '/3/0/9', stored: { type: 'integer', value: 80 } }],
      },
    });
  });

  it('is one of a bounded number; one more is no sign that the device is gone', () => {
    const { test, token } = observed();
    const { version, offer } = test.last('register');
    const others = Array.from({ length: 4095 }, (_, n) => ({
      path: `/3303/${n}`,
      token: n.toString(16).padStart(16, '0'),
    }));
    test.post({
      kind: 'restore',
      registrationId,
      version,
      offer,
      observations: [{ path: '/3/0/9', token }, ...others],
    });
    const { outcome } = test.perform({ kind: 'observe', path: '/3/0/10' }) ?? {};
    expect(outcome).toEqual({ kind: 'unencodable', reason: 'too much is observed already' });
    expect(test.perform({ kind: 'read', path: '/3/0/9' })?.outcome.kind).toBe('answered');
  });

  it('has confirmable notifications, each acknowledged only when it is accepted', () => {
    const { test, device, token } = observed();
    notify(test, device, token);
    const message = test.last('notification');
    expect(message).toMatchObject({
      registrationId,
      token,
      path: '/3/0/9',
      fresh: true,
      ends: false,
      code: Code.Content,
      body: { records: [{ path: '/3/0/9', stored: { type: 'integer', value: 70 } }] },
    });
    test.pass(5_000);
    expect(device.notified).toEqual([]);
    expect(test.of('notification')).toHaveLength(1);
    if (message.exchange === undefined) throw new Error('not confirmable');
    test.post({ kind: 'accept', exchange: message.exchange });
    test.pass(10_000);
    expect(device.notified).toEqual(['acknowledged']);
  });

  it('ends at the device when a notification is rejected', () => {
    const { test, device, token } = observed();
    notify(test, device, token);
    const { exchange } = test.last('notification');
    if (exchange === undefined) throw new Error('not confirmable');
    test.post({ kind: 'reject', exchange });
    test.settle();
    expect(device.notified).toEqual(['reset']);
  });

  it('has notifications that want no acknowledgement', () => {
    const { test, device, token } = observed();
    notify(test, device, token, { confirmable: false });
    expect(test.last('notification')).toMatchObject({ path: '/3/0/9', fresh: true });
    expect(test.last('notification').exchange).toBeUndefined();
  });

  it('OB-3: says when a notification is its last', () => {
    const { test, device, token } = observed();
    device.coap.notify(device.peer, Buffer.from(token, 'hex'), { code: Code.NotFound, confirmable: false }, test.now);
    test.settle();
    expect(test.last('notification')).toMatchObject({ ends: true, code: Code.NotFound, body: { kind: 'empty' } });
  });

  it('resets a token that nobody knows', () => {
    const { test, device } = observed();
    test.post({ kind: 'unbind', registrationId });
    notify(test, device, Buffer.from(device.requests[0]?.token ?? []).toString('hex'));
    expect(test.of('notification')).toEqual([]);
    expect(device.notified).toEqual(['reset']);
  });

  it('P5, SE-12: outlives its session: the next session of the registration is bound, and matched', () => {
    const { test, device, token } = observed();
    device.dtls?.connect(test.now);
    test.settle();
    const { sessionId } = test.last('session-opened').session;
    const { version, offer } = test.last('register');
    test.post({ kind: 'bind', sessionId, deviceId, registrationId, version, offer });
    notify(test, device, token);
    expect(test.last('notification')).toMatchObject({ registrationId, token, session: { sessionId } });
  });

  it('is forgotten with its registration when another one takes the place of that', () => {
    const { test, device, token } = observed();
    const { version, offer, session } = test.last('register');
    const next = 'next' as RegistrationId;
    const { sessionId } = session;
    test.post({ kind: 'bind', sessionId, deviceId, registrationId: next, version, offer, replaces: registrationId });
    notify(test, device, token);
    expect(test.of('notification')).toEqual([]);
    expect(device.notified).toEqual(['reset']);
    expect(test.perform({ kind: 'observe', path: '/3/0/9' })?.outcome.kind).toBe('answered');
  });

  it('is not matched over a session of another registration', () => {
    const { test, device, token } = observed();
    device.dtls?.connect(test.now);
    test.settle();
    const { sessionId } = test.last('session-opened').session;
    const { version, offer } = test.last('register');
    const other = 'another' as RegistrationId;
    test.post({ kind: 'bind', sessionId, deviceId, registrationId: other, version, offer });
    notify(test, device, token);
    expect(test.of('notification')).toEqual([]);
    expect(device.notified).toEqual(['reset']);
  });

  it.each([true, false])('is matched again after a restart (DTLS: %s)', (secure) => {
    const { test: before, device: old, token } = observed(secure);
    const { version, offer } = before.last('register');
    const test = new TestOwner(2);
    test.post({ kind: 'restore', registrationId, version, offer, observations: [{ path: '/3/0/9', token }] });
    const device = test.device({ secure });
    device.answer = old.answer;
    device.dtls?.connect(test.now);
    test.settle();
    // Make the fresh device core an observer with the token of before.
    const core = device.coap;
    core.receive(device.peer, observeRequest(token), test.now);
    device.drain(test.now);
    if (secure) {
      const { sessionId } = test.last('session-opened').session;
      test.post({ kind: 'bind', sessionId, deviceId, registrationId, version, offer });
      notify(test, device, token);
      expect(test.last('notification')).toMatchObject({ registrationId, token, path: '/3/0/9', fresh: true });
    } else {
      // A plain address proves nothing: unknown until it registers, and ignored so that no observer is lost.
      notify(test, device, token);
      expect(test.of('notification')).toEqual([]);
      expect(device.notified).toEqual([]);
    }
  });

  it('shows a notification whose further blocks can not be had as truncated, never as an error', () => {
    const { test, device, token } = observed();
    const options = [option(Option.ContentFormat, JSON_FORMAT), MORE_TO_COME];
    notify(test, device, token, { payload: Buffer.from('[{"n":"/3/0/9","v":7'), options });
    expect(test.last('notification').body).toEqual({ kind: 'records', records: [], truncated: true });
  });

  it('says what it cannot decode', () => {
    const { test, device, token } = observed();
    notify(test, device, token, { payload: Buffer.from('[{"n":'), format: JSON_FORMAT });
    expect(test.last('notification').body).toMatchObject({
      kind: 'undecodable',
      detail: expect.stringContaining('cannot decode'),
    });
  });

  it('is cancelled with its own token', () => {
    const { test, device, token } = observed();
    expect(test.perform({ kind: 'cancel-observe', path: '/3/0/9', token })?.outcome).toMatchObject({
      code: Code.Content,
    });
    const cancel = device.requests.at(-1);
    if (!cancel) throw new Error('no request');
    expect(observeValue(cancel)).toBe(1);
    expect(Buffer.from(cancel.token).toString('hex')).toBe(token);
  });
});

/** The datagram of the server's GET with Observe 0 and a token. */
function observeRequest(token: string): Uint8Array {
  const head = Uint8Array.of(0x48, 1, 0xff, 0xfe);
  return Buffer.concat([head, Buffer.from(token, 'hex'), Uint8Array.of(0x60, 0x51, 0x33, 0x01, 0x30, 0x01, 0x39)]);
}
