import { describe, expect, it } from 'vitest';
import { Code, formatCode } from '../codes.ts';
import { ObservationScope, PeerKey } from '../ids.ts';
import { Option, option } from '../options.ts';
import { hex, path } from '../testing/harness.ts';

import { BLOCKWISE_CSM, CSM, CSM_OF_US, NOTHING, PEER, Wire } from './testing.ts';

const SCOPE = ObservationScope('registration');
const text = (value: string) => new TextEncoder().encode(value);
const squeeze = (frame: string) => frame.replaceAll(' ', '');

describe('a connection', () => {
  it('TC-2: begins with our capabilities and settings', () => {
    const wire = new Wire(null);
    expect(wire.sent()).toEqual([squeeze(CSM_OF_US)]);
  });

  it.each([
    ['a request', '00 01'],
    ['a ping', '00 e2'],
    ['an empty message', '00 00'],
  ])('TC-2: is aborted when it begins with %s', (_name, frame) => {
    const wire = new Wire(null);
    wire.sent();
    wire.receive(frame);
    expect(formatCode(wire.message().code)).toBe('7.05');
    expect(wire.only('disconnect')).toMatchObject({ peer: PEER, reason: 'format' });
    expect(wire.endpoint.sizes()).toMatchObject({ streams: 0, peers: 0 });
  });

  it('TC-2: is aborted over a setting that must be understood, which is named', () => {
    const wire = new Wire(null);
    wire.sent();
    wire.receive('10 e1 70');
    expect(wire.message()).toMatchObject({ code: 0xe5, options: [{ number: 2, value: hex('07') }] });
    expect(wire.only('disconnect')).toMatchObject({ reason: 'critical-option' });
  });

  it('TC-2: is aborted when its peer takes no message that is worth sending', () => {
    const wire = new Wire(null);
    wire.sent();
    wire.receive('20 e1 21 3f');
    expect(wire.message()).toMatchObject({ code: 0xe5, options: [{ number: 2, value: hex('02') }] });
    expect(wire.only('disconnect')).toMatchObject({ reason: 'format' });
    expect(new Wire('20 e1 21 40').take('disconnect')).toEqual([]);
  });

  it('TC-2: answers a ping, and says whether all that came before it is dealt with', () => {
    const wire = new Wire();
    wire.receive('01 e2 aa');
    expect(wire.sent()).toEqual([squeeze('11 e3 aa 20')]);
    wire.receive({ code: Code.Get });
    wire.receive('01 e2 ab');
    expect(wire.sent()).toEqual([squeeze('01 e3 ab')]);
    wire.receive('11 e2 ac 20');
    expect(wire.sent()).toEqual([]);
    wire.endpoint.respond(wire.only('request').exchange, { code: Code.Valid }, 0);
    expect(wire.sent()).toEqual([squeeze('00 43'), squeeze('11 e3 ac 20')]);
  });

  it('TC-2: pings, and knows the pong by its token', () => {
    const wire = new Wire();
    const id = wire.endpoint.ping(PEER, 0);
    const { code, token } = wire.message();
    expect(code).toBe(0xe2);
    wire.receive({ code: 0xe3, token: hex('00') });
    expect(wire.take('outcome')).toEqual([]);
    wire.receive({ code: 0xe3, token });
    expect(wire.only('outcome')).toMatchObject({ request: id, outcome: { kind: 'pong' } });
    wire.endpoint.ping(PEER, 0);
    // libcoap 4.3.1 leaves the token out.
    wire.receive('00 e3');
    expect(wire.only('outcome')).toMatchObject({ outcome: { kind: 'pong' } });
    wire.endpoint.ping(PEER, 0);
    wire.pass(93_100);
    expect(wire.messages()).toHaveLength(2);
    expect(wire.only('outcome')).toMatchObject({ outcome: { kind: 'timeout' } });
  });

  it('TC-2: is closed after the answers when its peer releases it', () => {
    const wire = new Wire();
    wire.receive({ code: Code.Get }).receive('00 e4');
    expect(wire.take('disconnect')).toEqual([]);
    wire.endpoint.respond(wire.only('request').exchange, { code: Code.Valid }, 0);
    expect(wire.sent()).toEqual(['0043']);
    expect(wire.only('disconnect')).toMatchObject({ reason: 'released' });
  });

  it('TC-2: hears when and where to come back, and says it', () => {
    const wire = new Wire();
    // Alternative-Address, twice, and Hold-Off.
    wire.receive('d0 00 e4 26 613a35363833 02 623a 22 0e10');
    expect(wire.only('disconnect')).toMatchObject({ leave: { holdOff: 3600, alternative: 'a:5683' } });
    const other = new Wire();
    other.endpoint.release(PEER, 0, { holdOff: 3600 });
    expect(other.sent()).toEqual(['30e4420e10']);
    const third = new Wire();
    third.endpoint.release(PEER, 0);
    expect(third.sent()).toEqual(['00e4']);
  });

  it('TC-2: is over when its peer aborts it, and what was asked is cancelled', () => {
    const wire = new Wire();
    wire.endpoint.request(PEER, { code: Code.Get }, 0);
    wire.receive({ code: 0xe5, payload: text('enough') });
    expect(wire.only('disconnect')).toMatchObject({ reason: 'aborted', detail: 'enough' });
    expect(wire.only('outcome')).toMatchObject({ transmitted: true, outcome: { kind: 'cancelled' } });
  });

  it('ignores signals that nobody knows, and empty messages', () => {
    const wire = new Wire();
    wire.receive('00 ff').receive('00 00').receive('00 25');
    expect(wire.sent()).toEqual([]);
    expect(wire.take('disconnect')).toEqual([]);
  });

  it.each([
    ['a token length of 9', '09 01'],
    ['an option nibble of 15', '10 01 f0'],
    ['a message that is longer than we said', 'e0 4000'],
  ])('is aborted over %s', (_name, frame) => {
    const wire = new Wire().receive(frame);
    expect(formatCode(wire.message().code)).toBe('7.05');
    expect(wire.only('disconnect')).toMatchObject({ reason: 'format' });
  });

  it('is aborted when its settings, or the rest of a message, take too long; but may be silent', () => {
    expect(new Wire(null).pass(9_900).take('disconnect')).toEqual([]);
    expect(new Wire(null).pass(10_100).only('disconnect')).toMatchObject({ reason: 'slow' });
    const wire = new Wire().pass(10_000_000).receive('b0 01').pass(20_000).receive('01');
    expect(wire.take('disconnect')).toEqual([]);
    expect(wire.pass(10_100).only('disconnect')).toMatchObject({ reason: 'slow' });
  });

  it('has room for no more peers than the limits say', () => {
    const { endpoint } = new Wire(CSM, { limits: { streams: 2 } });
    expect(endpoint.connected(PeerKey('second'), 0)).toBe(true);
    expect(endpoint.connected(PeerKey('third'), 0)).toBe(false);
    endpoint.forgetPeer(PEER, 0);
    expect(endpoint.connected(PeerKey('third'), 0)).toBe(true);
  });
});

