import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Code } from '../codes.ts';
import { CoapEndpoint, type CoapEndpointOptions } from '../endpoint.ts';
import { ObservationScope } from '../ids.ts';
import { type CoapMessage, contentFormat, uriPath } from '../message.ts';
import { Option, option } from '../options.ts';
import type { ResponseSpec } from '../specs.ts';
import { path, predictableRandom } from '../testing/harness.ts';
import { type Fate, type Host, Network } from '../testing/network.ts';

const SCOPE = ObservationScope('registration');
const END_MS = 600_000;

/** Content in which every octet tells where it stands. */
function content(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) + seed) & 0xff);
}

interface World {
  readonly client: CoapEndpoint;
  readonly server: CoapEndpoint;
  readonly network: Network;
  /** What the client's application was told: outcomes and notifications. */
  readonly told: string[];
  readonly bodies: Uint8Array[];
  /** Requests that the server's application saw. */
  readonly served: { readonly message: CoapMessage; readonly payload: Uint8Array }[];
}

interface Options {
  readonly client?: Partial<CoapEndpointOptions>;
  readonly server?: Partial<CoapEndpointOptions>;
  readonly fate?: (index: number) => Fate;
  readonly answer?: (message: CoapMessage, now: number) => ResponseSpec;
}

function world({ fate = () => 'deliver', answer = () => ({ code: Code.Changed }), ...options }: Options = {}): World {
  const client = new CoapEndpoint({ random: predictableRandom(), ...options.client });
  const server = new CoapEndpoint({ random: predictableRandom(), ...options.server });
  const told: string[] = [];
  const bodies: Uint8Array[] = [];
  const served: World['served'] = [];
  const asking: Host = {
    core: client,
    application: (effect, now) => {
      if (effect.kind === 'outcome') {
        const { outcome } = effect;
        if (outcome.kind === 'response') bodies.push(outcome.message.payload);
        const state = outcome.kind === 'response' ? [outcome.observing && 'observing', outcome.truncated && 'cut'] : [];
        told.push([outcome.kind, ...state.filter(Boolean)].join(' '));
      } else if (effect.kind === 'notification') {
        if (effect.truncated && !effect.lost) {
          client.fetchRest(effect, { code: Code.Get, options: path('/19/0') }, now);
          return;
        }
        bodies.push(effect.message.payload);
        told.push(effect.lost ? 'lost' : 'notified');
        if (effect.confirmable) client.accept(effect.exchange, now);
      }
    },
  };
  const serving: Host = {
    core: server,
    application: (effect, now) => {
      if (effect.kind !== 'request') return;
      const { message, exchange } = effect;
      served.push({ message, payload: Uint8Array.from(message.payload) });
      server.respond(exchange, answer(message, now), now);
    },
  };
  const network = new Network([asking, serving], fate);
  return { client, server, network, told, bodies, served };
}

const PUT = { code: Code.Put, options: [...path('/5/0/0'), option(Option.ContentFormat, 42)] };
const GET = { code: Code.Get, options: path('/19/0') };

