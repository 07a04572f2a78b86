import { expect, it } from 'vitest';
import { fuzzPlan, seededRandom } from '../../../../tooling/testing/fuzz.ts';
import { decodeMessage } from '../codec.ts';
import { Code } from '../codes.ts';
import { path } from '../testing/harness.ts';
import { DEVICE, End, Line, SERVER } from './testing.ts';

/** Changes a few bytes, cuts, or adds some. */
function mangle(datagram: Uint8Array, random: () => number): Uint8Array {
  const whole = Uint8Array.from([...datagram, ...Uint8Array.from({ length: 3 }, () => random() * 256)]);
  const bytes = whole.slice(0, Math.floor(whole.length * (random() < 0.3 ? random() : 1)));
  for (let i = 0; i < 1 + random() * 3; i++) bytes[Math.floor(random() * bytes.length)] = random() * 256;
  return bytes;
}

/** What an end was told that only the other end's keys can say. */
const protectedOf = (end: End) => end.received.length + end.told.filter(({ kind }) => kind === 'outcome').length;

it('nothing that was changed on the way is believed, and nothing throws', () => {
  const { seed, runs } = fuzzPlan('oscore association');
  const random = seededRandom(seed);
  const line = new Line(new End(DEVICE, 1, { rederive: true }), new End(SERVER, 2, { received: 'unknown' }));
  for (const [end, text] of [
    [line.device, 'a'],
    [line.server, 'b'],
  ] as const) {
    end.coap.request(End.PEER, { code: Code.Get, options: path(text) }, 0);
    line.run();
  }
  const wire = line.wire.map(({ datagram }) => datagram);
  const before = [line.device, line.server].map(protectedOf);
  const known = new Set(wire.map((datagram) => Buffer.from(datagram).toString('hex')));
  for (let run = 0; run < runs; run++) {
    const original = wire[Math.floor(random() * wire.length)] ?? new Uint8Array(0);
    const datagram = mangle(original, random);
    if (known.has(Buffer.from(datagram).toString('hex')) || !decodeMessage(datagram).ok) continue;
    for (const end of [line.device, line.server]) {
      Line.arrive(end, datagram);
      end.settle(0, () => undefined);
    }
  }
  expect([line.device, line.server].map(protectedOf)).toEqual(before);
});
