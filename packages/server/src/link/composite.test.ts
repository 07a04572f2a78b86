import {
  accept,
  type CoapMessage,
  Code,
  contentFormat,
  Option,
  observeValue,
  option,
  type ResponseSpec,
  uriPath,
  uriQuery,
} from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import type { LinkRecord } from './port.ts';
import { registrationId, type TestDevice, TestOwner } from './test-owner.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const senml = (...records: object[]): ResponseSpec => ({
  code: Code.Content,
  options: [option(Option.ContentFormat, 110)],
  payload: Buffer.from(JSON.stringify(records)),
});
const battery = { n: '/3/0/9', v: 80 };
const paths = ['/3/0/9', '/6/0'];
const path = paths.join(' ');
const formatsAsked = (device: TestDevice) => device.requests.splice(0).map((request) => contentFormat(request));

/** A registered device of LwM2M 1.2 that speaks JSON, unless the test says otherwise. */
function registered({ version = '1.2', formats = '320 110', answer = senml(battery) } = {}) {
  const test = new TestOwner();
  const device = test.connect();
  const query = ['ep=truck-1', 'lt=300', `lwm2m=${version}`, 'b=U'];
  test.register(device, { query, offer: `</>;rt="oma.lwm2m";ct="${formats}",</1/0>,</3/0>,</6/0>` });
  device.answer = () => answer;
  return { test, device };
}

function only(device: TestDevice): CoapMessage {
  const [request, ...more] = device.requests;
  if (!request || more.length > 0) throw new Error(`${device.requests.length} requests`);
  return request;
}

describe('a composite operation', () => {
  it('ET-1, P29: reads by a FETCH of the root, without a query', () => {
    const { test, device } = registered();
    const outcome = test.perform({ kind: 'read-composite', paths })?.outcome;
    expect(outcome).toEqual({
      kind: 'answered',
      code: Code.Content,
      body: {
        kind: 'records',
        records: [{ path: '/3/0/9', stored: { type: 'integer', value: 80 } }],
        truncated: false,
      },
    });
    const request = only(device);
    expect([request.code, uriPath(request), uriQuery(request)]).toEqual([Code.Fetch, [], []]);
    expect([contentFormat(request), accept(request)]).toEqual([320, 110]);
    expect(text(request.payload)).toBe('[{"n":"/3/0/9"},{"n":"/6/0"}]');
  });

  it('IR-1, SM-3: keeps each of several values of one node', () => {
    const bt = 1_800_000_000;
    const { test } = registered({ answer: senml({ bn: '/3/0/', bt, n: '9', v: 1 }, { n: '9', v: 2, t: 60 }) });
    expect(test.perform({ kind: 'read-composite', paths })?.outcome).toMatchObject({
      body: {
        records: [
          { path: '/3/0/9', stored: { value: 1 }, time: bt * 1000 },
          { path: '/3/0/9', stored: { value: 2 }, time: (bt + 60) * 1000 },
        ],
      },
    });
  });

  it('SM-4: takes an empty list for an answer', () => {
    const { test } = registered({ answer: senml() });
    expect(test.perform({ kind: 'read-composite', paths })?.outcome).toMatchObject({ body: { records: [] } });
  });

  it('ET-2: writes by an iPATCH of the root, and removes resource instances in SenML-ETCH alone', () => {
    const { test, device } = registered({ version: '1.1', formats: '112', answer: { code: Code.Changed } });
    const lifetime: LinkRecord = { path: '/1/0/1', stored: { type: 'integer', value: 60 } };
    const removed: LinkRecord = { path: '/3/0/6/1', stored: { type: 'none', value: null } };
    test.perform({ kind: 'write-composite', records: [lifetime] });
    test.perform({ kind: 'write-composite', records: [lifetime, removed] });
    expect(device.requests.map(({ code }) => code)).toEqual([Code.Ipatch, Code.Ipatch]);
    expect(formatsAsked(device)).toEqual([112, 322]);
  });

  it.each([Code.NotAcceptable, Code.UnsupportedContentFormat])(
    'FM-3, P34: falls back from SenML-ETCH to plain SenML after %i, and tells of it once for each format',
    (refusal) => {
      const { test, device } = registered({ formats: '112' });
      device.answer = (request) => (contentFormat(request) === 110 ? senml(battery) : { code: refusal });
      test.perform({ kind: 'read-composite', paths });
      expect(formatsAsked(device)).toEqual([112, 322, 320, 110]);
      test.perform({ kind: 'read-composite', paths });
      // Plain SenML that was refused for a list of paths may be good for values.
      expect(formatsAsked(device)).toEqual([112, 110]);
      expect(test.of('format-refused')).toEqual(
        [322, 320].map((format) => ({ kind: 'format-refused', registrationId, format })),
      );
    },
  );

  it('is not asked of LwM2M 1.0', () => {
    const { test, device } = registered({ version: '1.0' });
    expect(test.perform({ kind: 'read-composite', paths })?.outcome).toMatchObject({ kind: 'unencodable' });
    expect(device.requests).toEqual([]);
  });
});

