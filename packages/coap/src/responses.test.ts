import { describe, expect, it } from 'vitest';
import { decodeMessage } from './codec.ts';
import { Code } from './codes.ts';
import { PeerKey } from './ids.ts';
import { locationPath, MessageType } from './message.ts';
import { type CoapOption, Option, option } from './options.ts';
import { datagram, Harness, PEER, path } from './testing/harness.ts';

const { Confirmable: CON, NonConfirmable: NON, Acknowledgement: ACK, Reset: RST } = MessageType;

const post = (messageId: number, parts: Parameters<typeof datagram>[0] = {}) =>
  datagram({ code: Code.Post, messageId, token: '0a', options: path('/rd'), ...parts });
const get = (messageId: number) => post(messageId, { code: Code.Get });
const text = (value: string) => new TextEncoder().encode(value);

/** Receives a request and answers it at once. */
function serve(h: Harness, bytes: Uint8Array, now: number, code: number, payload = ''): void {
  const { exchange } = h.receive(bytes, now).only('request');
  expect(h.core.respond(exchange, { code, payload: text(payload) }, now)).toBe(true);
}

describe('answers', () => {
  it('go out in the ACK, with the token and id of the request', () => {
    const h = new Harness();
    const { exchange, message, confirmable } = h.receive(post(7), 0).only('request');
    expect([message.code, confirmable]).toEqual([Code.Post, true]);
    expect(h.core.respond(exchange, { code: Code.Changed, payload: text('ok') }, 5)).toBe(true);
    expect(h.sent()).toEqual([{ type: ACK, code: Code.Changed, messageId: 7, token: '0a', payload: 'ok' }]);
    expect(h.core.respond(exchange, { code: Code.Changed }, 6)).toBe(false);
  });

  it('go out separately, confirmable, after an acknowledgement', () => {
    const h = new Harness();
    const { exchange } = h.receive(post(7), 0).only('request');
    expect(h.core.acknowledge(exchange)).toBe(true);
    expect(h.core.acknowledge(exchange)).toBe(false);
    h.receive(post(7), 100);
    const empty = { type: ACK, code: 0, messageId: 7, token: '', payload: '' };
    expect(h.sent()).toEqual([empty, empty]);
    h.core.respond(exchange, { code: Code.Changed }, 1_000);
    expect(h.sent()).toEqual([{ type: CON, code: Code.Changed, messageId: 0, token: '0a', payload: '' }]);
    expect(h.run(1_000, 5_000)).toEqual([3_000]);
    h.receive(datagram({ type: ACK, messageId: 0 }), 5_000);
    expect(h.run(5_000, 100_000)).toEqual([]);
    h.sent();
    h.receive(post(7), 100_000);
    expect(h.sent()).toEqual([empty]);
    expect(h.effects()).toEqual([]);
  });

  it('that do not arrive are reported', () => {
    for (const reason of ['reset', 'timeout'] as const) {
      const h = new Harness();
      const { exchange } = h.receive(post(7), 0).only('request');
      h.core.acknowledge(exchange);
      h.core.respond(exchange, { code: Code.Changed }, 0);
      if (reason === 'reset') h.receive(datagram({ type: RST, messageId: 0 }), 10);
      else h.run(0, 100_000);
      expect(h.only('undelivered')).toEqual({ kind: 'undelivered', exchange, peer: PEER, reason });
    }
  });

  it('are non-confirmable when the request was, or when asked for', () => {
    const h = new Harness();
    serve(h, post(7, { type: NON }), 0, Code.Changed);
    const { exchange } = h.receive(post(8), 0).only('request');
    h.core.acknowledge(exchange);
    h.core.respond(exchange, { code: Code.Changed, confirmable: false }, 0);
    expect(h.sent()).toMatchObject([
      { type: NON, messageId: 0 },
      { type: ACK, code: 0 },
      { type: NON, messageId: 1 },
    ]);
    expect(h.run(0, 100_000)).toEqual([]);
  });

  it('do not wait for a request of ours, lest both sides wait for each other', () => {
    const h = new Harness();
    h.core.request(PEER, { code: Code.Get }, 0);
    const { exchange } = h.receive(post(7), 0).only('request');
    h.core.acknowledge(exchange);
    h.core.respond(exchange, { code: Code.Changed }, 0);
    expect(h.sent()).toMatchObject([{ code: Code.Get }, { type: ACK }, { type: CON, code: Code.Changed }]);
  });

  it('over the size limit become 5.00', () => {
    const h = new Harness();
    serve(h, post(7), 0, Code.Content, 'x'.repeat(1152));
    expect(h.sent()).toMatchObject([{ code: Code.InternalServerError, payload: '' }]);
    expect(h.only('refused')).toMatchObject({ reason: 'messageBytes' });
  });

  it('can be refused with a RST', () => {
    const h = new Harness();
    const { exchange } = h.receive(post(7), 0).only('request');
    expect(h.core.reject(exchange)).toBe(true);
    h.receive(post(7), 10);
    const rst = { type: RST, code: 0, messageId: 7, token: '', payload: '' };
    expect(h.sent()).toEqual([rst, rst]);
    expect(h.effects()).toEqual([]);
  });
});

