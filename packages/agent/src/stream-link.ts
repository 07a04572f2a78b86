import type { Link, LinkEffect } from './link.ts';
import type { TlsProof } from './tls-proof.ts';

/** How long a connection, with its TLS handshake, may take to come up, ms. */
const CONNECT_MS = 32_000;

/** CoAP over a connection, TCP or TLS, that the caller opens and closes and that hands bytes on as they are. */
export class StreamLink implements Link {
  readonly connection = { opened: () => this.#opened(), lost: (detail: string) => this.#lost(detail) };
  readonly #proof: TlsProof | undefined;
  #effects: LinkEffect[] = [];
  /** `opening` until the time, ms. */
  #state: 'closed' | 'open' | { readonly openingUntil: number } = 'closed';

  /** @param proof for TLS; without it the connection is bare */
  constructor(proof?: TlsProof) {
    this.#proof = proof;
  }

  connect(now: number): void {
    this.#state = { openingUntil: now + CONNECT_MS };
    this.#effects.push({ kind: 'connect', tls: this.#proof });
  }

  close(): void {
    if (this.#state !== 'closed') this.#effects.push({ kind: 'disconnect' });
    this.#state = 'closed';
  }

  send(data: Uint8Array): void {
    if (this.#state === 'open') this.#effects.push({ kind: 'send', datagram: data });
  }

  receive(bytes: Uint8Array): void {
    if (this.#state === 'open') this.#effects.push({ kind: 'received', data: bytes });
  }

  tick(now: number): void {
    const due = this.nextWakeAt();
    if (due === undefined || now < due) return;
    this.close();
    this.#effects.push({ kind: 'down', detail: 'the connection does not come up' });
  }

  nextWakeAt(): number | undefined {
    return typeof this.#state === 'object' ? this.#state.openingUntil : undefined;
  }

  drain(): readonly LinkEffect[] {
    return this.#effects.splice(0);
  }

  #opened(): void {
    if (typeof this.#state !== 'object') return;
    this.#state = 'open';
    this.#effects.push({ kind: 'up' });
  }

  #lost(detail: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#effects.push({ kind: 'down', detail });
  }
}
