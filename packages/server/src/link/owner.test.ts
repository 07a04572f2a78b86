import { Code, Option, option } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import type { SessionId } from './port.ts';
import { EPOCH, IDENTITY, KEY, LABEL, path, query, registerRequest, registrationId, TestOwner } from './test-owner.ts';

describe('a DTLS session', () => {
  it('opens with the key that the capability finds, and says whose it is', () => {
    const test = new TestOwner();
    const device = test.connect();
    expect(test.of('find-psk')).toEqual([
      { kind: 'find-psk', lookup: expect.any(Number), ingress: 0, identity: IDENTITY.toString('hex') },
    ]);
    expect(test.last('session-opened')).toMatchObject({
      at: EPOCH,
      session: { transport: 'coaps', address: '192.0.2.1:40000', ingress: 0, identity: LABEL },
    });
    expect(device.session).toBeDefined();
  });

  it.each([
    ['an unknown identity', Buffer.from('stranger'), KEY, 'unknown-identity'],
    ['a wrong key', IDENTITY, Buffer.from('another key'), 'wrong-key'],
  ])('does not open for %s, which is refused with a line', (_, identity, key, check) => {
    const test = new TestOwner();
    const device = test.connect({ identity, key });
    expect(test.of('session-opened')).toEqual([]);
    expect(device.session).toBeUndefined();
    expect(test.last('refused')).toMatchObject({
      check,
      address: '192.0.2.1:40000',
      identity: `psk:${identity.toString('hex')}`,
    });
  });

  it('that is replaced by one of the same address closes, and says what took its place', () => {
    const test = new TestOwner();
    const device = test.connect();
    const [first] = test.of('session-opened');
    device.dtls?.connect(test.now);
    test.settle();
    expect(test.last('session-opened').replaced).toBe(first?.session.sessionId);
    expect(test.last('session-closed')).toMatchObject({ sessionId: first?.session.sessionId, reason: 'replaced' });
  });

  it('is closed on demand: the device hears it, and a request under way ends', () => {
    const test = new TestOwner();
    const device = test.connect();
    test.register(device);
    device.answer = () => undefined;
    expect(test.perform({ kind: 'read', path: '/3/0/9' })).toBeUndefined();
    const { sessionId } = test.last('session-opened').session;
    test.post({ kind: 'close-session', sessionId });
    test.settle();
    expect(test.last('outcome').outcome).toEqual({ kind: 'timeout' });
    expect(test.last('session-closed')).toMatchObject({ sessionId, reason: 'local' });
    expect(device.dtlsEffects.some(({ kind }) => kind === 'closed')).toBe(true);
    expect(test.perform({ kind: 'read', path: '/3/0/9' })?.outcome).toMatchObject({ kind: 'not-sent' });
  });

  it('of a NoSec address is closed the same way, and begins anew when the address is heard again', () => {
    const test = new TestOwner();
    const device = test.connect({ secure: false });
    test.register(device);
    device.answer = () => undefined;
    expect(test.perform({ kind: 'read', path: '/3/0/9' })).toBeUndefined();
    const { sessionId } = test.last('register').session;
    test.post({ kind: 'close-session', sessionId });
    test.settle();
    expect(test.last('outcome').outcome).toEqual({ kind: 'timeout' });
    expect(test.owner.sizes()).toMatchObject({ plainSessions: 0, pending: 0 });
    test.register(device);
    expect(test.last('register').session.sessionId).toBe(sessionId);
  });

  it('is closed with every other one of an identity whose key changed', () => {
    const test = new TestOwner();
    const devices = [1, 2].map((n) => test.connect({ port: 40_000 + n }));
    test.keys.set('ff', KEY);
    const other = test.connect({ port: 40_003, identity: Buffer.from('ff', 'hex') });
    test.post({ kind: 'close-identity', identity: LABEL });
    test.settle();
    expect(test.of('session-closed').map(({ reason }) => reason)).toEqual(['local', 'local']);
    expect(test.owner.sizes().sessions).toBe(1);
    for (const device of devices) expect(device.dtlsEffects.at(-1)).toMatchObject({ kind: 'closed', reason: 'peer' });
    expect(other.dtlsEffects.at(-1)).toMatchObject({ kind: 'established' });
  });
});

