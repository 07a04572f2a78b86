import type { CoapCore } from '../core.ts';
import type { CoapEffect } from '../effects.ts';
import { PeerKey } from '../ids.ts';

/** What the network does with a datagram. */
export type Fate = 'deliver' | 'lose' | 'duplicate' | 'delay';

/** One end of the network: a core and the application above it. */
export interface Host {
  readonly core: Pick<CoapCore, 'receive' | 'tick' | 'drain' | 'nextWakeAt'>;
  /** Meets every effect that is not `send`. */
  readonly application: (effect: CoapEffect, now: number) => void;
}

const LATENCY_MS = 20;
const DELAY_MS = 3_000;

/** Two hosts and virtual time: datagrams take 20 ms, late ones 3 s, and each meets the fate that a test gave it. */
export class Network {
  now = 0;
  /** How many datagrams were sent. */
  count = 0;
  readonly #hosts: readonly [Host, Host];
  readonly #fate: (index: number) => Fate;
  readonly #events: { at: number; run: () => void }[] = [];

  constructor(hosts: readonly [Host, Host], fate: (index: number) => Fate) {
    this.#hosts = hosts;
    this.#fate = fate;
  }

  /** The key by which each host knows the other. */
  static readonly KEY = PeerKey('the other');

  /** Does something later. */
  at(time: number, run: () => void): void {
    this.#events.push({ at: time, run });
  }

  /** Lets the world go on until a time. */
  run(until: number): void {
    for (;;) {
      this.#settle();
      const wakes = this.#hosts.map(({ core }) => core.nextWakeAt() ?? Number.POSITIVE_INFINITY);
      const next = Math.min(...wakes, ...this.#events.map(({ at }) => at));
      if (next > until) break;
      this.now = Math.max(this.now, next);
      for (const { core } of this.#hosts) core.tick(this.now);
      const due = this.#events.filter(({ at }) => at <= this.now);
      for (const event of due) {
        this.#events.splice(this.#events.indexOf(event), 1);
        event.run();
      }
    }
  }

  #settle(): void {
    const [a, b] = this.#hosts;
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      for (let effects = from.core.drain(); effects.length > 0; effects = from.core.drain()) {
        for (const effect of effects) {
          if (effect.kind === 'send') this.#carry(to, effect.datagram);
          else from.application(effect, this.now);
        }
      }
    }
  }

  #carry(to: Host, sent: Uint8Array): void {
    const fate = this.#fate(this.count++);
    const datagram = sent.slice();
    const arrive = () => to.core.receive(Network.KEY, datagram, this.now);
    if (fate === 'lose') return;
    this.at(this.now + (fate === 'delay' ? DELAY_MS : LATENCY_MS), arrive);
    if (fate === 'duplicate') this.at(this.now + LATENCY_MS + 5, arrive);
  }
}
