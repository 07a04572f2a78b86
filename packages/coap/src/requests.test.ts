import { describe, expect, it } from 'vitest';
import { Code } from './codes.ts';
import { ObservationScope, PeerKey } from './ids.ts';
import { MessageType } from './message.ts';
import { DEFAULT_PARAMETERS, exchangeLifetimeMs, maxTransmitWaitMs, nonLifetimeMs } from './parameters.ts';
import type { RequestSpec } from './specs.ts';
import { datagram, Harness, hex, PEER, path } from './testing/harness.ts';

const GET: RequestSpec = { code: Code.Get, options: path('/a'), token: hex('01') };
const { Confirmable: CON, NonConfirmable: NON, Acknowledgement: ACK, Reset: RST } = MessageType;

const response = (type: typeof CON | typeof NON | typeof ACK, messageId: number, token = '01') =>
  datagram({ type, code: Code.Content, messageId, token, payload: 'x' });

describe('the times of RFC 7252 §4.8.2', () => {
  it('follow from the defaults', () => {
    expect(maxTransmitWaitMs(DEFAULT_PARAMETERS)).toBe(93_000);
    expect(exchangeLifetimeMs(DEFAULT_PARAMETERS)).toBe(247_000);
    expect(nonLifetimeMs(DEFAULT_PARAMETERS)).toBe(145_000);
  });
});

describe('retransmission', () => {
  it('CO-2: doubles the wait, gives up after the fourth, and always sends the same datagram', () => {
    const h = new Harness();
    const request = h.core.request(PEER, GET, 1_000);
    const first = h.only('send').datagram.slice();
    expect(h.run(1_000, 400_000)).toEqual([3_000, 7_000, 15_000, 31_000]);
    for (const again of h.take('send')) expect(again.datagram).toEqual(first);
    expect(h.take('outcome')).toEqual([
      {
        kind: 'outcome',
        request,
        peer: PEER,
        transmitted: true,
        asked: GET,
        outcome: { kind: 'timeout', acknowledged: false },
      },
    ]);
  });

  it('gives up at 62 s without jitter and at 93 s with all of it', () => {
    const givenUpAt = (jitter: number) => {
      const h = new Harness({ random: (n) => new Uint8Array(n).fill(jitter) });
      h.core.request(PEER, GET, 0);
      h.run(0, maxTransmitWaitMs(DEFAULT_PARAMETERS) * (jitter === 0 ? 62 / 93 : 1) - 1);
      const early = h.take('outcome').length;
      h.run(90_000, 93_000);
      return [early, h.take('outcome').length];
    };
    expect(givenUpAt(0)).toEqual([0, 1]);
    expect(givenUpAt(255)).toEqual([0, 1]);
  });

  it('P47: follows the parameters of the peer, and those of the request before them', () => {
    const h = new Harness();
    h.core.setPeerParameters(PEER, { ackTimeoutMs: 500, maxRetransmit: 1 }, 0);
    h.core.request(PEER, GET, 0);
    expect(h.run(0, 10_000)).toEqual([500]);
    h.take('send');
    h.core.request(PEER, { ...GET, parameters: { maxRetransmit: 2 } }, 10_000);
    expect(h.run(10_000, 30_000)).toEqual([10_500, 11_500]);
    expect(h.take('outcome')).toHaveLength(2);
  });

  it('stops when the request is cancelled', () => {
    const h = new Harness();
    const request = h.core.request(PEER, GET, 0);
    expect(h.core.cancel(PEER, request, 100)).toBe(true);
    expect(h.core.cancel(PEER, request, 100)).toBe(false);
    expect(h.only('outcome')).toMatchObject({ transmitted: true, outcome: { kind: 'cancelled' } });
    expect(h.run(0, 100_000)).toEqual([]);
  });
});

