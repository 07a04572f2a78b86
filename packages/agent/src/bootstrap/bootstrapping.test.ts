import { Code, formatCode, type RequestSpec } from '@reeve/coap';
import { ContentFormat, path, ROOT_PATH, type Value } from '@reeve/lwm2m';
import { describe, expect, it } from 'vitest';
import { objectInstance } from '../instance.ts';
import { DeviceModel } from '../model.ts';
import { DEFAULT_RETRY } from '../registration.ts';
import { SECURE_URI, URI, World } from '../testing.ts';
import { Staging } from './staging.ts';

import {
  Bootstrapping,
  begin,
  FINISH,
  flag,
  integer,
  opaque,
  remove,
  SERVER,
  securityOf,
  text,
  uri,
  write,
} from './testing.ts';

const { linkFormat, senmlCbor, senmlJson } = ContentFormat;

describe.each([{ secure: false }, { secure: true }])('a bootstrap (secure: $secure)', ({ secure }) => {
  it('§3.1: is asked for by a client without a server, which then registers', () => {
    const world = begin({ secure });
    expect(world.bootstrapServer.requests).toMatchObject([
      { code: Code.Post, path: 'bs', query: ['ep=truck', 'pct=112'], payload: '' },
    ]);
    world.provision(secure ? SECURE_URI : URI);
    expect(world.tell(FINISH)).toBe('2.04');
    expect(world.advance(10_000).requests).toMatchObject([
      { path: 'rd', query: ['ep=truck', 'lt=600', 'lwm2m=1.1', 'b=U'] },
    ]);
    expect(world.events.map(({ kind }) => kind)).toEqual(['bootstrapping', 'bootstrapped', 'registered']);
    expect(world.client.get(path(0, 0, 1)).value).toBe(true);
  });

  it('TR-2: is triggered by a server, and does not end the registration', () => {
    const world = new Bootstrapping({ secure, bootstrap: { holdOff: 60 } });
    world.register();
    expect(formatCode(world.ask({ code: Code.Post, options: uri('/1/0/9') }).code)).toBe('2.04');
    expect(world.bootstrapServer.requests).toHaveLength(1);
    world.provision(secure ? SECURE_URI : URI);
    world.tell(FINISH);
    world.advance(10_000);
    expect(world.requests.map(({ path: to, query }) => [to, query[1]])).toEqual([
      ['rd', 'lt=300'],
      ['rd', 'lt=600'],
    ]);
  });

  it('P40: answers a Finish that comes again, and only then goes on', () => {
    const world = begin({ secure });
    world.provision(secure ? SECURE_URI : URI);
    world.tell(FINISH);
    world.advance(3_000);
    expect(world.client.bootstrap.kind).toBe('finishing');
    expect(world.requests).toEqual([]);
    world.advance(1_000);
    expect(world.client.bootstrap.kind).toBe('idle');
    expect(world.requests).toHaveLength(1);
  });
});

