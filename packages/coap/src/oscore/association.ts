import { decodeMessage, encodeMessage } from '../codec.ts';
import { codeKind } from '../codes.ts';
import type { CoapMessage } from '../message.ts';
import { Asking } from './asking.ts';
import { oscoreLimits, RecentMessages } from './bindings.ts';
import type { OscoreParameters } from './context.ts';
import { Keys, type NumberRange } from './keys.ts';
import type { Port, Protected, Standing } from './port.ts';
import type { OscoreFault } from './refusal.ts';
import { ReplayWindow } from './replay-window.ts';
import { Serving } from './serving.ts';

/** What an association is made with. */
export interface OscoreAssociationOptions {
  readonly parameters: OscoreParameters;
  /** The ID context that the last derivation came to, if there was one. */
  readonly idContext?: Uint8Array;
  readonly numbers: NumberRange;
  /**
   * What is known of the numbers that the peer used: nothing at all, so that its first request has to prove that it is
   * fresh (RFC 8613 Appendix B.1.2); or that there are none, because the parameters are new.
   */
  readonly received: 'unknown' | 'none';
  /** Derive new keys with the first request of ours, and whenever the peer lost them (RFC 8613 Appendix B.2). */
  readonly rederive?: boolean;
  /** n random bytes. */
  readonly random: (n: number) => Uint8Array;
}

/** What an association wants done, or wants known. */
export type OscoreEffect =
  | { readonly kind: 'send'; readonly datagram: Uint8Array }
  /** A plain message for the CoAP layer. */
  | ({ readonly kind: 'received'; readonly datagram: Uint8Array } & Standing)
  /**
   * Numbers below `upTo` must be stored as used before `reserved` allows them, and the ID context as the one of the
   * keys in use; without one they are those of the parameters. `renews`: they are new, and what came under them waits.
   */
  | { readonly kind: 'reserve'; readonly upTo: number; readonly idContext?: Uint8Array; readonly renews?: true }
  | { readonly kind: 'refused'; readonly fault: OscoreFault; readonly detail: string };

/**
 * Object security between CoAP and its transport, for one peer (RFC 8613): plain datagrams of the CoAP layer go out
 * protected, protected ones come in plain. Both roles at once: requests go either way. It does no I/O; what it wants it
 * leaves as effects. Messages without a code, by which CoAP acknowledges and resets, are not protected (§4.2).
 */
export class OscoreAssociation {
  readonly #keys: Keys;
  readonly #recent = new RecentMessages();
  readonly #asking: Asking;
  readonly #serving: Serving;
  /** Plain datagrams that wait for a number. */
  #waiting: Uint8Array[] = [];
  /** Plain datagrams that came under keys that are not stored yet. */
  #held: ({ readonly datagram: Uint8Array } & Standing)[] | undefined;
  /** What a plain datagram goes out as: the same bytes when it is sent again. */
  readonly #wire = new WeakMap<Uint8Array, Uint8Array>();
  #effects: OscoreEffect[] = [];

  /** @throws RangeError for parameters that have an `oscoreObstacle` */
  constructor({ parameters, idContext, numbers, received, rederive = false, random }: OscoreAssociationOptions) {
    this.#keys = new Keys(parameters, idContext, numbers, received === 'none' ? new ReplayWindow() : undefined);
    const port: Port = {
      keys: this.#keys,
      recent: this.#recent,
      random,
      emit: (datagram) => this.#emit(datagram),
      deliver: (message, standing) => this.#deliver(message, standing),
      refuse: (fault, detail) => this.#effects.push({ kind: 'refused', fault, detail }),
      forget: () => {
        this.#asking.forget();
        this.#serving.forget();
        this.#waiting = [];
      },
      settle: () => {
        this.#held = [];
        this.#reserve(true);
      },
    };
    this.#asking = new Asking(port, rederive, (plain, wire) => this.#wire.set(plain, wire));
    this.#serving = new Serving(port);
  }

  /** The effects since the last call, in order. */
  drain(): readonly OscoreEffect[] {
    return this.#effects.splice(0);
  }

  /** Whether a response with this token can be for us. */
  expects(token: Uint8Array): boolean {
    return this.#asking.expects(token);
  }

  /** Answers a `reserve`, with what that said; one of former keys counts for nothing. */
  reserved(upTo: number, idContext?: Uint8Array): void {
    if (Buffer.compare(idContext ?? new Uint8Array(0), this.#idContext ?? new Uint8Array(0)) !== 0) return;
    this.#keys.numbers.reserved(upTo);
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const each of held) this.#effects.push({ kind: 'received', ...each });
    for (const datagram of this.#waiting.splice(0)) this.send(datagram);
  }

  /** Protects a datagram of the CoAP layer. One that is sent again has to be the same object. */
  send(plain: Uint8Array): void {
    const sent = this.#wire.get(plain);
    if (sent) {
      this.#emit(sent);
      return;
    }
    const decoded = decodeMessage(plain);
    if (!decoded.ok) return;
    const wire = this.#protect(decoded.message, plain);
    if (wire instanceof Uint8Array) {
      this.#wire.set(plain, wire);
      this.#emit(wire);
    } else if (wire === 'later') {
      this.#wait(plain);
    }
    this.#reserve();
  }

  /**
   * A datagram came from the peer.
   *
   * @param message what it says
   * @param from names the address that it came from, if there are several
   */
  receive(datagram: Uint8Array, message: CoapMessage, from = ''): void {
    const known = this.#recent.find(datagram);
    if (known) {
      if (known.answer) this.#emit(known.answer);
      return;
    }
    switch (codeKind(message.code)) {
      case 'empty':
        this.#deliver({ ...message, messageId: this.#asking.ownId(message) }, { newest: false, proved: false });
        break;
      case 'request':
        this.#serving.receive(datagram, message, from);
        break;
      case 'response':
        this.#asking.receive(datagram, message);
        break;
      case 'reserved':
        break;
    }
    this.#reserve();
  }

  /** The ID context of the keys in use, where it is not the parameters' own. */
  get #idContext(): Uint8Array | undefined {
    const { context, base } = this.#keys;
    return context === base ? undefined : context.parameters.idContext;
  }

  #protect(message: CoapMessage, plain: Uint8Array): Protected {
    switch (codeKind(message.code)) {
      case 'request':
        return this.#asking.request(message, plain);
      case 'response':
        return this.#serving.respond(message);
      default:
        this.#recent.answered(message.messageId, plain);
        return plain;
    }
  }

  #reserve(renews = false): void {
    const upTo = this.#keys.numbers.wants();
    if (upTo === undefined) return;
    const idContext = this.#idContext;
    this.#effects.push({
      kind: 'reserve',
      upTo,
      ...(idContext ? { idContext: Uint8Array.from(idContext) } : {}),
      ...(renews ? { renews } : {}),
    });
  }

  #wait(plain: Uint8Array): void {
    if (this.#waiting.includes(plain)) return;
    if (this.#waiting.length < oscoreLimits.waiting) this.#waiting.push(plain);
    else this.#effects.push({ kind: 'refused', fault: 'exhausted', detail: 'no number is reserved to send with' });
  }

  #emit(datagram: Uint8Array): void {
    this.#effects.push({ kind: 'send', datagram });
  }

  #deliver(message: CoapMessage, standing: Standing): void {
    const received = { datagram: encodeMessage(message), ...standing };
    if (!this.#held) this.#effects.push({ kind: 'received', ...received });
    else if (this.#held.length < oscoreLimits.held) this.#held.push(received);
    else this.#effects.push({ kind: 'refused', fault: 'exhausted', detail: 'new keys are not stored yet' });
  }
}
