import { type CoapMessage, Code, contentFormat, Option, option, optionUint, uriPath } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import type { BootstrapLinkOperation } from './bootstrap-port.ts';
import type { RequestRef } from './port.ts';
import { path, query, registerRequest, TestOwner } from './test-owner.ts';

const request = (...parts: string[]) => ({ code: Code.Post, options: [...path('bs'), ...query(...parts)] });

/** A device on the bootstrap socket that has asked to be bootstrapped. */
function bootstrapping() {
  const net = new TestOwner();
  const device = net.device({ bootstrap: true });
  net.send(device, request('ep=truck-1', 'pct=112'));
  const message = net.last('bootstrap-request');
  net.answer(message.exchange, Code.Changed);
  let last = 0;
  const perform = (operation: BootstrapLinkOperation) => {
    const id = ++last as RequestRef;
    net.post({ kind: 'bootstrap', request: id, sessionId: message.session.sessionId, operation });
    net.settle();
    return net.of('outcome').find((outcome) => outcome.request === id)?.outcome;
  };
  return { net, device, message, perform };
}

const shown = (message: CoapMessage | undefined) =>
  message && {
    code: message.code,
    path: uriPath(message),
    format: contentFormat(message),
    payload: Buffer.from(message.payload).toString('hex'),
  };

describe('the bootstrap interface', () => {
  it('is told who asks and in which format it wants to be written', () => {
    const { message, device } = bootstrapping();
    expect(message).toMatchObject({ endpoint: 'truck-1', preferredFormat: 112, session: { ingress: 2 } });
    expect(device.responses.map(({ code }) => code)).toEqual([Code.Changed]);
  });

  it('P40: a request without pct and ep is passed on, one that makes no sense is refused', () => {
    const net = new TestOwner();
    const device = net.device({ bootstrap: true });
    net.send(device, request());
    const { endpoint, preferredFormat, exchange } = net.last('bootstrap-request');
    expect([endpoint, preferredFormat]).toEqual([undefined, undefined]);
    net.answer(exchange, Code.Changed);
    net.send(device, request('pct=50'));
    net.send(device, request('ep='));
    expect(device.responses.slice(1).map(({ code }) => code)).toEqual([Code.UnsupportedContentFormat, Code.BadRequest]);
    expect(net.of('refused').map(({ check }) => check)).toEqual(['malformed', 'malformed']);
  });

  it('has sockets of its own: neither side serves what belongs to the other', () => {
    const net = new TestOwner();
    const bootstrap = net.device({ bootstrap: true });
    net.send(bootstrap, registerRequest());
    const plain = net.device({ secure: false, port: 40_001 });
    net.send(plain, request('ep=truck-1'));
    expect([...bootstrap.responses, ...plain.responses].map(({ code }) => code)).toEqual([
      Code.NotFound,
      Code.NotFound,
    ]);
    expect(net.of('register')).toEqual([]);
    expect(net.of('bootstrap-request')).toEqual([]);
  });

  it('BS-5: asks what is there', () => {
    const { device, perform } = bootstrapping();
    device.answer = () => ({
      code: Code.Content,
      options: [option(Option.ContentFormat, 40)],
      payload: Buffer.from('</>;lwm2m=1.1,</0/0>;ssid=101;uri="coaps://a.example",</0/1/>, </3/0>'),
    });
    expect(perform({ kind: 'discover', path: '/' })).toEqual({
      kind: 'answered',
      code: Code.Content,
      body: {
        kind: 'nodes',
        nodes: [
          { path: '/', attributes: { lwm2m: '1.1' } },
          { path: '/0/0', attributes: { ssid: '101', uri: 'coaps://a.example' } },
          { path: '/0/1', attributes: {} },
          { path: '/3/0', attributes: {} },
        ],
      },
    });
    const asked = device.requests.at(-1);
    expect(asked && optionUint(asked, Option.Accept)).toBe(40);
    expect(asked && uriPath(asked)).toEqual([]);
  });

  it('BS-9: writes with a content format, deletes and finishes', () => {
    const { device, perform } = bootstrapping();
    const asked = (operation: BootstrapLinkOperation) => {
      device.answer = () => ({ code: Code.Changed });
      expect(perform(operation)).toEqual({ kind: 'answered', code: Code.Changed, body: { kind: 'empty' } });
      return shown(device.requests.at(-1));
    };
    const records = [
      { path: '/1/0/0', stored: { type: 'integer', value: 101 } },
      { path: '/1/0/1', stored: { type: 'integer', value: 86_400 } },
      { path: '/1/0/6', stored: { type: 'boolean', value: true } },
      { path: '/1/0/7', stored: { type: 'string', value: 'U' } },
    ];
    // By hand: type byte, id, length where it is longer than 7, value.
    expect(asked({ kind: 'write', path: '/1/0', format: 11_542, records })).toEqual({
      code: Code.Put,
      path: ['1', '0'],
      format: 11_542,
      payload: 'c10065c40100015180c10601c10755',
    });
    expect(asked({ kind: 'delete', path: '/' })).toEqual({ code: Code.Delete, path: [], payload: '' });
    expect(asked({ kind: 'finish' })).toEqual({ code: Code.Post, path: ['bs'], payload: '' });
  });

  it('says what became of a request that was never answered, or could not be sent', () => {
    const { net, device, message, perform } = bootstrapping();
    device.answer = () => undefined;
    expect(perform({ kind: 'delete', path: '/0' })).toBeUndefined();
    net.pass(600_000);
    expect(net.last('outcome').outcome).toEqual({ kind: 'timeout' });
    expect(perform({ kind: 'delete', path: '/0/0/0' })?.kind).toBe('unencodable');
    net.post({ kind: 'close-session', sessionId: message.session.sessionId });
    expect(perform({ kind: 'delete', path: '/0' })).toEqual({ kind: 'not-sent', reason: 'the session is over' });
    expect(net.owner.sizes().pending).toBe(0);
  });

  it('BS-8: answers a Bootstrap-Pack-Request in the format that was asked for', () => {
    const net = new TestOwner();
    const device = net.device({ bootstrap: true });
    const asked = (accept: number) =>
      net.send(device, {
        code: Code.Get,
        options: [...path('bspack'), ...query('ep=truck-1', 'acc=</0/0>'), option(Option.Accept, accept)],
      });
    asked(112);
    const { exchange, kept, format } = net.last('bootstrap-pack-request');
    expect(kept).toEqual(['/0/0']);
    net.post({
      kind: 'pack',
      exchange,
      format,
      records: [{ path: '/1/0/0', stored: { type: 'integer', value: 1 } }],
    });
    net.settle();
    expect(shown(device.responses.at(-1))).toMatchObject({
      code: Code.Content,
      format: 112,
      payload: '81a321612f0065312f302f300201',
    });
    asked(11_542);
    expect(device.responses.at(-1)?.code).toBe(Code.NotAcceptable);
  });
});
