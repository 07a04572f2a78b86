import { describe, expect, it } from 'vitest';
import { decodeMessage } from './codec.ts';
import { Code } from './codes.ts';
import { MessageType, observeValue } from './message.ts';
import { Option, option } from './options.ts';
import { datagram, Harness, hex, PEER, path } from './testing/harness.ts';

const { Confirmable: CON, NonConfirmable: NON, Acknowledgement: ACK, Reset: RST } = MessageType;
const TOKEN = hex('0a');
const text = (value: string) => new TextEncoder().encode(value);

/** Registers an observer with a token and drops the traffic of it. */
function register(h: Harness, token: string, messageId: number, now = 0): void {
  const options = [option(Option.Observe, 0), ...path('/3/0/9')];
  const { exchange } = h.receive(datagram({ code: Code.Get, messageId, token, options }), now).only('request');
  h.core.respond(exchange, { code: Code.Content, payload: text('v'), observe: true }, now);
  h.effects();
}

function observed(...tokens: string[]): Harness {
  const h = new Harness();
  for (const [i, token] of tokens.entries()) register(h, token, 1_000 + i);
  return h;
}

const notify = (h: Harness, payload: string, confirmable: boolean, now = 10, token = TOKEN) =>
  h.core.notify(PEER, token, { code: Code.Content, payload: text(payload), confirmable }, now);

/** The Observe values that went out. */
function sequences(h: Harness): (number | undefined)[] {
  return h.take('send').map((effect) => {
    const decoded = decodeMessage(effect.datagram);
    return decoded.ok ? observeValue(decoded.message) : undefined;
  });
}

describe('an observer', () => {
  it('is registered by a successful answer that says so', () => {
    const h = new Harness();
    const options = [option(Option.Observe, 0)];
    const first = h.receive(datagram({ code: Code.Get, messageId: 1, token: '0a', options }), 0).only('request');
    h.core.respond(first.exchange, { code: Code.NotFound, observe: true }, 0);
    expect(notify(h, 'x', false)).toBe(false);
    const second = h.receive(datagram({ code: Code.Get, messageId: 2, token: '0a', options }), 0).only('request');
    h.core.respond(second.exchange, { code: Code.Content, observe: true }, 0);
    expect(notify(h, 'x', false)).toBe(true);
    expect(sequences(h)).toEqual([undefined, 1, 2]);
  });

  it('is not registered by a request that does not ask for it', () => {
    const h = new Harness();
    for (const [messageId, options] of [
      [1, []],
      [2, [option(Option.Observe, 1)]],
    ] as const) {
      const { exchange } = h.receive(datagram({ code: Code.Get, messageId, token: '0a', options }), 0).only('request');
      h.core.respond(exchange, { code: Code.Content, observe: true }, 0);
    }
    expect(sequences(h)).toEqual([undefined, undefined]);
    expect(notify(h, 'x', false)).toBe(false);
  });

  it('is not registered by an answer that is too long to be sent', () => {
    const h = new Harness();
    const options = [option(Option.Observe, 0)];
    const { exchange } = h.receive(datagram({ code: Code.Get, token: '0a', options }), 0).only('request');
    h.core.respond(exchange, { code: Code.Content, payload: new Uint8Array(1152), observe: true }, 0);
    expect(h.sent()).toMatchObject([{ code: Code.InternalServerError }]);
    expect(notify(h, 'x', false)).toBe(false);
  });

  it('is not registered twice by one token', () => {
    const h = observed('0a', '0a');
    expect(h.core.sizes().observersPerPeer).toBe(1);
  });

  it('is not registered over the limit, but answered', () => {
    const h = new Harness({ limits: { observersPerPeer: 1 } });
    register(h, '0a', 1);
    const options = [option(Option.Observe, 0)];
    const { exchange } = h.receive(datagram({ code: Code.Get, messageId: 2, token: '0b', options }), 0).only('request');
    h.core.respond(exchange, { code: Code.Content, observe: true }, 0);
    expect(h.only('refused').reason).toBe('observersPerPeer');
    expect(sequences(h)).toEqual([undefined]);
  });

  it('stays as long as it is not told otherwise, however silent', () => {
    const h = observed('0a');
    h.run(0, 1_000_000);
    expect(notify(h, 'x', false, 1_000_000)).toBe(true);
  });

  it('may come back while its last notification is under way', () => {
    const h = observed('0a');
    h.core.notify(PEER, TOKEN, { code: Code.NotFound, confirmable: true }, 10);
    register(h, '0a', 2_000, 20);
    h.receive(datagram({ type: ACK, messageId: 0 }), 30);
    expect(h.only('notifyOutcome')).toMatchObject({ outcome: 'acknowledged', removed: false });
    expect(notify(h, 'x', false)).toBe(true);
  });

  it('leaves with Observe 1', () => {
    const h = observed('0a', '0b');
    notify(h, 'x', true);
    h.effects();
    const options = [option(Option.Observe, 1)];
    h.receive(datagram({ code: Code.Get, messageId: 2, token: '0a', options }), 20);
    expect(h.take('request')).toHaveLength(1);
    expect(notify(h, 'y', true)).toBe(false);
    expect(notify(h, 'y', true, 20, hex('0b'))).toBe(true);
    expect(h.sent()).toMatchObject([{ token: '0b' }]);
  });

  it('leaves when the application says so', () => {
    const h = observed('0a', '0b');
    notify(h, 'x', true);
    h.effects();
    h.core.removeObservers(PEER, 20);
    expect(h.core.sizes().observersPerPeer).toBe(0);
    expect(h.run(20, 100_000)).toEqual([]);
    expect(h.effects()).toEqual([]);
  });

  it('leaves after a notification with an error code', () => {
    for (const confirmable of [false, true]) {
      const h = observed('0a');
      h.core.notify(PEER, TOKEN, { code: Code.NotFound, confirmable }, 10);
      expect(notify(h, 'x', false)).toBe(false);
      const [last] = h.take('send');
      const decoded = decodeMessage(last!.datagram);
      expect(decoded.ok && observeValue(decoded.message)).toBeUndefined();
      if (confirmable) {
        h.receive(datagram({ type: ACK, messageId: 0 }), 20);
        expect(h.only('notifyOutcome')).toMatchObject({ outcome: 'acknowledged', removed: true });
      }
      expect(h.core.sizes().observersPerPeer).toBe(0);
    }
  });
});

