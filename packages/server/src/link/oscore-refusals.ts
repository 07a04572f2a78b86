import { type CoapMessage, type OscoreFault, oscoreValueOf, unprotectedError } from '@reeve/coap';
import type { Millis } from '../ids.ts';
import type { Check } from './handshake-facts.ts';
import { oscoreLabel } from './oscore-port.ts';
import { placeOf, type Way } from './oscore-way.ts';
import type { LinkUp } from './port.ts';

interface Options {
  readonly emit: (way: Way, datagram: Uint8Array) => void;
  readonly deliver: (message: LinkUp) => void;
  readonly wallClock: () => Millis;
}

/** What a refused message is called among the failed handshakes; the rest happens in the ordinary course. */
const CHECK: Readonly<Partial<Record<OscoreFault, Check>>> = {
  undecodable: 'malformed',
  'no-context': 'unknown-identity',
  'not-decrypted': 'wrong-key',
  replay: 'replayed',
  exhausted: 'limit',
};

/** Tells of messages that OSCORE refuses: their sender, as far as RFC 8613 §8.2 allows it, and people. */
export class OscoreRefusals {
  readonly #o: Options;

  constructor(options: Options) {
    this.#o = options;
  }

  /** A request is answered, without protection, and told of. */
  refuse(from: Way, message: CoapMessage, fault: OscoreFault): void {
    const datagram = unprotectedError(message, fault);
    if (datagram) this.#o.emit(from, datagram);
    const kid = oscoreValueOf(message)?.kid;
    this.report(from, fault, 'a request', kid && oscoreLabel(Buffer.from(kid).toString('hex')));
  }

  /** Tells people alone. */
  report(way: Way, fault: OscoreFault, what: string, identity: string | undefined): void {
    const check = CHECK[fault];
    if (!check) return;
    this.#o.deliver({
      kind: 'refused',
      at: this.#o.wallClock(),
      ...placeOf(way),
      check,
      detail: `OSCORE: ${what}, ${fault}`,
      ...(identity === undefined ? {} : { identity }),
    });
  }
}
