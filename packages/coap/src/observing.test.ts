import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Code } from './codes.ts';
import type { CoapCoreOptions } from './core-options.ts';
import { type ExchangeId, ObservationScope, PeerKey } from './ids.ts';
import { MessageType } from './message.ts';
import { isFresh } from './observations.ts';
import { type CoapOption, Option, option } from './options.ts';
import { datagram, Harness, hex, PEER, path } from './testing/harness.ts';

const { Confirmable: CON, NonConfirmable: NON, Acknowledgement: ACK, Reset: RST } = MessageType;
const SCOPE = ObservationScope('registration');
const TOKEN = hex('01');

interface Notification {
  type?: typeof CON | typeof NON;
  code?: number;
  sequence?: number | undefined;
  options?: CoapOption[];
}

function notification(messageId: number, { type = NON, code = Code.Content, sequence, options = [] }: Notification) {
  const observe = sequence === undefined ? [] : [option(Option.Observe, sequence)];
  return datagram({ type, code, messageId, token: '01', options: [...observe, ...options], payload: 'v' });
}

/** A core that observes; its only observation has seen the sequence number given. */
function observing(sequence = 10, now = 0, options: Partial<CoapCoreOptions> = {}): Harness {
  const h = new Harness(options);
  h.core.bindScope(PEER, SCOPE, now);
  h.core.request(PEER, { code: Code.Get, options: path('/3/0/9'), token: TOKEN, observe: 'register' }, now);
  const observed = [option(Option.Observe, sequence)];
  h.receive(datagram({ type: ACK, code: Code.Content, token: '01', options: observed, payload: 'v' }), now);
  const { outcome } = h.only('outcome');
  if (outcome.kind !== 'response' || !outcome.observing) throw new Error('not observing');
  h.effects();
  return h;
}

describe('an observation', () => {
  it('begins with a 2.05 that has an Observe option', () => {
    const h = observing();
    expect(h.core.sizes()).toMatchObject({ observations: 1, observationsPerScope: 1 });
  });

  it.each([
    ['an error', Code.NotFound, [option(Option.Observe, 1)]],
    ['no Observe option', Code.Content, []],
  ])('does not begin with %s', (_name, code, options) => {
    const h = new Harness();
    h.core.bindScope(PEER, SCOPE, 0);
    h.core.request(PEER, { code: Code.Get, token: TOKEN, observe: 'register' }, 0);
    expect(h.sent()).toHaveLength(1);
    h.receive(datagram({ type: ACK, code, token: '01', options }), 0);
    expect(h.only('outcome')).toMatchObject({ outcome: { kind: 'response', observing: false } });
    expect(h.core.sizes().observations).toBe(0);
  });

  it('begins with a notification when the response was lost', () => {
    const h = new Harness();
    h.core.bindScope(PEER, SCOPE, 0);
    h.core.request(PEER, { code: Code.Get, token: TOKEN, observe: 'register' }, 0);
    h.sent();
    h.receive(notification(50, { type: CON, sequence: 4 }), 900);
    expect(h.only('outcome')).toMatchObject({ outcome: { kind: 'response', observing: true } });
    expect(h.sent()).toMatchObject([{ type: ACK, messageId: 50 }]);
    expect(h.receive(notification(51, { sequence: 5 }), 1_000).only('notification')).toMatchObject({ fresh: true });
  });

  it('asks with Observe 0 and the other options', () => {
    const h = new Harness();
    h.core.bindScope(PEER, SCOPE, 0);
    h.core.request(PEER, { code: Code.Get, options: path('/a'), token: TOKEN, observe: 'register' }, 0);
    expect(h.only('send').datagram).toEqual(
      datagram({ code: Code.Get, token: '01', options: [...path('/a'), option(Option.Observe, 0)] }),
    );
  });
});

