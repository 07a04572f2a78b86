import { type CoapMessage, Code, decodeMessage, encodeMessage, MessageType, Option, option } from '@reeve/coap';
import { path } from '@reeve/lwm2m';
import { expect, it } from 'vitest';
import { fuzzPlan, seededBytes, seededRandom } from '../../../tooling/testing/fuzz.ts';
import { World } from './testing.ts';

const SEGMENTS = ['bs', '2', '0', '1', '3', '6', '8', '9', '11', '5', '65535', '-1', '', 'rd', '.well-known'];
const FORMATS = [0, 40, 42, 60, 110, 112, 11542, 11544, 65535];

it.each([false, true])('serves anything without an exception (secure: %s)', (secure) => {
  const { seed, runs } = fuzzPlan(`agent client, secure ${secure}`);
  const random = seededRandom(seed);
  const bytes = seededBytes(seed);
  const below = (n: number) => Math.floor(random() * n);
  const request = requests(seed);
  const world = new World({ secure, server: { lifetime: 0 } }).register();
  for (let run = 0; run < runs; run++) {
    const datagram = run % 4 === 0 ? bytes(below(80)) : request();
    world.client.receive(0, datagram, world.now);
    // What the client says is CoAP, or nothing at all; over DTLS a stranger's datagram brings no answer.
    for (const effect of world.client.drain()) {
      if (effect.kind !== 'send') continue;
      if (secure) expect.unreachable('an answer to a stranger');
      const sent = decodeMessage(effect.datagram);
      if (!sent.ok) throw new Error('the client sent what is not CoAP');
      answerUpdate(sent.message);
    }
    if (run % 16 === 0) world.client.tick(++world.now);
  }
  expect(world.client.registration.kind).toBe('registered');

  /** A fuzzed request may well execute the Registration Update Trigger; the server then answers the Update. */
  function answerUpdate({ type, code, messageId, token }: CoapMessage): void {
    if (type !== MessageType.Confirmable || code !== Code.Post) return;
    const answer = { type: MessageType.Acknowledgement, code: Code.Changed, messageId, token };
    world.client.receive(0, encodeMessage({ ...answer, options: [], payload: new Uint8Array() }), world.now);
  }
});

/** Requests that look like some, and now and then have a byte wrong. */
function requests(seed: number): () => Uint8Array {
  const random = seededRandom(seed);
  const bytes = seededBytes(seed);
  const below = (n: number) => Math.floor(random() * n);
  return () => {
    const options = Array.from({ length: below(5) }, () =>
      option(Option.UriPath, SEGMENTS[below(SEGMENTS.length)] ?? ''),
    );
    if (below(2) === 0) options.push(option(Option.ContentFormat, FORMATS[below(FORMATS.length)] ?? 0));
    if (below(2) === 0) options.push(option(Option.Accept, FORMATS[below(FORMATS.length)] ?? 0));
    if (below(4) === 0) options.push(option(Option.Observe, below(3)));
    if (below(4) === 0) options.push(option(Option.UriQuery, ['pmin=1', 'gt=5', 'x', 'st=-1', 'pmax'][below(5)] ?? ''));
    const message = encodeMessage({
      type: below(4) === 0 ? MessageType.NonConfirmable : MessageType.Confirmable,
      code: 1 + below(7),
      messageId: below(65_536),
      token: bytes(below(9)),
      options,
      payload: below(2) === 0 ? bytes(below(40)) : Buffer.from(String(below(5))),
    });
    if (below(3) === 0) message[below(message.length)] = below(256);
    return message;
  };
}

it('takes anything from a bootstrap server, and changes nothing before Finish', () => {
  const { seed, runs } = fuzzPlan('bootstrapped client');
  const request = requests(seed);
  const world = new World({ provisioned: false, bootstrap: true }).register();
  for (let run = 0; run < runs; run++) {
    world.client.receive(0, request(), world.now);
    for (const effect of world.client.drain()) {
      if (effect.kind === 'send' && !decodeMessage(effect.datagram).ok)
        throw new Error('the client sent what is not CoAP');
    }
    if (run % 16 === 0) world.client.tick(++world.now);
  }
  expect(world.client.bootstrap.kind).toBe('provisioning');
  expect(world.client.get(path(0, 0, 1)).value).toBe(true);
  expect(world.client.get(path(3, 0, 0)).value).toBe('Reeve');
});
