import { describe, expect, it } from 'vitest';
import { Code } from '../codes.ts';
import { CoapEndpoint } from '../endpoint.ts';
import { block1, block2, uriPath } from '../message.ts';
import { path } from '../testing/harness.ts';
import { Network } from '../testing/network.ts';
import { block1Option, block2Option } from './blocks.ts';

const PART = new Uint8Array(1024).fill(7);
const random = (length: number) => new Uint8Array(length).fill(length);

/** A server that deals with the parts of `/5/0/0` itself, and with those of nothing else. */
function world() {
  const client = new CoapEndpoint({ random });
  const server = new CoapEndpoint({
    random,
    bodyLimits: { bodyBytes: 0 },
    inParts: (request) => uriPath(request).join('/') === '5/0/0',
  });
  const told: unknown[] = [];
  const served: unknown[] = [];
  const network = new Network(
    [
      {
        core: client,
        application: (effect) => {
          if (effect.kind !== 'outcome' || effect.outcome.kind !== 'response') return;
          const { message, truncated } = effect.outcome;
          told.push([message.code, block1(message)?.num ?? block2(message)?.num, message.payload.length, truncated]);
        },
      },
      {
        core: server,
        application: (effect, now) => {
          if (effect.kind !== 'request') return;
          const { message, exchange } = effect;
          served.push([block1(message) ?? block2(message), message.payload.length]);
          const answer =
            message.code === Code.Put
              ? { code: Code.Continue, options: [block1Option({ num: 40_000, more: true, szx: 6 })] }
              : { code: Code.Content, options: [block2Option({ num: 9, more: true, szx: 6 })], payload: PART };
          server.respond(exchange, answer, now);
        },
      },
    ],
    () => 'deliver',
  );
  return { client, server, network, told, served };
}

describe('parts that the caller deals with itself', () => {
  it('go up and are answered one by one, at any place of a body of any size, and nothing is kept', () => {
    const { client, server, network, told, served } = world();
    const options = [...path('/5/0/0'), block1Option({ num: 40_000, more: true, szx: 6 })];
    client.request(Network.KEY, { code: Code.Put, options, payload: PART, inParts: true }, 0);
    network.run(10_000);
    expect(served).toEqual([[{ num: 40_000, more: true, szx: 6 }, 1024]]);
    expect(told).toEqual([[Code.Continue, 40_000, 0, false]]);
    expect(server.sizes().bodies + client.sizes().bodies).toBe(0);
  });

  it('come down one by one, and the rest is not asked for', () => {
    const { client, network, told, served } = world();
    const options = [...path('/5/0/0'), block2Option({ num: 9, more: false, szx: 6 })];
    client.request(Network.KEY, { code: Code.Get, options, inParts: true }, 0);
    network.run(10_000);
    expect(served).toEqual([[{ num: 9, more: false, szx: 6 }, 0]]);
    expect(told).toEqual([[Code.Content, 9, 1024, true]]);
  });

  it('of anything else are put together here, within the limits', () => {
    const { client, network, told, served } = world();
    const options = [...path('/5/0/1'), block1Option({ num: 0, more: true, szx: 6 })];
    client.request(Network.KEY, { code: Code.Put, options, payload: PART, inParts: true }, 0);
    network.run(10_000);
    expect([served, told]).toEqual([[], [[Code.RequestEntityTooLarge, undefined, 0, false]]]);
  });
});
