import type { Leave } from '@reeve/coap';
import type { Link, LinkEffect } from './link.ts';
import type { TlsProof } from './tls-proof.ts';

/** How long a connection, with its TLS handshake, may take to come up, ms. */
const CONNECT_MS = 32_000;
/** A connection that a server ended comes back at a random time within this, ms; doubled after each that did not last. */
const FIRST_SPREAD_MS = 10_000;
const LONGEST_SPREAD_MS = 300_000;
/** How long a connection has to last so that the next one counts as the first again, ms. */
const LASTING_MS = 60_000;
/** A server that wants to be left alone for longer is tried again all the same, ms. */
const LONGEST_HOLD_OFF_MS = 86_400_000;

type State =
  | { readonly kind: 'closed' }
  /** The connection is wanted, and begun at `until`, ms. */
  | { readonly kind: 'waiting'; readonly until: number }
  /** It has to come up before `until`, ms. */
  | { readonly kind: 'opening'; readonly until: number }
  | { readonly kind: 'open'; readonly since: number };

/**
 * CoAP over a connection, TCP or TLS, that the caller opens and closes and that hands bytes on as they are. One that the
 * server ended, or that did not come up, is opened again at a random time, so that the clients of a server that was away
 * do not come back all at once.
 */
export class StreamLink implements Link {
  readonly connection = {
    opened: (now: number) => this.#opened(now),
    lost: (detail: string, now: number) => this.#lost(detail, now),
    ended: (leave: Leave, now: number) => this.#ended(leave, now),
  };
  readonly #proof: TlsProof | undefined;
  readonly #random: (n: number) => Uint8Array;
  #effects: LinkEffect[] = [];
  #state: State = { kind: 'closed' };
  /** Connections in a row that did not last. */
  #losses = 0;
  /** No connection is begun before this, ms. */
  #notBefore = 0;
  /** Where the server wants the next connection to go. */
  #alternative: string | undefined;

  /** @param proof for TLS; without it the connection is bare */
  constructor(random: (n: number) => Uint8Array, proof?: TlsProof) {
    this.#random = random;
    this.#proof = proof;
  }

  connect(now: number): void {
    if (now < this.#notBefore) this.#state = { kind: 'waiting', until: this.#notBefore };
    else this.#begin(now);
  }

  close(): void {
    if (this.#state.kind === 'open' || this.#state.kind === 'opening') this.#effects.push({ kind: 'disconnect' });
    this.#state = { kind: 'closed' };
  }

  send(data: Uint8Array): void {
    if (this.#state.kind === 'open') this.#effects.push({ kind: 'send', datagram: data });
  }

  receive(bytes: Uint8Array): void {
    if (this.#state.kind === 'open') this.#effects.push({ kind: 'received', data: bytes });
  }

  tick(now: number): void {
    const due = this.nextWakeAt();
    if (due === undefined || now < due) return;
    if (this.#state.kind === 'waiting') {
      this.#begin(now);
      return;
    }
    this.close();
    this.#putOff(0, now);
    this.#effects.push({ kind: 'down', detail: 'the connection does not come up' });
  }

  nextWakeAt(): number | undefined {
    return 'until' in this.#state ? this.#state.until : undefined;
  }

  drain(): readonly LinkEffect[] {
    return this.#effects.splice(0);
  }

  #begin(now: number): void {
    const alternative = this.#alternative;
    this.#alternative = undefined;
    this.#state = { kind: 'opening', until: now + CONNECT_MS };
    this.#effects.push({ kind: 'connect', tls: this.#proof, ...(alternative === undefined ? {} : { alternative }) });
  }

  #opened(now: number): void {
    if (this.#state.kind !== 'opening') return;
    this.#state = { kind: 'open', since: now };
    this.#effects.push({ kind: 'up' });
  }

  #lost(detail: string, now: number): void {
    const { kind } = this.#state;
    if (kind !== 'open' && kind !== 'opening') return;
    this.#putOff(0, now);
    this.#state = { kind: 'closed' };
    this.#effects.push({ kind: 'down', detail });
  }

  /** CoAP is about to close the connection; the server may have said when and where to come back (RFC 8323 §5.5). */
  #ended({ holdOff = 0, alternative }: Leave, now: number): void {
    this.#alternative = alternative;
    // That one is to be left alone, and not the other one.
    this.#putOff(alternative === undefined ? Math.min(holdOff * 1000, LONGEST_HOLD_OFF_MS) : 0, now);
  }

  /** @param least the time that is waited at least, ms */
  #putOff(least: number, now: number): void {
    if (this.#state.kind === 'open' && now - this.#state.since >= LASTING_MS) this.#losses = 0;
    const spread = Math.min(FIRST_SPREAD_MS * 2 ** this.#losses, LONGEST_SPREAD_MS);
    this.#losses++;
    const [high = 0, low = 0] = this.#random(2);
    this.#notBefore = now + least + (spread * ((high << 8) | low)) / 0xffff;
  }
}
