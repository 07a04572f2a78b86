import { accept, Code, contentFormat, Option, option, uriPath, uriQuery } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import type { RegistrationId } from '../ids.ts';
import type { LinkRecord, RequestRef } from './port.ts';
import { registrationId, TestOwner } from './test-owner.ts';

const JSON_FORMAT = 110;
const TLV = 11542;
const senml = (n: string, v: number) => Buffer.from(JSON.stringify([{ n, v }]));
/** A device behind a gateway. */
const meter = 'reg000000002' as RegistrationId;

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

it('says what a device behind a gateway answered, also if it went meanwhile: it has acted', () => {
  const test = new TestOwner();
  const gateway = test.connect();
  const { version, session, offer } = test.register(gateway);
  const behind = { ...offer, prefix: 'd01' };
  test.post({
    kind: 'restore',
    registrationId: meter,
    through: registrationId,
    version,
    offer: behind,
    observations: [],
  });
  gateway.answer = () => {
    test.post({ kind: 'unbind', registrationId: meter });
    return { code: Code.Changed };
  };
  const request = 1 as RequestRef;
  const operation = { kind: 'execute', path: '/3/0/4' } as const;
  test.post({ kind: 'perform', request, sessionId: session.sessionId, behind: meter, operation });
  test.settle();
  expect(gateway.requests).toHaveLength(1);
  expect(test.of('outcome').map(({ outcome }) => outcome)).toEqual([
    { kind: 'answered', code: Code.Changed, body: { kind: 'empty' } },
  ]);
});