describe('the operations of a bootstrap server', () => {
  it('BS-5: Discover tells whose the instances are', () => {
    const world = begin({ bootstrap: true });
    world.provision();
    expect(world.get('/', linkFormat)).toEqual({
      code: '2.05',
      payload: `</>;lwm2m=1.1,</0/0>,</0/1>;ssid=7;uri="${URI}",</1/0>;ssid=7,</3/0>,</6/0>,</8/0>`,
    });
    expect(world.get('/1', linkFormat).payload).toBe('</>;lwm2m=1.1,</1/0>;ssid=7');
    expect(world.get('/99', linkFormat).code).toBe('4.04');
  });

  it("BS-3: Delete spares the bootstrap account and what is the device's own", () => {
    const world = begin({ provisioned: true, client: {} });
    world.ask({ code: Code.Post, options: uri('/1/0/9') });
    expect(world.tell(remove('/'))).toBe('2.02');
    expect(world.get('/', linkFormat).payload).toBe('</>;lwm2m=1.1,</0/1>,</1>,</3/0>,</6/0>,</8/0>');
    expect(world.tell(remove('/0/1'))).toBe('4.00');
    expect(world.tell(remove('/3/0'))).toBe('4.00');
    expect(world.tell(remove('/1/9'))).toBe('2.02');
    expect(world.tell(remove('/1/0/1'))).toBe('4.00');
  });

  it('BS-2: Write takes what no server may write, and ignores what it does not know', () => {
    const world = begin();
    world.provision();
    const unknown = { ...SERVER, 999: integer(1), 7: text('U') };
    expect(world.tell(write('/1/0', { '/1/0': unknown }, senmlCbor))).toBe('2.04');
    expect(world.tell(write('/1/0/0', { '/1/0': { 0: integer(7) } }))).toBe('2.04');
    expect(world.tell(write('/3/0', { '/3/0': { 1: text('Van'), 2: text('not there') } }))).toBe('2.04');
    expect(world.client.get(path(3, 0, 1)).value).toBe('Truck');
    world.tell(FINISH);
    expect(world.client.get(path(3, 0, 1)).value).toBe('Van');
    expect(world.client.get(path(1, 0, 2)).type).toBe('none');
    expect(world.client.get(path(3, 0, 2)).type).toBe('none');
  });

  it('BS-9: Write of an object holds several instances, all or none', () => {
    const world = begin();
    const second = { ...SERVER, 0: integer(8) };
    expect(world.tell(write('/1', { '/1/0': SERVER, '/1/1': second }))).toBe('2.04');
    expect(world.get('/1', linkFormat).payload).toBe('</>;lwm2m=1.1,</1/0>,</1/1>');
    expect(world.tell(write('/1', { '/1/2': SERVER, '/1/3': { 0: integer(70_000) } }))).toBe('4.00');
    expect(world.get('/1', linkFormat).payload).toBe('</>;lwm2m=1.1,</1/0>,</1/1>');
  });

  it.each([
    ['an object that the device does not have', write('/5/0', { '/5/0': { 1: text('coap://x') } }), '4.00'],
    ['a text as an instance', { ...write('/1/0', { '/1/0': SERVER }), options: uri('/1/0') }, '4.15'],
    ['broken content', { ...write('/1/0', { '/1/0': SERVER }), payload: Buffer.of(0xc8) }, '4.00'],
    ['a number out of range', write('/0/3', { '/0/3': { 10: integer(0) } }), '4.00'],
    ["the bootstrap account as a server's", write('/0/0', { '/0/0': securityOf(URI) }), '4.00'],
    ['a resource instance', write('/2/0/2/1', {}, senmlJson), '4.00'],
    ['what a server of management asks', { code: Code.Post, options: uri('/3/0/4') }, '4.05'],
    ['no path', remove('/x'), '4.00'],
  ])('§3.1: refuses %s', (_, spec, code) => {
    expect(begin().tell(spec)).toBe(code);
  });

  it('BS-4: a new key for the bootstrap account counts from Finish on', () => {
    const world = begin({ secure: true });
    world.provision(SECURE_URI);
    const address = world.client.get(path(0, 0, 0));
    const key = { 3: opaque(Buffer.from('new')), 5: opaque(Buffer.alloc(16, 9)) };
    expect(world.tell(write('/0/0', { '/0/0': key }))).toBe('2.04');
    expect(Buffer.from(world.client.get(path(0, 0, 3)).value as Uint8Array).toString()).toBe('truck');
    expect(world.tell(FINISH)).toBe('2.04');
    expect(Buffer.from(world.client.get(path(0, 0, 3)).value as Uint8Array).toString()).toBe('new');
    expect(world.client.get(path(0, 0, 0))).toEqual(address);
    expect(world.client.get(path(0, 0, 1)).value).toBe(true);
  });

  it('A-1: Read is of the objects 1 and 2 alone', () => {
    const world = begin();
    world.provision();
    expect(world.tell(write('/2/0', { '/2/0': { 0: integer(3), 1: integer(0), 3: integer(65_535) } }))).toBe('2.04');
    const read = world.get('/2/0', senmlJson);
    expect(read).toMatchObject({ code: '2.05', payload: expect.stringContaining('"v":65535') });
    expect(world.get('/1', senmlJson)).toMatchObject({ code: '2.05', payload: expect.stringContaining('"v":600') });
    expect(world.get('/0', senmlJson).code).toBe('4.05');
    expect(world.get('/3/0', senmlJson).code).toBe('4.05');
    expect(world.get('/1/9', senmlJson).code).toBe('4.04');
    expect(world.get('/1', 9_999).code).toBe('4.06');
  });

  it('BS-6: an account may be protected by OSCORE, and its context comes and goes with it', () => {
    const world = begin();
    world.provision();
    const context = { 0: opaque(Buffer.alloc(16, 7)), 1: opaque(Buffer.of(1)), 2: opaque(Buffer.of(2)) };
    const link: Value = { type: 'objlnk', value: { objectId: 21, instanceId: 3 } };
    expect(world.tell(write('/0/1', { '/0/1': { ...securityOf(URI), 17: link } }))).toBe('2.04');
    expect(world.tell(FINISH)).toBe('4.06');
    expect(world.tell(write('/21/3', { '/21/3': context }))).toBe('2.04');
    expect(world.get('/21', linkFormat).payload).toBe('</>;lwm2m=1.1,</21/3>;ssid=7');
    expect(world.tell(FINISH)).toBe('2.04');
    expect(world.client.get(path(21, 3, 0)).type).toBe('opaque');
  });

  it('BS-3: Delete spares the OSCORE context of the bootstrap account', () => {
    const account = objectInstance(0, 0, { values: { 0: 'coap://x', 1: true, 2: 3, 17: '21:3' } });
    const contexts = [3, 4].map((id) => objectInstance(21, id, { values: { 0: 'AAAA', 1: 'AQ==', 2: 'Ag==' } }));
    const staging = new Staging(new DeviceModel([account, ...contexts]), {});
    expect(staging.delete(ROOT_PATH).ok).toBe(true);
    expect(staging.delete(path(21, 3)).ok).toBe(false);
    expect([3, 4].map((id) => staging.accounts.has(path(21, id)))).toEqual([true, false]);
  });

  it('makes instances of objects that servers may create', () => {
    const creatable = { 5: () => ({ values: { 3: 0, 5: 0 } }) };
    const world = begin({ client: { creatable } });
    world.provision();
    expect(world.tell(write('/5/0', { '/5/0': { 1: text('coap://x') } }))).toBe('2.04');
    world.tell(FINISH);
    expect(world.client.get(path(5, 0, 1)).value).toBe('coap://x');
    expect(world.client.get(path(5, 0, 3)).value).toBe(0);
  });
});

