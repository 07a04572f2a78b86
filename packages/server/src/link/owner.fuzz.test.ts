import { Code } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import { fuzzPlan, seededRandom } from '../../../../tooling/testing/fuzz.ts';
import { CREDENTIAL, KEY, path, registerRequest, registrationId, TestOwner } from './test-owner.ts';

/** A deadline of its own: CI runs many inputs. */
const TIMEOUT_MS = 600_000;
/** Messages upward that one datagram may cause. */
const MAX_PER_DATAGRAM = 4;

/** Messages of an honest device, as they are under DTLS. */
function honestMessages(): Uint8Array[] {
  const test = new TestOwner();
  const device = test.device({ secure: false });
  const messages: Uint8Array[] = [];
  for (const spec of [
    registerRequest(),
    { code: Code.Post, options: path('rd', registrationId), payload: Buffer.from('</3/0>') },
    { code: Code.Delete, options: path('rd', registrationId) },
  ]) {
    device.coap.request(device.peer, spec, 0);
    messages.push(...device.drain(0));
    test.pass(100_000);
  }
  // A notification with Observe 5, as JSON.
  const notification = Buffer.from('5445123400000000650561006effff', 'hex');
  return [...messages, notification, Buffer.from('40000001', 'hex'), Buffer.from('60000001', 'hex')];
}

/** Replayable hostility: random bytes, or an honest message with bytes changed, cut off or added. */
function hostile(seed: number): (honest: readonly Uint8Array[]) => Uint8Array {
  const random = seededRandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const noise = (n: number) => Uint8Array.from({ length: n }, () => below(256));
  return (honest) => {
    const original = honest[below(honest.length)];
    if (!original || below(4) === 0) return noise(below(200));
    const mutated = Uint8Array.from(original);
    for (let changes = below(6); changes > 0; changes--) mutated[below(mutated.length)] = below(256);
    switch (below(4)) {
      case 0:
        return mutated.subarray(0, below(mutated.length + 1));
      case 1:
        return Buffer.concat([mutated, noise(below(40))]);
      default:
        return mutated;
    }
  };
}

describe('hostile datagrams', () => {
  it('over a plain address neither throw nor pile up', { timeout: TIMEOUT_MS }, () => {
    const { seed, runs } = fuzzPlan('link owner, NoSec');
    const test = new TestOwner(seed);
    const next = hostile(seed);
    const honest = honestMessages();
    for (let run = 0; run < runs; run++) {
      feed(test, 1, 50_000 + (run % 50), next(honest));
    }
    expect(test.owner.sizes().pending).toBe(0);
    expect(test.owner.sizes().plainSessions).toBeLessThanOrEqual(50);
  });

  it('to the DTLS socket neither throw nor pile up', { timeout: TIMEOUT_MS }, () => {
    const { seed, runs } = fuzzPlan('link owner, records');
    const test = new TestOwner(seed);
    const device = test.connect();
    const recorded = test.sent.map(({ datagram }) => datagram);
    const next = hostile(seed);
    for (let run = 0; run < runs; run++) feed(test, 0, device.port + (run % 50), next(recorded));
    expect(test.owner.sizes().sessions).toBeLessThanOrEqual(1);
    expect(test.of('register')).toEqual([]);
  });

  it('inside an established session neither throw nor end it', { timeout: TIMEOUT_MS }, () => {
    const { seed, runs } = fuzzPlan('link owner, inside DTLS');
    const test = new TestOwner(seed);
    test.keys.set(Buffer.from('truck-2').toString('hex'), KEY);
    const device = test.connect();
    const next = hostile(seed);
    const honest = honestMessages();
    for (let run = 0; run < runs; run++) {
      if (!device.session) throw new Error('the session ended');
      device.dtls?.send(device.session, next(honest));
      const before = test.up.length;
      for (const datagram of device.drain(test.now)) {
        test.owner.receive(0, device.host, device.port, datagram, test.now);
      }
      reply(test, before);
    }
    expect(test.owner.sizes()).toMatchObject({ sessions: 1, pending: 0 });
    const honestAtLast = registerRequest();
    test.pass(300_000);
    test.send(device, honestAtLast);
    expect(test.last('register').endpoint).toBe('truck-1');
  });
});

function feed(test: TestOwner, ingress: number, port: number, datagram: Uint8Array): void {
  const before = test.up.length;
  test.owner.receive(ingress, '192.0.2.1', port, datagram, test.now);
  reply(test, before);
}

/** Answers like the capabilities would, checks the bound, and forgets. */
function reply(test: TestOwner, before: number): void {
  const fresh = test.up.slice(before);
  expect(fresh.length).toBeLessThanOrEqual(MAX_PER_DATAGRAM);
  for (const message of fresh) {
    if (message.kind === 'find-psk')
      test.post({ kind: 'psk', lookup: message.lookup, found: { key: KEY, credential: CREDENTIAL } });
    if ('exchange' in message && message.exchange !== undefined) {
      test.post({ kind: 'answer', exchange: message.exchange, code: Code.NotFound });
    }
  }
  test.now += 10;
  test.owner.tick(test.now);
  test.forget();
}
