import { decodeMessage, OscoreAssociation, type OscoreParameters } from '@reeve/coap';
import { seededRandom } from '../tooling/testing/fuzz.ts';

/** OSCORE around what a scripted server says and hears (RFC 8613). */
export class OscoreShell {
  /** The server that speaks so. */
  readonly uri: string;
  readonly #association: OscoreAssociation;

  /** @param parameters from the server's side */
  constructor(uri: string, parameters: OscoreParameters) {
    this.uri = uri;
    const random = seededRandom(9);
    this.#association = new OscoreAssociation({
      parameters,
      numbers: { next: 0, limit: 0, block: 8 },
      received: 'unknown',
      random: (length) => Uint8Array.from({ length }, () => Math.floor(random() * 256)),
    });
  }

  /** What goes to the client for a message. */
  say(datagram: Uint8Array): Uint8Array[] {
    this.#association.send(datagram);
    return this.#collect().said;
  }

  /** What the client said, and what goes back without the script having a hand in it. */
  hear(datagram: Uint8Array): { readonly heard: Uint8Array[]; readonly said: Uint8Array[] } {
    const decoded = decodeMessage(datagram);
    if (decoded.ok) this.#association.receive(datagram, decoded.message);
    return this.#collect();
  }

  #collect(): { heard: Uint8Array[]; said: Uint8Array[] } {
    const heard: Uint8Array[] = [];
    const said: Uint8Array[] = [];
    for (let effects = this.#association.drain(); effects.length > 0; effects = this.#association.drain()) {
      for (const effect of effects) {
        if (effect.kind === 'send') said.push(effect.datagram);
        else if (effect.kind === 'received') heard.push(effect.datagram);
        else if (effect.kind === 'reserve') this.#association.reserved(effect.upTo, effect.idContext);
      }
    }
    return { heard, said };
  }
}