describe('requests over a connection', () => {
  it('go once, and wait for their answers', () => {
    const wire = new Wire();
    const id = wire.endpoint.request(PEER, { code: Code.Get, options: path('/3') }, 0);
    const { code, token } = wire.message();
    expect(code).toBe(Code.Get);
    wire.pass(60_000);
    expect(wire.sent()).toEqual([]);
    wire.receive({ code: Code.Content, token, payload: text('x') });
    expect(wire.only('outcome')).toMatchObject({ request: id, outcome: { kind: 'response', truncated: false } });
    expect(wire.sent()).toEqual([]);
  });

  it('that come are each a request of its own: none is taken for the duplicate of another', () => {
    const wire = new Wire();
    for (let n = 0; n < 2; n++) wire.receive({ code: Code.Post, token: hex('01'), options: path('/rd') });
    for (const { exchange, confirmable } of wire.take('request')) {
      expect(confirmable).toBe(false);
      wire.endpoint.respond(exchange, { code: Code.Created }, 0);
    }
    expect(wire.sent()).toEqual([squeeze('01 41 01'), squeeze('01 41 01')]);
    expect(wire.endpoint.sizes().exchangesPerPeer).toBe(0);
  });

  it('that are too many at once are told so', () => {
    const wire = new Wire(CSM, { limits: { exchangesPerPeer: 2 } });
    for (let n = 0; n < 3; n++) wire.receive({ code: Code.Get, token: Uint8Array.of(n) });
    expect(wire.take('request')).toHaveLength(2);
    expect(wire.sent()).toEqual([squeeze('01 a3 02')]);
  });

  it('with a critical option that nobody knows get 4.02', () => {
    const wire = new Wire().receive({ code: Code.Get, options: [{ number: 65_001, value: NOTHING }] });
    expect(wire.sent()).toEqual(['0082']);
  });
});

describe('observations over a connection', () => {
  it('OB-6: take every notification as newer than the one before, with or without a number', () => {
    const wire = new Wire();
    wire.endpoint.bindScope(PEER, SCOPE, 0);
    wire.endpoint.request(PEER, { code: Code.Get, observe: 'register' }, 0);
    const { token } = wire.message();
    const notification = (value?: number) => ({
      code: Code.Content,
      token,
      options: [value === undefined ? { number: 6, value: NOTHING } : option(Option.Observe, value)],
      payload: text('v'),
    });
    wire.receive(notification(9));
    expect(wire.only('outcome')).toMatchObject({ outcome: { observing: true } });
    wire.receive(notification()).receive(notification(3)).receive(notification(2));
    expect(wire.take('notification').map(({ fresh, confirmable }) => [fresh, confirmable])).toEqual([
      [true, false],
      [true, false],
      [true, false],
    ]);
    expect(wire.sent()).toEqual([]);
  });

  it('that nobody knows are ignored, since nothing can be reset', () => {
    const wire = new Wire().receive({ code: Code.Content, token: hex('99'), options: [option(Option.Observe, 4)] });
    expect(wire.only('unknownNotification')).toMatchObject({ action: 'ignored' });
    expect(wire.sent()).toEqual([]);
  });

  it('are notified without waiting for an acknowledgement', () => {
    const wire = new Wire().receive({ code: Code.Get, token: hex('0b'), options: [option(Option.Observe, 0)] });
    const spec = { code: Code.Content, payload: text('v'), observe: true };
    wire.endpoint.respond(wire.only('request').exchange, spec, 0);
    for (let n = 0; n < 3; n++) wire.endpoint.notify(PEER, hex('0b'), { ...spec, confirmable: true }, 0);
    expect(wire.messages()).toHaveLength(4);
  });
});

it('tells once that the peer has told its settings, and not before', () => {
  const wire = new Wire(null);
  expect(wire.take('settled')).toEqual([]);
  wire.receive(CSM);
  expect(wire.take('settled')).toEqual([{ kind: 'settled', peer: PEER }]);
  wire.receive(BLOCKWISE_CSM);
  expect(wire.take('settled')).toEqual([]);
});