describe('a notification', () => {
  it('tells its observation, and needs nothing when it is non-confirmable', () => {
    const h = observing();
    h.receive(notification(50, { sequence: 11 }), 5);
    expect(h.effects()).toEqual([
      {
        kind: 'notification',
        peer: PEER,
        scope: SCOPE,
        token: TOKEN,
        message: expect.objectContaining({ code: Code.Content }),
        fresh: true,
        ends: false,
        truncated: false,
        confirmable: false,
      },
    ]);
  });

  it('that is confirmable is acknowledged when it is accepted, not before', () => {
    const h = observing();
    const bytes = notification(50, { type: CON, sequence: 11 });
    const effect = h.receive(bytes, 5).only('notification');
    h.receive(bytes, 6);
    expect(h.effects()).toEqual([]);
    if (!effect.confirmable) throw new Error('not confirmable');
    expect(h.core.accept(effect.exchange)).toBe(true);
    const ack = { type: ACK, code: 0, messageId: 50, token: '', payload: '' };
    expect(h.sent()).toEqual([ack]);
    h.receive(bytes, 2_000);
    expect(h.sent()).toEqual([ack]);
    expect(h.effects()).toEqual([]);
    expect(h.core.accept(effect.exchange)).toBe(false);
  });

  it('can be rejected, which ends the observation', () => {
    const h = observing();
    const effect = h.receive(notification(50, { type: CON, sequence: 11 }), 5).only('notification');
    if (!effect.confirmable) throw new Error('not confirmable');
    expect(h.core.respond(effect.exchange, { code: Code.Content }, 5)).toBe(false);
    expect(h.core.acknowledge(effect.exchange)).toBe(false);
    expect(h.core.reject(effect.exchange)).toBe(true);
    h.receive(notification(50, { type: CON, sequence: 11 }), 6);
    expect(h.sent()).toMatchObject([
      { type: RST, messageId: 50 },
      { type: RST, messageId: 50 },
    ]);
    expect(h.only('observationEnded')).toEqual({
      kind: 'observationEnded',
      scope: SCOPE,
      token: TOKEN,
      reason: 'rejected',
    });
    expect(h.core.sizes().observations).toBe(0);
  });

  it.each<[string, Notification]>([
    ['an error code', { code: Code.NotFound, sequence: 3 }],
    ['no Observe option', { sequence: undefined }],
  ])('with %s is the last', (_name, parts) => {
    const h = observing();
    h.receive(notification(50, parts), 5);
    expect(h.effects()).toMatchObject([
      { kind: 'notification', ends: true, fresh: true },
      { kind: 'observationEnded', reason: 'by-peer' },
    ]);
    h.receive(notification(51, { sequence: 12 }), 6);
    expect(h.sent()).toMatchObject([{ type: RST, messageId: 51 }]);
  });

  it('with more blocks to come is marked', () => {
    const h = observing();
    const options = [option(Option.Block2, 0x0e)];
    expect(h.receive(notification(50, { sequence: 11, options }), 5).only('notification').truncated).toBe(true);
  });

  it.each([CON, NON])('of type %i with an unknown critical option is reset', (type) => {
    const h = observing();
    h.receive(notification(50, { type, sequence: 11, options: [{ number: 65001, value: hex('') }] }), 5);
    expect(h.effects()).toMatchObject([
      { kind: 'refused', reason: 'critical-option' },
      { kind: 'send' },
      { kind: 'observationEnded', reason: 'rejected' },
    ]);
  });

  it.each([CON, NON])('CO-6: of type %i that nobody asked for is reset and told of', (type) => {
    const h = observing();
    h.core.cancelObservation(SCOPE, TOKEN);
    expect(h.only('observationEnded').reason).toBe('cancelled');
    h.receive(notification(50, { type, sequence: 11 }), 5);
    expect(h.sent()).toMatchObject([{ type: RST, messageId: 50 }]);
    expect(h.only('unknownNotification')).toMatchObject({ peer: PEER, token: TOKEN, action: 'reset' });
  });

  it('of another peer is not matched by its token', () => {
    const h = observing();
    h.receive(notification(50, { sequence: 11 }), 5, PeerKey('stranger'));
    expect(h.take('notification')).toEqual([]);
    expect(h.only('unknownNotification').peer).toBe('stranger');
  });

  it('P5: is recognised over a later session of the same scope', () => {
    const h = observing();
    const later = PeerKey('second session');
    h.core.forgetPeer(PEER, 1);
    h.core.bindScope(later, SCOPE, 1);
    expect(h.receive(notification(50, { sequence: 11 }), 5, later).only('notification')).toMatchObject({
      peer: later,
      scope: SCOPE,
      fresh: true,
    });
  });

  it.each([1, 2, 3])('is forgotten by its token, the %i. of three', (nth) => {
    const h = new Harness();
    const tokens = ['01', '02', '03'];
    h.core.bindScope(PEER, SCOPE, 0);
    for (const token of tokens) h.core.restoreObservation({ scope: SCOPE, token: hex(token) }, 0);
    expect(h.core.cancelObservation(SCOPE, hex(`0${nth}`))).toBe(true);
    expect(h.core.cancelObservation(SCOPE, hex(`0${nth}`))).toBe(false);
    expect(h.core.sizes()).toMatchObject({ observations: 2, observationsPerScope: 2 });
    for (const token of tokens.filter((_, i) => i + 1 !== nth)) {
      expect(h.core.cancelObservation(SCOPE, hex(token))).toBe(true);
    }
    expect(h.core.sizes()).toMatchObject({ observations: 0, observationsPerScope: 0 });
  });

  it('is recognised of a peer that was forgotten while it slept, and asked about again', () => {
    const h = observing(10, 0, { scopeOf: (peer) => (peer === PEER ? SCOPE : undefined) });
    h.receive(notification(49, { type: CON, sequence: 11 }), 1);
    const { exchange } = h.only('notification') as { exchange: ExchangeId };
    h.core.accept(exchange);
    h.effects();
    while (h.core.sizes().peers > 0) h.core.tick(h.core.nextWakeAt() ?? 0);
    expect(h.core.nextWakeAt()).toBeUndefined();
    h.receive(notification(50, { sequence: 12 }), 600_000);
    expect(h.only('notification')).toMatchObject({ peer: PEER, scope: SCOPE, fresh: true });
    expect(h.core.sizes().peers).toBe(1);
    h.core.request(PEER, { code: Code.Get, token: hex('02'), observe: 'register' }, 600_000);
    expect(h.sent()).toHaveLength(1);
    h.receive(notification(51, { sequence: 13 }), 600_001, PeerKey('stranger'));
    expect(h.only('unknownNotification').peer).toBe('stranger');
    expect(h.core.sizes().peers).toBe(1);
  });

  it('is unknown when its scope is forgotten', () => {
    const h = observing();
    h.core.forgetScope(SCOPE);
    h.receive(notification(50, { sequence: 11 }), 5);
    expect(h.take('notification')).toEqual([]);
    expect(h.core.sizes().observations).toBe(0);
  });
});