describe('a Register', () => {
  it.each([true, false])('RG-5, P26: becomes a message, and its answer 2.01 with the location (DTLS: %s)', (secure) => {
    const test = new TestOwner();
    const device = test.connect({ secure });
    const message = test.register(device);
    expect(message).toMatchObject({
      at: EPOCH,
      endpoint: 'truck-1',
      lifetime: 300,
      version: '1.1',
      binding: 'U',
      queueMode: false,
      extra: {},
      offer: {
        rootPath: '/',
        contentFormats: [60, 112, 11542],
        objects: [1, 3, 6].map((objectId) => ({ objectId, instances: [0] })),
      },
    });
    expect(message.session.identity).toBe(secure ? LABEL : undefined);
    const [response] = device.responses;
    expect(response?.code).toBe(Code.Created);
    const location = response?.options.filter(({ number }) => number === Option.LocationPath.number) ?? [];
    expect(location.map(({ value }) => Buffer.from(value).toString())).toEqual(['rd', registrationId]);
    expect(location[1]?.value.length).toBeLessThanOrEqual(16);
  });

  it('is not answered before the capability answers, nor is its repetition', () => {
    const test = new TestOwner();
    const device = test.connect();
    test.send(device, registerRequest());
    test.pass(10_000);
    expect(device.responses).toEqual([]);
    expect(test.of('register')).toHaveLength(1);
  });

  it('may be told to come back later', () => {
    const test = new TestOwner();
    const device = test.connect();
    test.send(device, registerRequest());
    const { exchange } = test.last('register');
    test.post({ kind: 'answer', exchange, code: Code.ServiceUnavailable, maxAge: 60 });
    test.settle();
    const [response] = device.responses;
    expect(response?.code).toBe(Code.ServiceUnavailable);
    expect(response?.options.map(({ number, value }) => [number, ...value])).toEqual([[Option.MaxAge.number, 60]]);
  });

  it.each([
    [
      'an unknown version',
      registerRequest({ query: ['ep=a', 'lt=60', 'lwm2m=9.9'] }),
      Code.PreconditionFailed,
      'version',
    ],
    [
      'a lifetime that is none',
      registerRequest({ query: ['ep=a', 'lt=soon', 'lwm2m=1.1'] }),
      Code.BadRequest,
      'malformed',
    ],
    ['links that are none', registerRequest({ offer: '</1' }), Code.BadRequest, 'malformed'],
    [
      'another content format',
      {
        ...registerRequest(),
        options: [...path('rd'), option(Option.ContentFormat, 50), ...query('ep=a', 'lt=60', 'lwm2m=1.1')],
      },
      Code.UnsupportedContentFormat,
      'malformed',
    ],
    [
      'a block whose beginning is missing',
      { ...registerRequest(), options: [...(registerRequest().options ?? []), option(Option.Block1, (1 << 4) | 2)] },
      Code.RequestEntityIncomplete,
      'block-wise',
    ],
  ])('with %s is refused at once', (_, request, code, check) => {
    const test = new TestOwner();
    const device = test.connect();
    test.send(device, request);
    expect(test.of('register')).toEqual([]);
    expect(device.responses.map((response) => response.code)).toEqual([code]);
    expect(test.of('refused')).toHaveLength(1);
    expect(test.last('refused')).toMatchObject({
      check,
      identity: LABEL,
      address: '192.0.2.1:40000',
    });
  });
});

describe('Update and De-register', () => {
  it('name the registration; an Update carries only what it changes', () => {
    const test = new TestOwner();
    const device = test.connect();
    test.register(device);
    test.send(device, { code: Code.Post, options: path('rd', registrationId) });
    const plain = test.last('update');
    expect(Object.keys(plain).sort()).toEqual(['at', 'exchange', 'kind', 'record', 'registrationId', 'session']);
    test.answer(plain.exchange, Code.Changed);
    const options = [...path('rd', registrationId), ...query('lt=60', 'b=UQ')];
    test.send(device, { code: Code.Post, options, payload: Buffer.from('</3/0>') });
    const full = test.last('update');
    expect(full).toMatchObject({ registrationId, lifetime: 60, offer: { objects: [{ objectId: 3, instances: [0] }] } });
    test.answer(full.exchange, Code.Changed);
    test.send(device, { code: Code.Delete, options: path('rd', registrationId) });
    expect(test.last('deregister')).toMatchObject({ registrationId });
    test.answer(test.last('deregister').exchange, Code.Deleted);
    expect(device.responses.map(({ code }) => code)).toEqual([Code.Created, Code.Changed, Code.Changed, Code.Deleted]);
  });

  it.each([
    ['an Update with a malformed query', Code.Post, ['rd', registrationId], ['lt=x'], Code.BadRequest],
    ['another path', Code.Post, ['bs'], [], Code.NotFound],
    ['too long a path', Code.Post, ['rd', 'a', 'b'], [], Code.NotFound],
    ['another method on the registration', Code.Put, ['rd', 'a'], [], Code.MethodNotAllowed],
    ['another method on the interface', Code.Get, ['rd'], [], Code.MethodNotAllowed],
  ])('%s is refused', (_, method, segments, parts, code) => {
    const test = new TestOwner();
    const device = test.connect();
    test.send(device, { code: method, options: [...path(...segments), ...query(...parts)] });
    expect(device.responses.map((response) => response.code)).toEqual([code]);
  });
});