describe('notifications', () => {
  it('count up', () => {
    const h = observed('0a');
    for (let i = 0; i < 3; i++) notify(h, 'x', false);
    expect(sequences(h)).toEqual([2, 3, 4]);
    expect(h.run(10, 100_000)).toEqual([]);
  });

  it('that are non-confirmable and reset remove their observer', () => {
    const h = observed('0a', '0b');
    notify(h, 'x', false);
    expect(h.sent()).toMatchObject([{ type: NON, messageId: 0, token: '0a' }]);
    h.receive(datagram({ type: RST, messageId: 0 }), 20);
    expect(h.only('notifyOutcome')).toEqual({
      kind: 'notifyOutcome',
      peer: PEER,
      token: TOKEN,
      outcome: 'reset',
      removed: true,
    });
    expect(h.core.sizes().observersPerPeer).toBe(1);
  });

  it('that are confirmable end acknowledged, reset or timed out', () => {
    for (const outcome of ['acknowledged', 'reset', 'timeout'] as const) {
      const h = observed('0a');
      notify(h, 'x', true);
      expect(h.sent()).toMatchObject([{ type: CON, messageId: 0, token: '0a', payload: 'x' }]);
      if (outcome === 'timeout') expect(h.run(10, 100_000)).toHaveLength(4);
      else h.receive(datagram({ type: outcome === 'reset' ? RST : ACK, messageId: 0 }), 20);
      expect(h.only('notifyOutcome')).toMatchObject({ outcome, removed: outcome !== 'acknowledged' });
      expect(h.core.sizes().observersPerPeer).toBe(outcome === 'acknowledged' ? 1 : 0);
    }
  });

  it('that are confirmable wait for each other; a newer one takes the place of an older', () => {
    const h = observed('0a', '0b');
    notify(h, 'a1', true);
    notify(h, 'a2', true);
    notify(h, 'a3', false);
    notify(h, 'b1', true, 10, hex('0b'));
    notify(h, 'b2', true, 10, hex('0b'));
    expect(h.sent()).toMatchObject([{ payload: 'a1', messageId: 0 }]);
    h.receive(datagram({ type: ACK, messageId: 0 }), 20);
    expect(h.sent()).toMatchObject([{ payload: 'b2', messageId: 1 }]);
    h.receive(datagram({ type: ACK, messageId: 1 }), 30);
    expect(h.sent()).toMatchObject([{ type: CON, payload: 'a3', messageId: 2 }]);
    h.receive(datagram({ type: ACK, messageId: 2 }), 40);
    expect(h.sent()).toEqual([]);
    expect(h.take('notifyOutcome')).toHaveLength(3);
  });

  it('wait for an unacknowledged request, but not for its response', () => {
    const h = observed('0a');
    h.core.request(PEER, { code: Code.Post, token: hex('77') }, 10);
    h.sent();
    notify(h, 'x', true);
    expect(h.sent()).toEqual([]);
    h.receive(datagram({ type: ACK, messageId: 0 }), 20);
    expect(h.sent()).toMatchObject([{ type: CON, payload: 'x' }]);
  });

  it('let requests go first', () => {
    const h = observed('0a', '0b');
    notify(h, 'a', true);
    notify(h, 'b', true, 10, hex('0b'));
    h.core.request(PEER, { code: Code.Post, token: hex('77') }, 10);
    h.sent();
    h.receive(datagram({ type: ACK, messageId: 0 }), 20);
    expect(h.sent()).toMatchObject([{ code: Code.Post, messageId: 1 }]);
  });

  it('over the size limit are not sent', () => {
    const h = observed('0a');
    expect(notify(h, 'x'.repeat(1152), false)).toBe(false);
    expect(h.effects()).toMatchObject([{ kind: 'refused', reason: 'messageBytes' }]);
  });
});
