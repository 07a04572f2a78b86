import {
  codeKind,
  decodeMessage,
  frameOf,
  OscoreAssociation,
  type OscoreParameters,
  oscoreObstacle,
  readFrame,
} from '@reeve/coap';
import type { Link, LinkEffect } from './link.ts';

/**
 * OSCORE over another link: every message is protected by itself. Each time the link is set up its first request derives
 * new keys (RFC 8613 Appendix B.2), so that a device has nothing to remember between its starts.
 */
export class OscoreLink implements Link {
  readonly connection?: NonNullable<Link['connection']>;
  readonly #parameters: OscoreParameters;
  readonly #random: (n: number) => Uint8Array;
  readonly #carrier: Link;
  #association: OscoreAssociation | undefined;
  #effects: LinkEffect[] = [];

  /**
   * @param carrier what the protected messages go over
   * @throws RangeError when the parameters can't serve
   */
  constructor(parameters: OscoreParameters, random: (n: number) => Uint8Array, carrier: Link) {
    const obstacle = oscoreObstacle(parameters);
    if (obstacle !== undefined) throw new RangeError(`/21 can't serve: ${obstacle}`);
    this.#parameters = parameters;
    this.#random = random;
    this.#carrier = carrier;
    if (carrier.connection) this.connection = carrier.connection;
  }

  connect(now: number): void {
    this.#association = new OscoreAssociation({
      parameters: this.#parameters,
      // There are none but under the keys that are derived.
      numbers: { next: 0, limit: 0, block: 0 },
      received: 'none',
      rederive: true,
      random: this.#random,
    });
    this.#carrier.connect(now);
  }

  close(): void {
    this.#association = undefined;
    this.#carrier.close();
  }

  send(data: Uint8Array): void {
    const datagram = this.connection ? messageOf(data) : data;
    // Signals of a connection are not protected (RFC 8323 §5).
    if (datagram === undefined) this.#carrier.send(data);
    else this.#association?.send(datagram);
    this.#collect();
  }

  /** The bytes of a connection go to CoAP as they are; it has their messages come back to `intercept`. */
  receive(data: Uint8Array, now: number): void {
    if (this.connection) this.#carrier.receive(data, now);
    else this.intercept(data);
  }

  intercept(datagram: Uint8Array): boolean {
    const decoded = decodeMessage(datagram);
    if (decoded.ok) this.#association?.receive(datagram, decoded.message);
    this.#collect();
    return true;
  }

  tick(now: number): void {
    this.#carrier.tick(now);
  }

  nextWakeAt(): number | undefined {
    return this.#carrier.nextWakeAt();
  }

  drain(now: number): readonly LinkEffect[] {
    return [...this.#carrier.drain(now), ...this.#effects.splice(0)];
  }

  #collect(): void {
    for (const effect of this.#association?.drain() ?? []) {
      if (effect.kind === 'send') this.#carrier.send(this.connection ? frameOf(effect.datagram) : effect.datagram);
      else if (effect.kind === 'received') {
        this.#effects.push({ kind: this.connection ? 'message' : 'received', data: effect.datagram });
      }
    }
  }
}

/** The request or response that the bytes of a connection are; undefined for a signal. */
function messageOf(bytes: Uint8Array): Uint8Array | undefined {
  const frame = readFrame(bytes, bytes.length);
  const isMessage = frame.kind === 'message' && codeKind(frame.datagram[1] ?? 0) !== 'reserved';
  return isMessage ? frame.datagram : undefined;
}
