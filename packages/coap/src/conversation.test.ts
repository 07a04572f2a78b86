import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../tooling/testing/fuzz.ts';
import { Code, formatCode } from './codes.ts';
import { CoapCore } from './core.ts';
import { type ExchangeId, ObservationScope } from './ids.ts';
import { type CoapMessage, uriPath } from './message.ts';
import { Option, option } from './options.ts';
import type { RequestSpec, ResponseSpec } from './specs.ts';
import { hex, path, predictableRandom } from './testing/harness.ts';
import { type Fate, type Host, Network } from './testing/network.ts';

const SCOPE = ObservationScope('registration');
const OBSERVATION = hex('0b5e');
const text = (value: string) => new TextEncoder().encode(value);

/**
 * A device registers; the server answers after its commit and observes; the device notifies twice; the server reads
 * (answered separately), executes and deregisters. Tells what each side saw.
 */
function converse(fate: (index: number) => Fate, end = 400_000) {
  const device = new CoapCore({ random: predictableRandom() });
  const server = new CoapCore({ random: predictableRandom() });
  const seen = {
    executed: [] as string[],
    device: [] as string[],
    server: [] as string[],
    values: [] as string[],
    complaints: [] as string[],
  };
  const after = (delay: number, run: () => void) => network.at(network.now + delay, run);
  const ask = (core: CoapCore, spec: RequestSpec) => core.request(Network.KEY, spec, network.now);

  const serve = (core: CoapCore, exchange: ExchangeId, message: CoapMessage) => {
    const name = `${formatCode(message.code)} /${uriPath(message).join('/')}`;
    seen.executed.push(name);
    const answer = (spec: ResponseSpec) => core.respond(exchange, spec, network.now);
    if (name === '0.02 /rd') {
      core.bindScope(Network.KEY, SCOPE, network.now);
      after(5, () => {
        answer({ code: Code.Created, options: [option(Option.LocationPath, 'rd')] });
        ask(core, { code: Code.Get, options: path('/3/0/9'), token: OBSERVATION, observe: 'register' });
      });
    } else if (name === '0.01 /3/0/13') {
      core.acknowledge(exchange);
      after(4_000, () => answer({ code: Code.Content, payload: text('time') }));
    } else {
      answer({ code: Code.Content, payload: text('v0'), observe: true });
    }
  };
  const host = (core: CoapCore, outcomes: string[]): Host => ({
    core,
    application: (effect) => {
      switch (effect.kind) {
        case 'request':
          serve(core, effect.exchange, effect.message);
          break;
        case 'outcome': {
          const { outcome } = effect;
          const answer = outcome.kind === 'response' ? formatCode(outcome.message.code) : outcome.kind;
          outcomes.push(`${effect.request}: ${answer}${outcome.kind === 'response' && outcome.observing ? '!' : ''}`);
          break;
        }
        case 'notification': {
          const { message, fresh } = effect;
          if (fresh) seen.values.push(new TextDecoder().decode(message.payload));
          if (effect.confirmable) after(5, () => core.accept(effect.exchange));
          break;
        }
        case 'refused':
        case 'undelivered':
        case 'unknownNotification':
          seen.complaints.push(effect.kind);
          break;
        default:
      }
    },
  });
  const network = new Network([host(device, seen.device), host(server, seen.server)], fate);
  const notify = (value: string) => {
    const spec = { code: Code.Content, payload: text(value), confirmable: true };
    device.notify(Network.KEY, OBSERVATION, spec, network.now);
  };

  ask(device, { code: Code.Post, options: path('/rd') });
  network.at(100_000, () => notify('v1'));
  network.at(200_000, () => {
    notify('v2');
    ask(server, { code: Code.Get, options: path('/3/0/13') });
    ask(server, { code: Code.Post, options: path('/3/0/4') });
  });
  network.at(300_000, () => {
    ask(server, { code: Code.Get, options: path('/3/0/9'), token: OBSERVATION, observe: 'deregister' });
  });
  network.run(end);
  return { seen, device, server, datagrams: network.count };
}

const UNDISTURBED = {
  executed: ['0.02 /rd', '0.01 /3/0/9', '0.01 /3/0/13', '0.02 /3/0/4', '0.01 /3/0/9'],
  device: ['1: 2.01'],
  server: ['1: 2.05!', '2: 2.05', '3: 2.05', '4: 2.05'],
  values: ['v1', 'v2'],
  complaints: [],
};
const DATAGRAMS = converse(() => 'deliver').datagrams;

describe('a conversation of two cores', () => {
  it('goes as planned, and leaves nothing open', () => {
    const { seen, device, server } = converse(() => 'deliver');
    expect(seen).toEqual(UNDISTURBED);
    expect(DATAGRAMS).toBe(16);
    for (const core of [device, server]) {
      expect(core.sizes()).toMatchObject({ requestsPerPeer: 0, observations: 0, observersPerPeer: 0, messageBytes: 0 });
    }
  });

  it.each(['lose', 'duplicate', 'delay'] as const)(
    'goes the same whichever one datagram the network would %s',
    (fate) => {
      for (let hit = 0; hit < DATAGRAMS; hit++) {
        const { seen } = converse((index) => (index === hit ? fate : 'deliver'));
        expect(seen, `${fate} ${hit}`).toEqual(UNDISTURBED);
      }
    },
  );

  it('goes the same whichever two datagrams are lost', () => {
    for (let first = 0; first < DATAGRAMS; first++) {
      for (let second = first + 1; second < DATAGRAMS + 2; second++) {
        const { seen } = converse((index) => (index === first || index === second ? 'lose' : 'deliver'));
        expect(seen, `${first} and ${second}`).toEqual(UNDISTURBED);
      }
    }
  });

  it('never does anything twice, however bad the network', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = seededRandom(seed);
      const fates: Fate[] = ['lose', 'duplicate', 'delay', 'deliver', 'deliver'];
      const { seen, device, server } = converse(() => fates[Math.floor(random() * fates.length)] ?? 'deliver', 900_000);
      const count = (name: string) => seen.executed.filter((each) => each === name).length;
      expect(count('0.02 /rd'), `seed ${seed}`).toBeLessThanOrEqual(1);
      expect(count('0.02 /3/0/4'), `seed ${seed}`).toBeLessThanOrEqual(1);
      for (const outcomes of [seen.device, seen.server]) {
        expect(new Set(outcomes.map((each) => each.split(':')[0])).size).toBe(outcomes.length);
      }
      expect(seen.values).toEqual([...seen.values].toSorted());
      for (const core of [device, server]) expect(core.sizes()).toMatchObject({ requestsPerPeer: 0, messageBytes: 0 });
    }
  });
});