describe('OB-2, P37: freshness (RFC 7641 §3.4)', () => {
  it.each<[string, number, number, number, boolean]>([
    ['the next', 10, 11, 1, true],
    ['the same', 10, 10, 1, false],
    ['an older', 10, 9, 1, false],
    ['the farthest ahead', 10, 10 + 0x7fffff, 1, true],
    ['half the space ahead', 10, 10 + 0x800000, 1, false],
    ['the first after the wrap', 0xffffff, 0, 1, true],
    ['half the space behind', 0x800010, 0x10, 1, false],
    ['more than half behind', 0x800011, 0x10, 1, true],
    ['an older after 128 s', 10, 9, 128_000, false],
    ['an older after more than that', 10, 9, 128_001, true],
  ])('%s', (_name, seen, next, after, fresh) => {
    const h = observing(seen, 0);
    expect(h.receive(notification(50, { sequence: next }), after).only('notification').fresh).toBe(fresh);
  });

  it('compares with the freshest, and an old one does not count', () => {
    const h = observing(10);
    const fresh = [12, 11, 12, 13].map(
      (sequence, i) => h.receive(notification(50 + i, { sequence }), 5).only('notification').fresh,
    );
    expect(fresh).toEqual([true, false, false, true]);
  });

  it('never finds both of two numbers newer than the other', () => {
    const number = fc.integer({ min: 0, max: 0xffffff });
    fc.assert(
      fc.property(number, number, (a, b) => {
        const newer = (from: number, to: number) => isFresh({ sequence: from, receivedAt: 0 }, to, 0);
        expect(newer(a, b) && newer(b, a)).toBe(false);
        if (a !== b && Math.abs(a - b) !== 0x800000) expect(newer(a, b) || newer(b, a)).toBe(true);
      }),
    );
  });
});

