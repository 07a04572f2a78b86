import { decodeMessage, OscoreAssociation, type OscoreParameters, oscoreObstacle } from '@reeve/coap';
import type { Link, LinkEffect } from './link.ts';

/**
 * OSCORE: every message is protected by itself. Each time the link is set up its first request derives new keys (RFC
 * 8613 Appendix B.2), so that a device has nothing to remember between its starts.
 */
export class OscoreLink implements Link {
  readonly #parameters: OscoreParameters;
  readonly #random: (n: number) => Uint8Array;
  #association: OscoreAssociation | undefined;
  #effects: LinkEffect[] = [];

  /** @throws RangeError when the parameters can't serve */
  constructor(parameters: OscoreParameters, random: (n: number) => Uint8Array) {
    const obstacle = oscoreObstacle(parameters);
    if (obstacle !== undefined) throw new RangeError(`/21 can't serve: ${obstacle}`);
    this.#parameters = parameters;
    this.#random = random;
  }

  connect(): void {
    this.#association = new OscoreAssociation({
      parameters: this.#parameters,
      // There are none but under the keys that are derived.
      numbers: { next: 0, limit: 0, block: 0 },
      received: 'none',
      rederive: true,
      random: this.#random,
    });
    this.#effects.push({ kind: 'up' });
  }

  close(): void {
    this.#association = undefined;
  }

  send(data: Uint8Array): void {
    this.#association?.send(data);
    this.#collect();
  }

  receive(datagram: Uint8Array): void {
    const decoded = decodeMessage(datagram);
    if (!decoded.ok) return;
    this.#association?.receive(datagram, decoded.message);
    this.#collect();
  }

  tick(): void {}

  nextWakeAt(): undefined {
    return undefined;
  }

  drain(): readonly LinkEffect[] {
    return this.#effects.splice(0);
  }

  #collect(): void {
    for (const effect of this.#association?.drain() ?? []) {
      if (effect.kind === 'send') this.#effects.push(effect);
      else if (effect.kind === 'received') this.#effects.push({ kind: 'received', data: effect.datagram });
    }
  }
}