describe('responses', () => {
  it('come in the ACK', () => {
    const h = new Harness();
    const request = h.core.request(PEER, GET, 0);
    expect(h.sent()).toEqual([{ type: CON, code: Code.Get, messageId: 0, token: '01', payload: '' }]);
    h.receive(response(ACK, 0), 10);
    expect(h.only('outcome')).toMatchObject({
      request,
      transmitted: true,
      outcome: { kind: 'response', observing: false, truncated: false, message: { code: Code.Content } },
    });
    h.receive(response(ACK, 0), 20);
    expect(h.effects()).toEqual([]);
    expect(h.run(20, 100_000)).toEqual([]);
  });

  it('CO-4, P7: come separately after an empty ACK', () => {
    const h = new Harness();
    const request = h.core.request(PEER, GET, 0);
    h.sent();
    h.receive(datagram({ type: ACK, messageId: 0 }), 10);
    expect(h.only('acknowledged')).toEqual({ kind: 'acknowledged', request, peer: PEER });
    expect(h.run(10, 60_000)).toEqual([]);
    h.receive(response(CON, 77), 60_000);
    expect(h.only('outcome')).toMatchObject({ request, outcome: { kind: 'response' } });
    expect(h.sent()).toEqual([{ type: ACK, code: 0, messageId: 77, token: '', payload: '' }]);
  });

  it('CO-4, P7: imply a lost ACK, and make a late one meaningless', () => {
    for (const type of [CON, NON]) {
      const h = new Harness();
      h.core.request(PEER, GET, 0);
      h.sent();
      h.receive(response(type, 77), 10);
      expect(h.only('outcome')).toMatchObject({ outcome: { kind: 'response' } });
      expect(h.sent()).toHaveLength(type === CON ? 1 : 0);
      h.receive(datagram({ type: ACK, messageId: 0 }), 20);
      expect(h.effects()).toEqual([]);
      expect(h.run(20, 100_000)).toEqual([]);
    }
  });

  it('P7: are acknowledged again when they are repeated', () => {
    const h = new Harness();
    h.core.request(PEER, GET, 0);
    h.receive(response(CON, 77), 10).receive(response(CON, 77), 3_000);
    expect(h.take('outcome')).toHaveLength(1);
    expect(h.sent().slice(1)).toEqual([
      { type: ACK, code: 0, messageId: 77, token: '', payload: '' },
      { type: ACK, code: 0, messageId: 77, token: '', payload: '' },
    ]);
  });

  it('to a non-confirmable request are waited for without retransmission', () => {
    const h = new Harness();
    h.core.request(PEER, { ...GET, confirmable: false }, 0);
    expect(h.sent()).toMatchObject([{ type: NON }]);
    expect(h.run(0, 92_999)).toEqual([]);
    h.receive(response(NON, 5), 92_999);
    expect(h.only('outcome')).toMatchObject({ outcome: { kind: 'response' } });
    h.core.request(PEER, { ...GET, confirmable: false }, 100_000);
    h.run(100_000, 193_000);
    expect(h.only('outcome')).toMatchObject({ outcome: { kind: 'timeout', acknowledged: false } });
  });

  it('that were promised and never come time out and free the slot', () => {
    const h = new Harness();
    h.core.request(PEER, GET, 0);
    h.core.request(PEER, { ...GET, token: hex('02') }, 0);
    h.receive(datagram({ type: ACK, messageId: 0 }), 1_000);
    expect(h.sent()).toHaveLength(1);
    h.run(1_000, 93_999);
    expect(h.take('outcome')).toEqual([]);
    expect(h.run(93_999, 94_000)).toEqual([94_000]);
    expect(h.only('outcome')).toMatchObject({ outcome: { kind: 'timeout', acknowledged: true } });
  });

  it('CO-5: that do not match are not taken', () => {
    const h = new Harness();
    h.core.request(PEER, GET, 0);
    h.sent();
    h.receive(response(ACK, 0, '02'), 10).receive(response(ACK, 1), 10);
    h.receive(response(ACK, 0), 10, PeerKey('another'));
    h.receive(response(NON, 9, '0101'), 10);
    const refused = { kind: 'refused', reason: 'unexpected-response' };
    expect(h.effects()).toMatchObject([
      { ...refused, peer: 'another' },
      { ...refused, peer: PEER },
    ]);
    expect(h.run(10, 3_000)).toEqual([2_000]);
  });

  it('with more blocks to come are marked', () => {
    const h = new Harness();
    h.core.request(PEER, GET, 0);
    const options = [{ number: 23, value: hex('0e') }];
    h.receive(datagram({ type: ACK, code: Code.Content, token: '01', options, payload: 'x' }), 10);
    expect(h.only('outcome')).toMatchObject({ outcome: { kind: 'response', truncated: true } });
  });
});

describe('reset', () => {
  it('ends a request', () => {
    const h = new Harness();
    h.core.request(PEER, GET, 0);
    h.receive(datagram({ type: RST, messageId: 0 }), 10);
    expect(h.only('outcome')).toMatchObject({ outcome: { kind: 'reset' } });
  });

  it('answers a ping', () => {
    const h = new Harness();
    const request = h.core.ping(PEER, 0);
    expect(h.sent()).toEqual([{ type: CON, code: 0, messageId: 0, token: '', payload: '' }]);
    h.receive(datagram({ type: RST, messageId: 0 }), 10);
    expect(h.only('outcome')).toMatchObject({ request, transmitted: true, outcome: { kind: 'pong' } });
  });
});