describe('BS-7: Finish', () => {
  it.each<[string, readonly RequestSpec[]]>([
    ['without any account', [remove('/')]],
    ['without security', [remove('/'), write('/1/0', { '/1/0': SERVER })]],
    ['with one resource of object 1 alone (int-9)', [write('/1/0', { '/1/0': { 5: integer(1) } })]],
    ['without a server', [write('/0/1', { '/0/1': securityOf(URI) })]],
    ['with a server of another id', [write('/1/0', { '/1/0': { ...SERVER, 0: integer(8) } })]],
    ['without a lifetime', [write('/1/0', { '/1/0': { 0: integer(7), 6: flag(true), 7: text('U') } })]],
    ['with an address that is none', [write('/0/1', { '/0/1': { ...securityOf(URI), 0: text('coap://') } })]],
    ['with a scheme that its mode contradicts', [write('/0/1', { '/0/1': { ...securityOf(URI), 2: integer(0) } })]],
    ['with a mode that is not supported', [write('/0/1', { '/0/1': { ...securityOf(SECURE_URI), 2: integer(4) } })]],
    ['with a key that is none', [write('/0/1', { '/0/1': { ...securityOf(SECURE_URI), 2: integer(1) } })]],
    ['with two bootstrap accounts', [write('/0/2', { '/0/2': { ...securityOf(URI), 1: flag(true) } })]],
    ['with one id twice', [write('/0/2', { '/0/2': securityOf(URI) }), write('/1/1', { '/1/1': SERVER })]],
  ])('%s is refused with 4.06, and may come again once that is mended', (name, specs) => {
    const world = begin();
    if (!name.startsWith('without s') && !name.startsWith('without a server')) world.provision();
    for (const spec of specs) expect(world.tell(spec)).toMatch(/^2/);
    expect(world.tell(FINISH)).toBe('4.06');
    expect(world.told('refused')).toMatchObject([{ detail: expect.any(String) }]);
    expect(world.client.get(path(1, 0, 1)).type).toBe('none');
    world.provision();
    expect(world.tell(FINISH)).toBe('2.04');
    expect(world.advance(5_000).requests).toHaveLength(1);
  });
});

