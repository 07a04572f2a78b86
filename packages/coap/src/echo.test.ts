import { createHmac, createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Code, formatCode } from './codes.ts';
import { EchoValues } from './echo.ts';
import type { CoapEffect } from './effects.ts';
import { CoapEndpoint } from './endpoint.ts';
import { optionValue } from './message.ts';
import { Option, option } from './options.ts';
import { path, predictableRandom } from './testing/harness.ts';
import { Network } from './testing/network.ts';

const key = createSecretKey(Buffer.alloc(32, 1));
const mac = (bytes: Uint8Array) => createHmac('sha256', key).update(bytes).digest();
const values = new EchoValues({ mac, lifetimeMs: 1_000 });

describe('Echo values', () => {
  it('EC-1: are fresh for whom they were made, until their time is over', () => {
    const value = values.make('a', 5_000.7);
    expect(value).toHaveLength(14);
    expect(values.isFresh(value, 'a', 5_000.7)).toBe(true);
    expect(values.isFresh(value, 'a', 6_000)).toBe(true);
    expect(values.isFresh(value, 'a', 6_001)).toBe(false);
    expect(values.isFresh(value, 'a', 4_999)).toBe(false);
    expect(values.isFresh(value, 'b', 5_001)).toBe(false);
  });

  it('are not to be made by anybody else', () => {
    const value = values.make('a', 5_000);
    for (let at = 0; at < value.length; at++) {
      const changed = value.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(values.isFresh(changed, 'a', 5_000)).toBe(false);
      expect(values.isFresh(value.subarray(0, at), 'a', 5_000)).toBe(false);
    }
    const others = new EchoValues({ mac: (bytes) => createHmac('sha256', 'other').update(bytes).digest() });
    expect(values.isFresh(others.make('a', 5_000), 'a', 5_000)).toBe(false);
  });
});

/** A client asks a server that challenges whoever brings no value back; tells what each saw. */
function converse(payload: Uint8Array, isFresh: (value: Uint8Array) => boolean = () => true) {
  const client = new CoapEndpoint({ random: predictableRandom() });
  let challenges = 0;
  const server = new CoapEndpoint({
    random: predictableRandom(),
    challenge: (peer, request, now) => {
      const echo = optionValue(request, Option.Echo);
      if (proved || (echo && isFresh(echo) && values.isFresh(echo, peer, now))) {
        proved = true;
        return undefined;
      }
      challenges++;
      return values.make(peer, now);
    },
  });
  let proved = false;
  const served: Uint8Array[] = [];
  const outcomes: string[] = [];
  const network = new Network(
    [
      {
        core: client,
        application: (effect: CoapEffect) => {
          if (effect.kind !== 'outcome') return;
          const { outcome } = effect;
          outcomes.push(outcome.kind === 'response' ? formatCode(outcome.message.code) : outcome.kind);
        },
      },
      {
        core: server,
        application: (effect: CoapEffect, now: number) => {
          if (effect.kind !== 'request') return;
          served.push(effect.message.payload);
          server.respond(effect.exchange, { code: Code.Created }, now);
        },
      },
    ],
    () => 'deliver',
  );
  client.request(Network.KEY, { code: Code.Post, options: path('/rd'), payload }, 0);
  network.run(10_000);
  return { served, outcomes, challenges, server };
}

describe('a server that asks for Echo', () => {
  it.each([3, 3_000])('EC-1: serves a request of %i bytes once, when it comes with the value', (length) => {
    const payload = Uint8Array.from({ length }, (_, i) => i);
    expect(converse(payload)).toMatchObject({ served: [payload], outcomes: ['2.01'], challenges: 1 });
  });

  it('EC-1: is not asked for ever by a client whose value it does not take', () => {
    const { served, outcomes, challenges } = converse(new Uint8Array(3), () => false);
    expect({ served, outcomes, challenges }).toEqual({ served: [], outcomes: ['4.01'], challenges: 2 });
  });

  it('keeps nothing of a body that comes in parts from somebody who proved nothing', () => {
    const { server } = converse(new Uint8Array(3_000), () => false);
    expect(server.sizes()).toMatchObject({ bodies: 0, allBodyBytes: 0 });
  });
});

describe('a client that is asked for Echo', () => {
  it('takes a 4.01 without it as the answer', () => {
    const client = new CoapEndpoint({ random: predictableRandom() });
    const server = new CoapEndpoint({ random: predictableRandom() });
    const codes: number[] = [];
    const options = [option(Option.MaxAge, 1)];
    const answer = (effect: CoapEffect, now: number) => {
      if (effect.kind === 'request') server.respond(effect.exchange, { code: Code.Unauthorized, options }, now);
    };
    const end = (effect: CoapEffect) => {
      if (effect.kind === 'outcome' && effect.outcome.kind === 'response') codes.push(effect.outcome.message.code);
    };
    const network = new Network(
      [
        { core: client, application: end },
        { core: server, application: answer },
      ],
      () => 'deliver',
    );
    client.request(Network.KEY, { code: Code.Get }, 0);
    network.run(10_000);
    expect(codes).toEqual([Code.Unauthorized]);
  });
});