describe('a request with a long body (RFC 7959 §2.5)', () => {
  it.each([1024, 1025, 2048, 5000])('of %i octets arrives as it was, once', (length) => {
    const all = world();
    all.client.request(Network.KEY, { ...PUT, payload: content(length) }, 0);
    all.network.run(END_MS);
    expect(all.told).toEqual(['response']);
    expect(all.served).toHaveLength(1);
    expect(all.served[0]?.payload).toEqual(content(length));
    expect(all.served[0] && uriPath(all.served[0].message)).toEqual(['5', '0', '0']);
    expect(all.served[0] && contentFormat(all.served[0].message)).toBe(42);
    expect(all.client.sizes().bodies + all.server.sizes().bodies).toBe(0);
  });

  it('goes in the blocks that the peer is set to take', () => {
    const all = world();
    all.client.setPeerParameters(Network.KEY, { blockBytes: 64 }, 0);
    all.client.request(Network.KEY, { ...PUT, payload: content(1000) }, 0);
    all.network.run(END_MS);
    expect(all.network.count).toBe(2 * Math.ceil(1000 / 64));
    expect(all.served[0]?.payload).toEqual(content(1000));
  });

  it('is refused with 4.13 when it exceeds the limit, and both sides forget it', () => {
    const all = world({ server: { bodyLimits: { bodyBytes: 3000 } } });
    all.client.request(Network.KEY, { ...PUT, payload: content(9000) }, 0);
    all.network.run(END_MS);
    expect(all.told).toEqual(['response']);
    expect(all.served).toEqual([]);
    expect(all.server.sizes().bodies).toBe(0);
    // The first part says how long it is (Size1).
    expect(all.network.count).toBe(2);
  });

  it('can be cancelled between two parts, by the name that the caller knows', () => {
    const all = world();
    const id = all.client.request(Network.KEY, { ...PUT, payload: content(9000) }, 0);
    all.network.at(90, () => expect(all.client.cancel(Network.KEY, id, all.network.now)).toBe(true));
    all.network.run(END_MS);
    expect(all.told).toEqual(['cancelled']);
    expect(all.served).toEqual([]);
  });

  it('ends as a timeout when the peer falls silent', () => {
    const all = world({ fate: (index) => (index < 5 ? 'deliver' : 'lose') });
    all.client.request(Network.KEY, { ...PUT, payload: content(9000) }, 0);
    all.network.run(END_MS);
    expect(all.told).toEqual(['timeout']);
  });
});

describe('a long answer (RFC 7959 §2.4)', () => {
  it.each([1024, 1025, 2048, 5000])('of %i octets comes whole', (length) => {
    const all = world({ answer: () => ({ code: Code.Content, payload: content(length) }) });
    all.client.request(Network.KEY, GET, 0);
    all.network.run(END_MS);
    expect(all.told).toEqual(['response']);
    expect(all.bodies).toEqual([content(length)]);
    expect(all.served).toHaveLength(1);
  });

  it('BL-4, P11: is never joined of two values: a change begins it anew (RFC 7959 §2.4)', () => {
    let seed = 0;
    // Nothing is kept, so every part is made of what the value is by then.
    const all = world({
      server: { bodyLimits: { bodyBytes: 0 } },
      answer: () => ({ code: Code.Content, payload: content(3000, seed) }),
    });
    all.client.request(Network.KEY, GET, 0);
    all.network.at(50, () => {
      seed = 99;
    });
    all.network.run(END_MS);
    expect(all.bodies).toEqual([content(3000, 99)]);
  });

  it('is given up with its beginning when it changes all the time', () => {
    let seed = 0;
    const all = world({
      server: { bodyLimits: { bodyBytes: 0 } },
      answer: () => ({ code: Code.Content, payload: content(3000, seed++) }),
    });
    all.client.request(Network.KEY, GET, 0);
    all.network.run(END_MS);
    expect(all.told).toEqual(['response cut']);
    expect(all.bodies).toEqual([content(1024)]);
    expect(all.client.sizes().bodies).toBe(0);
  });

  it('over the limit is told with its beginning', () => {
    const all = world({
      client: { bodyLimits: { bodyBytes: 2000 } },
      answer: () => ({ code: Code.Content, payload: content(9000) }),
    });
    all.client.request(Network.KEY, GET, 0);
    all.network.run(END_MS);
    expect(all.told).toEqual(['response cut']);
    expect(all.client.sizes().bodies).toBe(0);
  });

  it('follows a long request in one exchange (RFC 7959 §3.3)', () => {
    const all = world({ answer: () => ({ code: Code.Content, payload: content(4000, 5) }) });
    all.client.request(Network.KEY, { ...PUT, code: Code.Post, payload: content(3000) }, 0);
    all.network.run(END_MS);
    expect(all.served.map(({ payload }) => payload)).toEqual([content(3000)]);
    expect(all.bodies).toEqual([content(4000, 5)]);
  });
});

