import { describe, expect, it } from 'vitest';
import { Code, formatCode } from '../codes.ts';
import { ObservationScope } from '../ids.ts';
import { observeValue, optionValue } from '../message.ts';
import { Option, option } from '../options.ts';
import { hex, path, toHex } from '../testing/harness.ts';
import { oscoreValueOf } from './protection.ts';
import { DEVICE, End, faults, get, Line, line, outcomes, read, SERVER } from './testing.ts';

describe('requests', () => {
  it.each([true, false])('go both ways, confirmable: %s', (confirmable) => {
    const l = line();
    get(l.device, 'a', 0, confirmable);
    get(l.server, 'b', 0, confirmable);
    l.run();
    expect(outcomes(l.device)).toEqual(['2.05 a']);
    expect(outcomes(l.server)).toEqual(['2.05 b']);
  });

  it('show nobody what they are', () => {
    const l = line();
    const options = [...path('/secret'), option(Option.Accept, 112), option(Option.UriHost, 'host')];
    l.device.coap.request(End.PEER, { code: Code.Put, options, payload: hex('0102') }, 0);
    l.run();
    const [request, answer] = l.wire.map(({ datagram }) => read(datagram));
    expect(request?.code).toBe(Code.Post);
    expect(request?.options.map(({ number }) => number)).toEqual([Option.UriHost.number, Option.Oscore.number]);
    expect(answer?.code).toBe(Code.Changed);
    expect(answer?.options.map(({ number }) => number)).toEqual([Option.Oscore.number]);
    expect(l.server.received).toMatchObject([{ code: Code.Put, payload: hex('0102') }]);
  });

  it('of any length go in inner blocks', () => {
    const l = line();
    const payload = new Uint8Array(5000).fill(7);
    l.device.coap.request(End.PEER, { code: Code.Post, options: path('/x'), payload }, 0);
    l.run();
    expect(l.server.received.at(-1)?.payload).toEqual(payload);
    expect(outcomes(l.device)).toEqual(['2.05 x']);
    expect(l.wire.every(({ datagram }) => read(datagram).options.length === 1)).toBe(true);
  });

  it('keep their bytes when they are sent again, and so do their answers', () => {
    const l = line();
    l.lose = (index) => index === 0 || index === 2;
    get(l.device, 'a');
    l.pass(30_000);
    const [first, second, answer, third, again] = l.wire.map(({ datagram }) => toHex(datagram));
    expect([second, third]).toEqual([first, first]);
    expect(again).toBe(answer);
    expect(l.server.received).toHaveLength(1);
    expect(outcomes(l.device)).toEqual(['2.05 a']);
  });

  it('OS-2: are good once: a replay gets 4.01 in clear, and never cached', () => {
    const l = line();
    for (let i = 0; i < 12; i++) {
      get(l.device, `p${i}`, l.now);
      l.run();
    }
    const [replayed] = l.wire;
    l.wire.length = 0;
    if (replayed) Line.arrive(l.server, replayed.datagram);
    l.run();
    expect(l.server.received).toHaveLength(12);
    expect(faults(l.server)).toEqual(['replay']);
    const [answer] = l.wire.map(({ datagram }) => read(datagram));
    expect(answer).toMatchObject({ code: Code.Unauthorized, payload: new TextEncoder().encode('Replay detected') });
    expect(answer && optionValue(answer, Option.MaxAge)).toEqual(new Uint8Array(0));
  });

  it.each([
    ['another recipient', { ...SERVER, masterSalt: hex('00') }, Code.BadRequest, 'Decryption failed', 'not-decrypted'],
    ['another secret', { ...SERVER, aead: 11 }, Code.BadRequest, 'Decryption failed', 'not-decrypted'],
  ])('OS-3: of %s are refused in clear', (_name, parameters, code, text, fault) => {
    const l = new Line(new End(DEVICE, 1), new End(parameters, 2));
    get(l.device, 'a');
    l.run();
    expect(faults(l.server)).toEqual([fault]);
    expect(read(l.wire[1]?.datagram ?? hex(''))).toMatchObject({ code, payload: new TextEncoder().encode(text) });
    // Anybody could have sent that: the device does not believe it.
    expect(outcomes(l.device)).toEqual([]);
    expect(faults(l.device)).toEqual(['unprotected']);
  });

  it('whose option is malformed, or that are in outer blocks, get 4.02', () => {
    const l = line();
    get(l.device, 'a');
    const [datagram = hex('')] = l.device.settle(0, () => undefined);
    const request = read(datagram);
    for (const options of [
      [{ number: Option.Oscore.number, value: hex('ff') }],
      [{ number: Option.Oscore.number, value: hex('0114') }],
      [...request.options, option(Option.Block1, 14)],
    ]) {
      l.server.association.receive(datagram, { ...request, options });
      const [answer = hex('')] = l.server.settle(0, () => undefined);
      expect(formatCode(read(answer).code)).toBe('4.02');
    }
    expect(l.server.received).toEqual([]);
  });

  it('of which any byte was changed do nothing', () => {
    const l = line();
    get(l.device, 'a');
    const [datagram = hex('')] = l.device.settle(0, () => undefined);
    for (let at = 0; at < datagram.length; at++) {
      // Type, message id and token are not protected.
      if (at < 12 && at !== 1) continue;
      const changed = Uint8Array.from(datagram);
      changed[at] = (changed[at] ?? 0) ^ 0x21;
      Line.arrive(l.server, changed);
      for (let end = 0; end < datagram.length; end++) Line.arrive(l.server, datagram.subarray(0, end));
    }
    l.server.settle(0, () => undefined);
    expect(l.server.received).toEqual([]);
    Line.arrive(l.server, datagram);
    l.run();
    expect(l.server.received).toHaveLength(1);
  });
});

