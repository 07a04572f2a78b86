import { accept, Code, contentFormat, Option, observeValue, option, uriPath, uriQuery } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import type { RegistrationId } from '../ids.ts';
import type { LinkRecord, SessionId } from './port.ts';
import {
  deviceId,
  EPOCH,
  IDENTITY,
  KEY,
  LABEL,
  path,
  query,
  registerRequest,
  registrationId,
  type TestDevice,
  TestOwner,
} from './test-owner.ts';

const JSON_FORMAT = 110;
const TLV = 11542;
const senml = (n: string, v: number) => Buffer.from(JSON.stringify([{ n, v }]));
/** Block2: the first of several blocks of 64 bytes. */
const MORE_TO_COME = option(Option.Block2, (1 << 3) | 2);

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

describe('an observation', () => {
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

describe('an operation', () => {
  const integer = (at: string, value: number): LinkRecord => ({ path: at, stored: { type: 'integer', value } });
  const text = (at: string, value: string): LinkRecord => ({ path: at, stored: { type: 'string', value } });

  it.each([
    ['1.0', 'ct=""', TLV, 'c10132'],
    ['1.1', 'ct="112"', 112, '81a321652f312f302f006131021832'],
  ])('of version %s writes an instance in the format of that version', (version, ct, format, payload) => {
    const test = new TestOwner();
    const device = test.connect();
    const offer = `</>;rt="oma.lwm2m"${version === '1.0' ? '' : `;${ct}`},</1/0>`;
    test.register(device, { query: ['ep=truck-1', 'lt=300', `lwm2m=${version}`], offer });
    device.answer = () => ({ code: Code.Changed });
    const { outcome } =
      test.perform({ kind: 'write', mode: 'replace', path: '/1/0', records: [integer('/1/0/1', 50)] }) ?? {};
    expect(outcome).toEqual({ kind: 'answered', code: Code.Changed, body: { kind: 'empty' } });
    const [request] = device.requests;
    if (!request) throw new Error('no request');
    expect(request.code).toBe(Code.Put);
    expect(contentFormat(request)).toBe(format);
    expect(Buffer.from(request.payload).toString('hex')).toBe(payload);
  });

  it('writes a single resource as text to a device that has no better format', () => {
    const test = new TestOwner();
    const device = test.connect();
    test.register(device, { query: ['ep=truck-1', 'lt=300', 'lwm2m=1.0'], offer: '</1/0>,</3/0>' });
    device.answer = () => ({ code: Code.Changed });
    test.perform({ kind: 'write', mode: 'replace', path: '/3/0/15', records: [text('/3/0/15', 'UTC')] });
    const [request] = device.requests;
    expect(request && contentFormat(request)).toBe(0);
    expect(Buffer.from(request?.payload ?? []).toString()).toBe('UTC');
  });

  it.each([
    ['1.1', []],
    ['1.2', ['depth=3']],
  ])('§4.2: discovers what a device of %s has, with depth where it knows it', (version, expected) => {
    const test = new TestOwner();
    const device = test.connect();
    const offer = '</x>;rt="oma.lwm2m",</x/3/0>';
    test.register(device, { query: ['ep=truck-1', 'lt=300', `lwm2m=${version}`], offer });
    device.answer = () => ({
      code: Code.Content,
      options: [option(Option.ContentFormat, 40)],
      payload: Buffer.from('</x/3/0>;pmin=10,</x/3/0/6>;dim=2,</x/5>'),
    });
    const { outcome } = test.perform({ kind: 'discover', path: '/3/0', depth: 3 }) ?? {};
    expect(outcome).toMatchObject({
      code: Code.Content,
      body: {
        kind: 'nodes',
        nodes: [
          { path: '/3/0', attributes: { pmin: '10' } },
          { path: '/3/0/6', attributes: { dim: '2' } },
        ],
      },
    });
    const [request] = device.requests;
    if (!request) throw new Error('no request');
    expect([request.code, accept(request), uriPath(request)]).toEqual([Code.Get, 40, ['x', '3', '0']]);
    expect(uriQuery(request)).toEqual(expected);
    device.answer = () => ({
      code: Code.Content,
      options: [option(Option.ContentFormat, 40)],
      payload: Buffer.from('</x/3/0></x/3>'),
    });
    expect(test.perform({ kind: 'discover', path: '/3/0' })?.outcome).toMatchObject({ body: { kind: 'undecodable' } });
  });

  it.each([
    ['1.1', 3, 112, '/6/3'],
    ['1.1', undefined, TLV, '/6/7'],
    ['1.2', undefined, 11_544, '/6/7'],
  ])('DM-4: creates an instance on a device of %s (id %s) in format %i', (version, instanceId, format, created) => {
    const test = new TestOwner();
    const device = test.connect();
    const offer = '</x>;rt="oma.lwm2m",</x/6/0>';
    test.register(device, { query: ['ep=truck-1', 'lt=300', `lwm2m=${version}`], offer });
    device.answer = () => ({
      code: Code.Created,
      options: created.split('/').flatMap((id) => (id === '' ? [] : [option(Option.LocationPath, id)])),
    });
    const at = instanceId ?? 0;
    const records = [{ path: `/6/${at}/3`, stored: { type: 'float', value: 5 } }];
    const id = instanceId === undefined ? {} : { instanceId };
    const { outcome } = test.perform({ kind: 'create', path: '/6', records, ...id }) ?? {};
    expect(outcome).toEqual({ kind: 'answered', code: Code.Created, body: { kind: 'created', path: created } });
    const [request] = device.requests;
    if (!request) throw new Error('no request');
    expect([request.code, uriPath(request), contentFormat(request)]).toEqual([Code.Post, ['x', '6'], format]);
  });

  it('DM-4, P15: does not know the instance when the device does not say', () => {
    const test = new TestOwner();
    const device = test.connect();
    test.register(device);
    device.answer = () => ({ code: Code.Created });
    const outcome = test.perform({ kind: 'create', path: '/6', records: [] })?.outcome;
    expect(outcome).toMatchObject({ code: Code.Created, body: { kind: 'empty' } });
  });

  it('deletes an instance', () => {
    const test = new TestOwner();
    const device = test.connect();
    test.register(device);
    device.answer = () => ({ code: Code.Deleted });
    expect(test.perform({ kind: 'delete', path: '/6/0' })?.outcome).toMatchObject({ code: Code.Deleted });
    const [request] = device.requests;
    expect(request && [request.code, uriPath(request)]).toEqual([Code.Delete, ['6', '0']]);
  });

  it.each([Code.NotAcceptable, Code.UnsupportedContentFormat])(
    'FM-2, DM-9: asks in the next format after %i, and remembers it until the device registers anew',
    (refusal) => {
      const test = new TestOwner();
      const device = test.connect();
      test.register(device);
      const asked = () => device.requests.splice(0).map((request) => accept(request) ?? contentFormat(request));
      device.answer = (request) =>
        (accept(request) ?? contentFormat(request)) === TLV
          ? { code: Code.Content, options: [option(Option.ContentFormat, TLV)], payload: Buffer.from('c80010', 'hex') }
          : { code: refusal };
      test.perform({ kind: 'read', path: '/6/0' });
      expect(asked()).toEqual([112, TLV]);
      test.perform({ kind: 'read', path: '/6/0' });
      test.perform({ kind: 'write', mode: 'partial', path: '/1/0', records: [integer('/1/0/1', 50)] });
      expect(asked()).toEqual([TLV, TLV]);
      device.answer = () => ({ code: refusal });
      const outcome = test.perform({ kind: 'read', path: '/6/0' })?.outcome;
      expect(outcome).toMatchObject({ kind: 'answered', code: refusal });
      expect(new Set(asked())).toEqual(new Set([TLV, 112, JSON_FORMAT]));
      test.post({ kind: 'unbind', registrationId });
      test.register(device);
      test.perform({ kind: 'read', path: '/6/0' });
      expect(asked()[0]).toBe(112);
    },
  );

  it('§4.1, P31: attaches attributes by a PUT without content', () => {
    const test = new TestOwner();
    const device = test.connect();
    test.register(device);
    device.answer = () => ({ code: Code.Changed });
    test.perform({ kind: 'write-attributes', path: '/3/0/9', attributes: { pmin: 5, gt: null } });
    const [request] = device.requests;
    if (!request) throw new Error('no request');
    expect([request.code, contentFormat(request), request.payload.length]).toEqual([Code.Put, undefined, 0]);
    expect(uriQuery(request)).toEqual(['pmin=5', 'gt']);
  });

  it('executes with arguments, under the root path of the device', () => {
    const test = new TestOwner();
    const device = test.connect();
    test.register(device, { offer: '</lwm2m>;rt="oma.lwm2m",</lwm2m/3/0>' });
    device.answer = () => ({ code: Code.Changed });
    test.perform({ kind: 'execute', path: '/3/0/4', arguments: "0='now'" });
    const [request] = device.requests;
    if (!request) throw new Error('no request');
    expect(uriPath(request)).toEqual(['lwm2m', '3', '0', '4']);
    expect(request.code).toBe(Code.Post);
    expect(Buffer.from(request.payload).toString()).toBe("0='now'");
  });

  it('FM-1, P35: reads, and decodes the answer by its own format whatever was asked for', () => {
    const test = new TestOwner();
    const device = test.connect();
    test.register(device);
    device.answer = () => ({
      code: Code.Content,
      options: [option(Option.ContentFormat, JSON_FORMAT)],
      payload: senml('/3/0/9', 55),
    });
    expect(test.perform({ kind: 'read', path: '/3/0/9' })).toMatchObject({
      session: { transport: 'coaps' },
      outcome: {
        kind: 'answered',
        code: Code.Content,
        body: { records: [{ path: '/3/0/9', stored: { type: 'integer', value: 55 } }] },
      },
    });
  });

  it.each([
    [{ kind: 'read', path: 'not a path' } as const, 'not a path'],
    [{ kind: 'execute', path: '/3/0/4', arguments: 'x' } as const, 'arguments'],
    [
      {
        kind: 'write',
        mode: 'replace',
        path: '/3/0/9',
        records: [{ path: '/3/0/9', stored: { type: 'odd', value: 1 } }],
      } as const,
      'not a value',
    ],
  ])('that cannot be encoded never leaves: %j', (operation, reason) => {
    const test = new TestOwner();
    const device = test.connect();
    test.register(device);
    expect(test.perform(operation)?.outcome).toEqual({ kind: 'unencodable', reason: expect.stringContaining(reason) });
    expect(device.requests).toEqual([]);
  });

  it('over a session of no registration never leaves', () => {
    const test = new TestOwner();
    test.connect();
    expect(test.perform({ kind: 'read', path: '/3/0/9' })?.outcome).toMatchObject({ kind: 'not-sent' });
  });

  it('that is not answered times out after its retransmissions', () => {
    const test = new TestOwner();
    const device = test.connect();
    test.register(device);
    device.answer = () => undefined;
    expect(test.perform({ kind: 'read', path: '/3/0/9' })).toBeUndefined();
    test.pass(100_000);
    expect(test.last('outcome').outcome).toEqual({ kind: 'timeout' });
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

describe('a Send', () => {
  const REAL = '</>;rt="oma.lwm2m";ct="112",</1/0>,</3/0>,</6/0>';
  const json = (records: unknown) => Buffer.from(JSON.stringify(records));
  const sendRequest = (payload: Uint8Array, format: number | null = JSON_FORMAT) => ({
    code: Code.Post,
    options: [...path('dp'), ...(format === null ? [] : [option(Option.ContentFormat, format)])],
    payload,
  });
  const connected = (offer = REAL) => {
    const test = new TestOwner();
    const device = test.connect();
    test.register(device, { query: ['ep=truck-1', 'lt=300', 'lwm2m=1.2'], offer });
    return { test, device };
  };

  it('IR-1, SM-3: is told with every time that it names, and answered by the capability', () => {
    const { test, device } = connected();
    const pack = [
      { bn: '/3/0/9', bt: 1_700_000_000, v: 80 },
      { t: 60, v: 79 },
      { bn: '/6/0/', n: '0', t: 60, v: 39.5 },
    ];
    test.send(device, sendRequest(json(pack)));
    const message = test.last('send');
    expect(message).toMatchObject({ registrationId, at: EPOCH, session: { identity: LABEL } });
    expect(message.body).toEqual({
      kind: 'records',
      truncated: false,
      records: [
        { path: '/3/0/9', stored: { type: 'integer', value: 80 }, time: 1_700_000_000_000 },
        { path: '/3/0/9', stored: { type: 'integer', value: 79 }, time: 1_700_000_060_000 },
        { path: '/6/0/0', stored: { type: 'float', value: 39.5 }, time: 1_700_000_060_000 },
      ],
    });
    expect(device.responses.map(({ code }) => code)).not.toContain(Code.Changed);
    test.answer(message.exchange, Code.Changed);
    expect(device.responses.at(-1)?.code).toBe(Code.Changed);
  });

  it.each([
    [112, '81a20065332f302f39021850', 'SenML CBOR without a slash', Code.BadRequest],
    [112, '81a200662f332f302f39021850', 'SenML CBOR', undefined],
    [11_544, 'a1830300091850', 'LwM2M CBOR', undefined],
    [TLV, 'c10950', 'TLV', Code.UnsupportedContentFormat],
    [0, '3830', 'text', Code.UnsupportedContentFormat],
    [null, '3830', 'nothing that says what it is', Code.UnsupportedContentFormat],
    [112, '80', 'an empty pack', Code.BadRequest],
    [112, '81', 'a broken pack', Code.BadRequest],
    [112, '81a200642f332f30021850', 'a value of an instance', Code.BadRequest],
    [112, '81a100662f332f302f39', 'a name without a value', Code.BadRequest],
    [112, '81a200662f352f302f33021850', 'an object that is not registered', Code.NotFound],
  ])('§4.1: in format %s (%s: %s)', (format, payload, _, code) => {
    const { test, device } = connected();
    test.send(device, sendRequest(Buffer.from(payload, 'hex'), format));
    if (code === undefined) {
      expect(test.last('send').body.records).toEqual([{ path: '/3/0/9', stored: { type: 'integer', value: 80 } }]);
    } else {
      expect(test.of('send')).toEqual([]);
      expect(device.responses.at(-1)?.code).toBe(code);
    }
  });

  it('RG-3: has the alternate path in its names', () => {
    const { test, device } = connected('</x>;rt="oma.lwm2m",</x/3/0>');
    test.send(device, sendRequest(json([{ n: '/x/3/0/9', v: 80 }])));
    expect(test.last('send').body.records[0]?.path).toBe('/3/0/9');
  });

  it('IR-3: is 4.04 before a registration, and 4.05 with another method', () => {
    const test = new TestOwner();
    const device = test.connect();
    test.send(device, sendRequest(json([{ n: '/3/0/9', v: 80 }])));
    expect(device.responses.at(-1)?.code).toBe(Code.NotFound);
    test.send(device, { ...sendRequest(json([])), code: Code.Put });
    expect(device.responses.at(-1)?.code).toBe(Code.MethodNotAllowed);
    test.register(device, { offer: REAL });
    test.send(device, sendRequest(json([{ n: '/3/0/9', v: 80 }])));
    expect(test.of('send')).toHaveLength(1);
  });
});
