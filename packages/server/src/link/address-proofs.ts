import { createHmac, createSecretKey } from 'node:crypto';
import { type CoapMessage, EchoValues, Option, optionValue, type PeerKey } from '@reeve/coap';
import type { Listener } from './port.ts';
import type { SessionTable } from './sessions.ts';

interface Options {
  readonly sessions: SessionTable;
  /** The sockets, by their index. */
  readonly listen: readonly Listener[];
  readonly random: (length: number) => Uint8Array;
}

const KEY_BYTES = 32;

/**
 * Whether peers without security receive at the addresses that they send from (RFC 9175 §2.3), so that nobody registers
 * a device at the address of a victim, whom the server would then send to. Where a socket asks for it, an address proves
 * it once, and again when the server has forgotten it or the device comes from another one.
 */
export class AddressProofs {
  readonly #sessions: SessionTable;
  readonly #listen: readonly Listener[];
  readonly #values: EchoValues;
  /** Whether any socket asks for it: where none does, no request should cost a look. */
  readonly #asked: boolean;

  constructor({ sessions, listen, random }: Options) {
    this.#sessions = sessions;
    this.#listen = listen;
    this.#asked = listen.some(({ echo }) => echo);
    const key = createSecretKey(random(KEY_BYTES));
    this.#values = new EchoValues({ mac: (bytes) => createHmac('sha256', key).update(bytes).digest() });
  }

  /** The Echo value that a peer has to bring back before its request counts; undefined if it need not. */
  challenge(peer: PeerKey, request: CoapMessage, now: number): Uint8Array | undefined {
    if (!this.#asked) return undefined;
    const session = this.#sessions.get(peer);
    if (!session?.address || session.proved || !this.#listen[session.address.ingress]?.echo) return undefined;
    const value = optionValue(request, Option.Echo);
    if (value === undefined || !this.#values.isFresh(value, peer, now)) return this.#values.make(peer, now);
    session.proved = true;
    return undefined;
  }
}
