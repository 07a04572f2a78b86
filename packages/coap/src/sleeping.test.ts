import { describe, expect, it } from 'vitest';
import { Code } from './codes.ts';
import { MessageType } from './message.ts';
import type { RequestSpec } from './specs.ts';
import { datagram, Harness, hex, PEER, path } from './testing/harness.ts';

const GET: RequestSpec = { code: Code.Get, options: path('/a'), token: hex('01') };
const { Acknowledgement: ACK, NonConfirmable: NON } = MessageType;
const stray = datagram({ type: NON, code: Code.Content, messageId: 900, token: 'ff' });

/** A core whose peer was heard at 0, and listens for so long. */
function awakeFor(awakeMs: number): Harness {
  const h = new Harness();
  h.core.setPeerParameters(PEER, { awakeMs }, 0);
  h.receive(stray, 0);
  h.effects();
  return h;
}

/** When nothing was left to do. */
function endOf(h: Harness): number {
  let at = 0;
  for (let next = h.core.nextWakeAt(); next !== undefined && h.take('outcome').length === 0; ) {
    at = next;
    h.core.tick(at);
    next = h.core.nextWakeAt();
  }
  return at;
}

describe('a peer that listens for a while after it was heard', () => {
  it('P9, QM-3: is sent nothing more when it sleeps, and the request ends then', () => {
    const h = awakeFor(10_000);
    const request = h.core.request(PEER, GET, 0);
    expect(h.run(0, 9_999)).toEqual([2_000, 6_000]);
    expect(h.take('outcome')).toEqual([]);
    expect(h.run(9_999, 400_000)).toEqual([]);
    expect(h.take('outcome')).toEqual([
      {
        kind: 'outcome',
        request,
        peer: PEER,
        transmitted: true,
        asked: GET,
        outcome: { kind: 'timeout', acknowledged: false, asleep: true },
      },
    ]);
  });

  it('QM-3: has the time of an answer after the last transmission', () => {
    const h = awakeFor(7_000);
    h.core.request(PEER, GET, 0);
    expect(endOf(h)).toBe(8_000);
  });

  it('QM-1: whatever is heard begins its time anew', () => {
    const h = awakeFor(10_000);
    h.core.request(PEER, GET, 0);
    h.run(0, 5_000);
    h.receive(stray, 5_000);
    expect(h.run(5_000, 400_000)).toEqual([6_000, 14_000]);
    expect(h.take('outcome')).toHaveLength(1);
  });

  it('QM-1: our own messages do not', () => {
    const h = awakeFor(10_000);
    const first = h.core.request(PEER, GET, 4_000);
    h.core.cancel(PEER, first, 5_000);
    h.core.request(PEER, { ...GET, token: hex('02') }, 5_000);
    expect(h.run(5_000, 400_000)).toEqual([7_000]);
  });

  it('may take as long for its answer as any other once it has acknowledged', () => {
    const h = awakeFor(10_000);
    h.core.request(PEER, GET, 0);
    h.receive(datagram({ type: ACK, messageId: 0 }), 100);
    expect(endOf(h)).toBe(93_100);
    const g = awakeFor(10_000);
    g.core.request(PEER, GET, 0);
    g.receive(datagram({ type: ACK, messageId: 0 }), 100);
    g.receive(datagram({ type: NON, code: Code.Content, messageId: 7, token: '01' }), 60_000);
    expect(g.only('outcome')).toMatchObject({ outcome: { kind: 'response' } });
  });

  it('P47: what a request says of it goes before what is known of the peer', () => {
    const h = awakeFor(10_000);
    h.core.request(PEER, { ...GET, parameters: { awakeMs: 3_000 } }, 0);
    expect(h.run(0, 400_000)).toEqual([2_000]);
  });
});