describe('a bootstrap that breaks', () => {
  it('BS-7: by 247 s of silence leaves the accounts as they were, and the client goes back to its server', () => {
    const world = new Bootstrapping({ bootstrap: true });
    world.register();
    world.ask({ code: Code.Post, options: uri('/1/0/9') });
    world.provision('coap://192.0.2.1');
    world.advance(246_000);
    expect(world.told('bootstrapFailed')).toEqual([]);
    world.advance(2_000);
    expect(world.told('bootstrapFailed')).toMatchObject([{ at: 247_000, retryAt: 307_000 }]);
    expect(world.client.get(path(1, 0, 1)).value).toBe(300);
    world.advance(60_000);
    expect(world.requests.map(({ at, path: to }) => [at, to])).toEqual([
      [0, 'rd'],
      [307_000, 'rd'],
    ]);
  });

  it('goes on as long as the server has something to say', () => {
    const world = begin();
    for (let turn = 0; turn < 3; turn++) {
      world.advance(200_000);
      world.provision();
    }
    expect(world.tell(FINISH)).toBe('2.04');
  });

  it('is tried again in the default sequence, day after day', () => {
    const world = new Bootstrapping({ provisioned: false, bootstrap: true });
    world.bootstrapServer.answer = () => Code.Unauthorized;
    world.register().advance(100_000_000);
    const waits = world.told('bootstrapFailed').map(({ at, retryAt }) => retryAt - at);
    expect(waits.slice(0, 7)).toEqual([60, 120, 240, 480, 86_400, 60, 120].map((seconds) => seconds * 1000));
  });

  it('by a server that does not answer', () => {
    const world = new Bootstrapping({ provisioned: false, bootstrap: true });
    world.dark = true;
    world.register().advance(100_000);
    expect(world.told('bootstrapFailed')).toMatchObject([{ detail: 'the bootstrap server does not answer' }]);
  });

  it('by a client that is stopped', () => {
    const world = begin();
    world.provision();
    world.client.stop(world.now);
    expect(world.settle().client.bootstrap.kind).toBe('idle');
    expect(world.advance(10_000_000).requests).toEqual([]);
    expect(world.client.get(path(1, 0, 1)).type).toBe('none');
  });
});

describe('when a client bootstraps', () => {
  const retry = { ...DEFAULT_RETRY, count: 2, timer: 10 };

  it('§2.3: all attempts to register have failed, and the hold-off time is over', () => {
    const world = new Bootstrapping({ bootstrap: { holdOff: 30 }, server: { retry } });
    world.answer = () => Code.ServiceUnavailable;
    world.register().advance(100_000);
    expect(world.told('failed')).toHaveLength(2);
    expect(world.bootstrapServer.requests).toMatchObject([{ path: 'bs', at: 40_000 }]);
  });

  it('§2.3: not if the server does not want that (/1/x/16)', () => {
    const world = new Bootstrapping({ bootstrap: true, server: { retry, bootstrapOnFailure: false } });
    world.answer = () => Code.ServiceUnavailable;
    world.register().advance(1_000_000);
    expect(world.bootstrapServer.requests).toEqual([]);
    expect(world.client.registration.kind).toBe('failed');
  });

  it('TR-2: not by a trigger without a bootstrap account', () => {
    const world = new World().register();
    expect(formatCode(world.ask({ code: Code.Post, options: uri('/1/0/9') }).code)).toBe('4.05');
  });

  it('asks without a preferred format where the server does not know that', () => {
    const world = new Bootstrapping({ provisioned: false, bootstrap: true });
    world.bootstrapServer.answer = ({ query }) => (query.length > 1 ? Code.UnsupportedContentFormat : Code.Changed);
    world.register();
    expect(world.bootstrapServer.requests.map(({ query }) => query)).toEqual([['ep=truck', 'pct=112'], ['ep=truck']]);
    expect(world.client.bootstrap.kind).toBe('provisioning');
  });

  it('BS-11: the bootstrap account goes when its time is over', () => {
    const world = begin({ bootstrap: { accountTimeout: 100 } });
    world.provision();
    world.tell(FINISH);
    world.advance(99_000);
    expect(world.told('purged')).toEqual([]);
    world.advance(1_000);
    expect(world.told('purged')).toMatchObject([{ path: '/0/0', at: 100_000 }]);
    expect(world.client.get(path(0, 0, 1)).type).toBe('none');
    expect(formatCode(world.ask({ code: Code.Post, options: uri('/1/0/9') }).code)).toBe('4.05');
  });
});