describe('observation (RFC 8613 §4.1.3.5)', () => {
  function observing() {
    const l = line();
    l.server.coap.bindScope(End.PEER, ObservationScope('s'), 0);
    l.server.coap.request(End.PEER, { code: Code.Get, options: path('/v'), observe: 'register', token: hex('aa') }, 0);
    l.run();
    return l;
  }

  const notify = (l: Line, text: string, confirmable = true) =>
    l.device.coap.notify(End.PEER, hex('aa'), { code: Code.Content, payload: Buffer.from(text), confirmable }, l.now);
  const notified = ({ told }: End) =>
    told.flatMap((effect) =>
      effect.kind === 'notification'
        ? [`${new TextDecoder().decode(effect.message.payload)} ${effect.fresh ? 'fresh' : 'late'}`]
        : [],
    );

  it('is asked for and told of as FETCH and 2.05, numbered by the sender', () => {
    const l = observing();
    notify(l, 'one', false);
    notify(l, 'two', false);
    l.run();
    const told = l.wire.map(({ datagram }) => read(datagram));
    expect(told.map(({ code }) => formatCode(code))).toEqual(['0.05', '2.05', '2.05', '2.05']);
    expect(told.slice(1).map((message) => toHex(oscoreValueOf(message)?.partialIv ?? hex('')))).toEqual([
      '00',
      '01',
      '02',
    ]);
    expect(notified(l.server)).toEqual(['one fresh', 'two fresh']);
    const [first] = l.device.received;
    expect(first && observeValue(first)).toBe(0);
  });

  it('takes a late notification as late, and none twice', () => {
    const l = observing();
    notify(l, 'one', false);
    const [late = hex('')] = l.device.settle(0, () => undefined);
    notify(l, 'two', false);
    l.run();
    Line.arrive(l.server, late);
    Line.arrive(l.server, late);
    l.run();
    expect(notified(l.server)).toEqual(['two fresh', 'one late']);
    expect(faults(l.server)).toEqual(['replay']);
  });

  it('acknowledges a confirmable notification again whose ACK was lost', () => {
    const l = observing();
    l.wire.length = 0;
    l.lose = (index) => index === 1;
    notify(l, 'one');
    l.run();
    const [effect] = l.server.told.filter(({ kind }) => kind === 'notification');
    if (effect?.kind === 'notification' && effect.confirmable) l.server.coap.accept(effect.exchange, 0);
    l.pass(10_000);
    expect(l.wire.map(({ from }) => from)).toEqual(['device', 'server', 'device', 'server']);
    expect(notified(l.server)).toEqual(['one fresh']);
    expect(l.device.told).toMatchObject([
      { kind: 'request' },
      { kind: 'notifyOutcome', outcome: 'acknowledged', removed: false },
    ]);
  });

  it('ends by deregistration', () => {
    const l = observing();
    const cancel = { code: Code.Get, options: path('/v'), observe: 'deregister', token: hex('aa') } as const;
    l.server.coap.request(End.PEER, cancel, 0);
    l.run();
    expect(notify(l, 'one')).toBe(false);
    expect(outcomes(l.server)).toEqual(['2.05 v', '2.05 v']);
  });
});

describe('EC-1, EC-2: after numbers of the peer were forgotten', () => {
  it('the first request is asked for again with an Echo, and done once', () => {
    const l = line({}, { received: 'unknown' });
    get(l.device, 'a');
    l.run();
    get(l.device, 'b');
    l.run();
    expect(outcomes(l.device)).toEqual(['2.05 a', '2.05 b']);
    expect(l.wire).toHaveLength(6);
    expect(l.server.received.map((message) => optionValue(message, Option.Echo)?.length)).toEqual([8, undefined]);
  });

  it('survives losses at every point', () => {
    for (let lost = 0; lost < 4; lost++) {
      const l = line({}, { received: 'unknown' });
      l.lose = (index) => index === lost;
      get(l.device, 'a');
      l.pass(60_000);
      expect(outcomes(l.device), `without datagram ${lost}`).toEqual(['2.05 a']);
      expect(l.server.received).toHaveLength(1);
    }
  });

  it('a replayed request changes nothing, and its answer has a number of its own', () => {
    const before = line();
    get(before.device, 'a');
    before.run();
    const l = line({}, { received: 'unknown' });
    for (let i = 0; i < 3; i++) Line.arrive(l.server, before.wire[0]?.datagram ?? hex(''));
    const answers = l.server.settle(0, () => undefined).map((datagram) => oscoreValueOf(read(datagram))?.partialIv);
    expect(l.server.received).toEqual([]);
    expect(answers.map((partialIv) => toHex(partialIv ?? hex('')))).toEqual(['00', '01', '02']);
  });
});

describe('numbers', () => {
  it('are reserved in blocks before they are used', () => {
    const l = line({ numbers: { next: 100, limit: 102, block: 4 } });
    l.device.grants = false;
    for (const text of ['a', 'b', 'c']) {
      get(l.device, text, l.now);
      l.run();
    }
    expect(outcomes(l.device)).toEqual(['2.05 a', '2.05 b']);
    expect(l.device.effects).toEqual([{ kind: 'reserve', upTo: 106 }]);
    l.device.association.reserved(106);
    l.run();
    expect(outcomes(l.device)).toEqual(['2.05 a', '2.05 b', '2.05 c']);
    const numbers = l.wire.flatMap(({ from, datagram }) =>
      from === 'device' ? [toHex(oscoreValueOf(read(datagram))?.partialIv ?? hex(''))] : [],
    );
    expect(numbers).toEqual(['64', '65', '66']);
  });
});