describe('an observation of several paths', () => {
  function observed(target = path) {
    const { test, device } = registered({ answer: { ...senml(battery), observe: true } });
    const outcome = test.perform({ kind: 'observe', path: target })?.outcome;
    if (outcome?.kind !== 'answered' || outcome.token === undefined) throw new Error('not observed');
    return { test, device, outcome, token: outcome.token };
  }

  it('begins by a FETCH with Observe, and its notifications are told by path', () => {
    const { test, device, outcome, token } = observed();
    const request = only(device);
    expect([request.code, observeValue(request), uriQuery(request)]).toEqual([Code.Fetch, 0, []]);
    expect(outcome).toMatchObject({ format: 320, body: { records: [{ path: '/3/0/9' }] } });
    const told = senml({ n: '/3/0/9', v: 70 }, { n: '/6/0/3', v: 5 });
    device.coap.notify(device.peer, Buffer.from(token, 'hex'), { ...told, confirmable: true }, test.now);
    test.settle();
    expect(test.last('notification')).toMatchObject({
      path,
      token,
      body: { records: [{ path: '/3/0/9', stored: { value: 70 } }, { path: '/6/0/3' }] },
    });
  });

  it('AT-5: takes parameters along in the query', () => {
    const { device } = observed(`${path}?con=1&pmin=5`);
    expect(uriQuery(only(device))).toEqual(['con=1', 'pmin=5']);
  });

  it('OB-1: ends with the token, list and format with which it began', () => {
    const { test, device, token } = observed();
    const [begun] = device.requests.splice(0);
    test.perform({ kind: 'cancel-observe', path, token, format: 320 });
    const ended = only(device);
    expect(observeValue(ended)).toBe(1);
    expect([ended.code, ended.token, ended.payload, contentFormat(ended)]).toEqual([
      begun?.code,
      begun?.token,
      begun?.payload,
      contentFormat(begun ?? ended),
    ]);
  });

  it('BL-6: the rest of a long notification is fetched with the same list', () => {
    const { test, device, token } = observed();
    device.requests.length = 0;
    const long = senml(...Array.from({ length: 60 }, (_, n) => ({ n: `/9999/0/${n}`, vs: 'x'.repeat(30) })));
    device.answer = () => long;
    device.coap.notify(device.peer, Buffer.from(token, 'hex'), { ...long, confirmable: true }, test.now);
    test.settle();
    const { body } = test.last('notification');
    expect(body).toMatchObject({ kind: 'records', truncated: false });
    expect(body.kind === 'records' && body.records).toHaveLength(60);
  });

  it('is matched again after a restart, and asked for the rest in its own format', () => {
    const { test: before, token } = observed();
    const { version, offer } = before.last('register');
    const test = new TestOwner(2);
    test.post({
      kind: 'restore',
      registrationId,
      version,
      offer,
      refusedFormats: [320],
      observations: [{ path, token, format: 322 }],
    });
    const device = test.connect();
    test.register(device, { query: ['ep=truck-1', 'lt=300', 'lwm2m=1.2', 'b=U'] });
    device.answer = () => senml(battery);
    test.perform({ kind: 'read-composite', paths });
    expect(formatsAsked(device)).toEqual([112]);
    test.perform({ kind: 'cancel-observe', path, token, format: 322 });
    expect(formatsAsked(device)).toEqual([322]);
  });
});

describe('an observation with parameters', () => {
  it('AT-5: is a GET with them in its query, begun and ended', () => {
    const { test, device } = registered({ answer: { ...senml(battery), observe: true } });
    const outcome = test.perform({ kind: 'observe', path: '/3/0/9?gt=90.5&pmin=5' })?.outcome;
    if (outcome?.kind !== 'answered' || outcome.token === undefined) throw new Error('not observed');
    test.perform({ kind: 'cancel-observe', path: '/3/0/9?gt=90.5&pmin=5', token: outcome.token });
    expect(device.requests.map((request) => [request.code, observeValue(request), uriQuery(request)])).toEqual([
      [Code.Get, 0, ['gt=90.5', 'pmin=5']],
      [Code.Get, 1, ['gt=90.5', 'pmin=5']],
    ]);
  });
});