describe('a duplicate', () => {
  it('gets nothing while its answer is waited for', () => {
    const h = new Harness();
    const { exchange } = h.receive(post(7), 0).only('request');
    h.receive(post(7), 2_000);
    h.run(2_000, 600_000);
    h.receive(post(7), 600_000);
    expect(h.effects()).toEqual([]);
    h.core.respond(exchange, { code: Code.Changed }, 600_001);
    expect(h.sent()).toHaveLength(1);
  });

  it('CO-3, P8: gets the same answer with its location until the exchange lifetime is over', () => {
    const h = new Harness();
    const { exchange } = h.receive(post(7), 0).only('request');
    const options = [option(Option.LocationPath, 'rd'), option(Option.LocationPath, 'x1')];
    h.core.respond(exchange, { code: Code.Created, options }, 10);
    const first = h.only('send').datagram;
    h.receive(post(7), 246_999);
    const again = h.only('send').datagram;
    expect(again).toEqual(first);
    const decoded = decodeMessage(again);
    expect(decoded.ok && locationPath(decoded.message)).toEqual(['rd', 'x1']);
    h.receive(post(7), 247_000);
    expect(h.take('request')).toHaveLength(1);
  });

  it('of a non-confirmable request is ignored for its own lifetime', () => {
    const h = new Harness();
    serve(h, post(7, { type: NON }), 0, Code.Changed);
    h.sent();
    h.receive(post(7, { type: NON }), 144_999);
    expect(h.effects()).toEqual([]);
    h.receive(post(7, { type: NON }), 145_000);
    expect(h.take('request')).toHaveLength(1);
  });

  it('is one only from the same peer, with the same token and method', () => {
    const h = new Harness();
    serve(h, post(7), 0, Code.Changed);
    h.receive(post(7, { type: NON }), 1).receive(post(7, { token: '' }), 1);
    h.receive(post(7), 1, PeerKey('another'))
      .receive(post(7, { token: '0b' }), 2)
      .receive(get(7), 3);
    expect(h.take('request')).toHaveLength(5);
  });

  it('of a message with a bare answer gets that, whatever became of the list of options that it was given with', () => {
    const h = new Harness();
    const options: CoapOption[] = [];
    // No other test answers so: what is kept of it begins here.
    const code = Code.ServiceUnavailable;
    h.core.respond(h.receive(post(7), 0).only('request').exchange, { code, options }, 0);
    const first = h.only('send').datagram;
    options.push(option(Option.MaxAge, 60));
    h.receive(post(7), 100);
    expect(h.only('send').datagram).toEqual(first);
  });

  it('of a GET with a long answer is asked for again; a POST never is', () => {
    const h = new Harness();
    serve(h, get(7), 0, Code.Content, 'x'.repeat(129));
    serve(h, get(8), 0, Code.Content, 'x'.repeat(128));
    serve(h, post(9), 0, Code.Changed, 'x'.repeat(129));
    h.sent();
    serve(h, get(7), 10, Code.Content, 'y'.repeat(129));
    h.receive(get(8), 10).receive(post(9), 10);
    expect(h.sent()).toMatchObject([
      { messageId: 7, payload: 'y'.repeat(129) },
      { messageId: 8, payload: 'x'.repeat(128) },
      { messageId: 9, code: Code.Changed, payload: '' },
    ]);
    expect(h.effects()).toEqual([]);
  });
});

describe('the exchanges of a peer', () => {
  it('keep the last eight answers', () => {
    const h = new Harness();
    for (let id = 1; id <= 9; id++) serve(h, post(id), id, Code.Changed);
    h.sent();
    for (let id = 2; id <= 9; id++) h.receive(post(id), 20);
    expect(h.sent()).toHaveLength(8);
    expect(h.effects()).toEqual([]);
    h.receive(post(1), 20);
    expect(h.take('request')).toHaveLength(1);
  });

  it('never drop one that waits for its answer', () => {
    const h = new Harness();
    const { exchange } = h.receive(post(1), 0).only('request');
    for (let id = 2; id <= 30; id++) serve(h, post(id), id, Code.Changed);
    h.sent();
    h.receive(post(1), 40);
    expect(h.effects()).toEqual([]);
    expect(h.core.respond(exchange, { code: Code.Changed }, 50)).toBe(true);
  });

  it('take no ninth when eight wait; its retransmission gets through later', () => {
    const h = new Harness();
    for (let id = 1; id <= 9; id++) h.receive(post(id), 0);
    const requests = h.take('request');
    expect(requests).toHaveLength(8);
    expect(h.effects()).toMatchObject([{ kind: 'refused', reason: 'exchangesPerPeer' }]);
    h.core.respond(requests[3]!.exchange, { code: Code.Changed }, 10);
    h.sent();
    h.receive(post(9), 2_000);
    expect(h.take('request')).toHaveLength(1);
  });

  it('are forgotten with the peer, and the peer by itself when it is silent', () => {
    const h = new Harness();
    const { exchange } = h.receive(post(1), 0).only('request');
    h.core.forgetPeer(PEER, 1);
    expect(h.core.respond(exchange, { code: Code.Changed }, 2)).toBe(false);
    serve(h, post(2), 10, Code.Changed);
    expect(h.core.sizes().peers).toBe(1);
    h.run(10, 500_000);
    expect(h.core.sizes().peers).toBe(0);
    expect(h.core.nextWakeAt()).toBeUndefined();
  });
});