describe('an observed value that is long (RFC 7959 §2.6)', () => {
  function observing() {
    let value = content(3000);
    const all = world({ answer: () => ({ code: Code.Content, payload: value, observe: true }) });
    all.client.bindScope(Network.KEY, SCOPE, 0);
    const token = Uint8Array.of(7, 7);
    all.client.request(Network.KEY, { ...GET, observe: 'register', token }, 0);
    const notify = (at: number, length: number, seed: number, confirmable = true) =>
      all.network.at(at, () => {
        value = content(length, seed);
        const spec = { code: Code.Content, payload: value, confirmable };
        expect(all.server.notify(Network.KEY, token, spec, all.network.now)).toBe(true);
      });
    return { ...all, notify };
  }

  it('is fetched at first and with every notification', () => {
    const all = observing();
    all.notify(10_000, 2500, 1);
    all.notify(20_000, 10, 2);
    all.network.run(END_MS);
    expect(all.told).toEqual(['response observing', 'notified', 'notified']);
    expect(all.bodies).toEqual([content(3000), content(2500, 1), content(10, 2)]);
  });

  it('BL-5, P11: is lost when a newer notification overtakes it, and the newer one comes whole', () => {
    const all = observing();
    all.notify(10_000, 2500, 1, false);
    all.notify(10_050, 2600, 2, false);
    all.network.run(END_MS);
    expect(all.told).toEqual(['response observing', 'lost', 'notified']);
    expect(all.bodies).toEqual([content(3000), content(2500, 1).subarray(0, 1024), content(2600, 2)]);
  });

  it('comes as the newer value when that took its place before it was fetched', () => {
    const all = observing();
    all.notify(10_000, 2500, 1);
    // This one waits until the first is acknowledged, which is when it is whole.
    all.notify(10_050, 2600, 2);
    all.network.run(END_MS);
    expect(all.told).toEqual(['response observing', 'notified', 'notified']);
    expect(all.bodies).toEqual([content(3000), content(2600, 2), content(2600, 2)]);
  });

  it('is told as far as it came when a notification overtakes the first answer', () => {
    const all = observing();
    all.notify(50, 20, 3);
    all.network.run(END_MS);
    expect(all.told).toEqual(['response observing cut', 'notified']);
    expect(all.bodies.at(-1)).toEqual(content(20, 3));
  });
});

describe('through any network that does not outlast the retransmissions', () => {
  const fate = fc.constantFrom<Fate>('deliver', 'deliver', 'deliver', 'lose', 'duplicate', 'delay');
  const fates = fc.array(fate, { maxLength: 30 });
  const length = fc.integer({ min: 0, max: 4000 });
  /** Two losses in a row at most: the later transmissions of everything arrive. */
  const bounded = (all: readonly Fate[]) => (index: number) =>
    all[index] === 'lose' && all[index - 1] === 'lose' ? 'deliver' : (all[index] ?? 'deliver');

  it('a long body is served once, as it was', () => {
    fc.assert(
      fc.property(fates, length, (disturbed, up) => {
        const all = world({ fate: bounded(disturbed) });
        all.client.request(Network.KEY, { ...PUT, payload: content(up) }, 0);
        all.network.run(END_MS);
        expect(all.told).toEqual(['response']);
        expect(all.served.map(({ payload }) => payload)).toEqual([content(up)]);
      }),
      { numRuns: 100 },
    );
  });

  it('a long body and its long answer are what they were', () => {
    fc.assert(
      fc.property(fates, length, length, (disturbed, up, down) => {
        const answer = () => ({ code: Code.Content, payload: content(down, 3) });
        const all = world({ fate: bounded(disturbed), answer });
        all.client.request(Network.KEY, { ...PUT, code: Code.Fetch, payload: content(up) }, 0);
        all.network.run(END_MS);
        expect(all.bodies).toEqual([content(down, 3)]);
        for (const { payload } of all.served) expect(payload).toEqual(content(up));
      }),
      { numRuns: 100 },
    );
  });
});