describe('deregistration', () => {
  it('P6: asks with Observe 1 and the same token, and forgets at once', () => {
    const h = observing();
    h.core.request(PEER, { code: Code.Get, options: path('/a'), token: TOKEN, observe: 'deregister' }, 5);
    expect(h.only('send').datagram).toEqual(
      datagram({ code: Code.Get, messageId: 1, token: '01', options: [...path('/a'), option(Option.Observe, 1)] }),
    );
    expect(h.only('observationEnded').reason).toBe('cancelled');
    h.receive(notification(50, { type: CON, sequence: 11 }), 6);
    expect(h.sent()).toMatchObject([{ type: RST, messageId: 50 }]);
    expect(h.take('outcome')).toEqual([]);
    h.receive(datagram({ type: ACK, code: Code.Content, messageId: 1, token: '01' }), 7);
    expect(h.only('outcome')).toMatchObject({ outcome: { kind: 'response', observing: false } });
  });

  it('by registering again in vain ends the observation too', () => {
    const h = observing();
    h.core.request(PEER, { code: Code.Get, token: TOKEN, observe: 'register' }, 5);
    h.receive(datagram({ type: ACK, code: Code.NotFound, messageId: 1, token: '01' }), 6);
    expect(h.only('observationEnded').reason).toBe('by-peer');
  });
});

describe('after a restart', () => {
  const restarted = () => {
    const h = new Harness({ restoreGraceMs: 1_000 });
    h.core.restoreObservation({ scope: SCOPE, token: TOKEN, last: { sequence: 10, receivedAt: 0 } }, 100);
    h.core.bindScope(PEER, SCOPE, 100);
    return h;
  };

  it('observations go on where they were', () => {
    const h = restarted();
    expect(h.receive(notification(50, { sequence: 10 }), 200).only('notification').fresh).toBe(false);
    expect(h.receive(notification(51, { sequence: 11 }), 200).only('notification').fresh).toBe(true);
  });

  it('the first is fresh when the sequence was not kept', () => {
    const h = new Harness();
    h.core.restoreObservation({ scope: SCOPE, token: TOKEN }, 0);
    h.core.bindScope(PEER, SCOPE, 0);
    expect(h.receive(notification(50, { sequence: 3 }), 1).only('notification').fresh).toBe(true);
    expect(h.receive(notification(51, { sequence: 2 }), 1).only('notification').fresh).toBe(false);
  });

  it('P4: unknown ones are ignored for a while, then reset', () => {
    const h = restarted();
    const unknown = datagram({ type: CON, code: Code.Content, token: '99', options: [option(Option.Observe, 1)] });
    h.receive(unknown, 1_099);
    expect(h.only('unknownNotification').action).toBe('ignored');
    expect(h.sent()).toEqual([]);
    h.receive(unknown, 1_100);
    expect(h.only('unknownNotification').action).toBe('reset');
    expect(h.sent()).toMatchObject([{ type: RST }]);
  });
});