describe('the queue of a peer', () => {
  it('CO-9: sends one request at a time, in order, until its response is there', () => {
    const h = new Harness();
    const tokens = ['01', '02', '03'];
    const requests = tokens.map((token) => h.core.request(PEER, { ...GET, token: hex(token) }, 0));
    expect(h.sent()).toMatchObject([{ token: '01' }]);
    h.receive(datagram({ type: ACK, messageId: 0 }), 10);
    expect(h.sent()).toEqual([]);
    h.receive(response(NON, 70, '01'), 20);
    expect(h.sent()).toMatchObject([{ token: '02', messageId: 1 }]);
    expect(h.core.cancel(PEER, requests[1]!, 30)).toBe(true);
    expect(h.sent()).toMatchObject([{ token: '03', messageId: 2 }]);
    h.receive(response(ACK, 2, '03'), 40);
    const outcomes = h.take('outcome').map(({ request, outcome }) => [request, outcome.kind]);
    expect(outcomes).toEqual([
      [requests[0], 'response'],
      [requests[1], 'cancelled'],
      [requests[2], 'response'],
    ]);
  });

  it('is its own: another peer does not wait', () => {
    const h = new Harness();
    h.core.request(PEER, GET, 0);
    h.core.request(PeerKey('another'), GET, 0);
    expect(h.take('send').map(({ peer }) => peer)).toEqual([PEER, 'another']);
  });

  it('tells of a cancelled request that it was never sent', () => {
    const h = new Harness();
    h.core.request(PEER, GET, 0);
    h.core.cancel(PEER, h.core.request(PEER, GET, 0), 10);
    expect(h.only('outcome')).toMatchObject({ transmitted: false, outcome: { kind: 'cancelled' } });
  });

  it('ends with its peer', () => {
    const h = new Harness();
    h.core.request(PEER, GET, 0);
    h.core.request(PEER, GET, 0);
    h.core.ping(PEER, 0);
    h.effects();
    h.core.forgetPeer(PEER, 10);
    expect(h.take('outcome').map(({ transmitted, outcome }) => [transmitted, outcome.kind])).toEqual([
      [false, 'cancelled'],
      [false, 'cancelled'],
      [true, 'cancelled'],
    ]);
    expect(h.effects()).toEqual([]);
    expect(h.core.nextWakeAt()).toBeUndefined();
  });

  it('takes random tokens of 8 bytes', () => {
    const h = new Harness();
    h.core.request(PEER, { code: Code.Get }, 0);
    h.core.request(PeerKey('another'), { code: Code.Get }, 0);
    expect(h.sent().map(({ token }) => token)).toEqual(['0000000100000000', '0000000200000000']);
  });

  it('counts a ping that is under way', () => {
    const h = new Harness({ limits: { requestsPerPeer: 1 } });
    h.core.ping(PEER, 0);
    h.core.ping(PEER, 0);
    expect(h.only('outcome')).toMatchObject({ outcome: { kind: 'refused', reason: 'requestsPerPeer' } });
  });

  it('starts its message ids again at 0', () => {
    const h = new Harness({ random: (n) => new Uint8Array(n).fill(255) });
    for (const [i, messageId] of [65535, 0].entries()) {
      h.core.request(PEER, GET, i);
      expect(h.sent()).toMatchObject([{ messageId }]);
      h.receive(response(ACK, messageId), i);
      expect(h.only('outcome')).toMatchObject({ outcome: { kind: 'response' } });
    }
  });

  it('is forgotten an exchange lifetime after the last sign of its peer, not sooner', () => {
    const h = new Harness();
    h.core.request(PEER, { ...GET, parameters: { responseTimeoutMs: 300_000 } }, 0);
    h.receive(datagram({ type: ACK, messageId: 0 }), 10).receive(response(NON, 9), 200_000);
    h.run(200_000, 446_000);
    expect(h.core.sizes().peers).toBe(1);
    h.run(446_000, 800_000);
    expect(h.core.sizes().peers).toBe(0);
  });

  it('takes no observation over the limit', () => {
    for (const limits of [{ observations: 0 }, { observationsPerScope: 0 }]) {
      const h = new Harness({ limits });
      h.core.bindScope(PEER, ObservationScope('scope'), 0);
      h.core.request(PEER, { ...GET, observe: 'register' }, 0);
      const [reason] = Object.keys(limits);
      expect(h.only('outcome')).toMatchObject({ outcome: { kind: 'refused', reason } });
    }
  });

  it('takes no request that cannot be sent', () => {
    const h = new Harness({ limits: { requestsPerPeer: 2 } });
    h.core.request(PEER, { ...GET, token: new Uint8Array(9) }, 0);
    h.core.request(PEER, { ...GET, payload: new Uint8Array(1152) }, 0);
    h.core.request(PEER, { ...GET, observe: 'register' }, 0);
    for (let i = 0; i < 3; i++) h.core.request(PEER, GET, 0);
    h.core.ping(PEER, 0);
    expect(h.take('outcome').map(({ transmitted, outcome }) => [transmitted, outcome])).toEqual(
      ['token', 'messageBytes', 'unbound', 'requestsPerPeer', 'requestsPerPeer'].map((reason) => [
        false,
        { kind: 'refused', reason },
      ]),
    );
  });
});