describe('an address without DTLS', () => {
  it('is forgotten altogether when too many others were heard since', () => {
    const test = new TestOwner();
    const device = test.device({ secure: false });
    test.register(device);
    device.answer = () => undefined;
    expect(test.perform({ kind: 'read', path: '/3/0/9' })).toBeUndefined();
    const nothing = Buffer.from('50000000', 'hex');
    for (let n = 0; n < 100_000; n++) test.owner.receive(1, `198.51.100.${n & 1}`, 1 + (n >> 1), nothing, test.now);
    expect(test.owner.sizes()).toMatchObject({ plainSessions: 100_000, pending: 0 });
    expect(test.last('outcome').outcome).toEqual({ kind: 'timeout' });
  });
});

describe('plain addresses', () => {
  it.each([0, 1, 2])('without a port are not heard on socket %i: nothing could be sent there', (ingress) => {
    const test = new TestOwner();
    const device = test.device();
    device.dtls?.connect(test.now);
    const clientHello = device.drain(test.now);
    expect(clientHello).toHaveLength(1);
    for (const datagram of [Uint8Array.of(0x40, 0, 0, 1), ...clientHello]) {
      test.owner.receive(ingress, '192.0.2.1', 0, datagram, test.now);
    }
    expect(test.sent).toEqual([]);
    expect(test.owner.sizes()).toMatchObject({ sessions: 0, plainSessions: 0 });
  });

  it('are bounded: one that was not heard lately makes room, one that was stays', () => {
    const test = new TestOwner();
    const ping = Uint8Array.of(0x40, 0, 0, 1);
    const hear = (n: number) =>
      test.owner.receive(1, `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, 5683, ping, test.now);
    for (let n = 0; n < 100_000; n++) hear(n);
    hear(0);
    for (let n = 100_000; n < 100_100; n++) hear(n);
    expect(test.owner.sizes().plainSessions).toBe(100_000);
    const replies = test.sent.length;
    test.post({ kind: 'trace', sessionId: sessionIdOf('10.0.0.0'), on: true });
    hear(0);
    expect(test.of('trace').map(({ direction }) => direction)).toEqual(['in', 'out']);
    test.post({ kind: 'trace', sessionId: sessionIdOf('10.0.0.1'), on: true });
    hear(1);
    expect(test.of('trace')).toHaveLength(2);
    expect(test.sent.length).toBe(replies + 2);
  });
});

/** The session of a plain address; a trace asked for an address that is forgotten is not begun. */
function sessionIdOf(host: string): SessionId {
  return `coap|1|5683|${host}` as SessionId;
}

describe('tracing', () => {
  it('shows each message of the session in words, both ways, until it is switched off', () => {
    const test = new TestOwner();
    const device = test.connect();
    const { sessionId } = test.last('session-opened').session;
    test.post({ kind: 'trace', sessionId, on: true });
    test.register(device);
    const lines = test.of('trace');
    expect(lines.map(({ direction }) => direction)).toEqual(['in', 'out']);
    expect(lines[0]?.text).toMatch(/^CON mid=\d+ token=[0-9a-f]+ POST \/rd\?ep=truck-1&lt=300.* format=40 "<\/>;/);
    expect(lines[1]?.text).toMatch(/^ACK mid=\d+ token=[0-9a-f]+ 2\.01 location=\/rd\/reg000000001$/);
    expect(lines.every((line) => line.sessionId === sessionId && line.bytes > 0)).toBe(true);
    test.post({ kind: 'trace', sessionId, on: false });
    test.send(device, { code: Code.Post, options: path('rd', registrationId) });
    expect(test.of('trace')).toHaveLength(2);
  });
});
