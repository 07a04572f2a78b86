import { encodeCbor, unwrapBytes } from './cbor.ts';
import { Challenge } from './challenge.ts';
import type { SecurityContext } from './context.ts';

/** Bytes of each random part of an ID context: ID1, R2 and R3 (RFC 8613 Appendix B.2). */
const PART_BYTES = 8;

type Random = (n: number) => Uint8Array;

/** ID contexts of this procedure travel as CBOR byte strings, so that they are told from others. */
const wrapIdContext = (idContext: Uint8Array): Uint8Array => encodeCbor(idContext);

/** The keys that a request says it has. */
export type Proposal =
  | { readonly kind: 'current'; readonly context: SecurityContext }
  /** Request #1: is answered under keys of both sides, and goes no further: it may be a replay. */
  | {
      readonly kind: 'first';
      readonly context: SecurityContext;
      readonly answer: SecurityContext;
      readonly kidContext: Uint8Array;
    }
  /** Request #2: it has what we made for this procedure, so it is fresh, and its keys are new. */
  | { readonly kind: 'second'; readonly context: SecurityContext };

/** The server's side of deriving a context anew (RFC 8613 Appendix B.2). */
export class RederivationServer {
  readonly #base: SecurityContext;
  /** R2: good for one new context, and the same for every request #1 from one address until then. */
  readonly #ours: Challenge;

  constructor(base: SecurityContext, random: Random) {
    this.#base = base;
    this.#ours = new Challenge(random);
  }

  /**
   * The keys for a kid context: those in use, or what this procedure leads to; undefined if it is neither.
   *
   * @param current the keys in use
   * @param from where the request came from
   */
  proposal(kidContext: Uint8Array | undefined, current: SecurityContext, from: string): Proposal | undefined {
    const inUse = current.parameters.idContext;
    if (!kidContext || (inUse && same(kidContext, inUse))) return { kind: 'current', context: current };
    const idContext = unwrapBytes(kidContext);
    if (!idContext || idContext.length === 0) return undefined;
    if (inUse && same(idContext, inUse)) return { kind: 'current', context: current };
    const sent = this.#ours.sentTo(from);
    if (sent && startsWith(idContext, sent)) {
      return { kind: 'second', context: this.#base.withIdContext(idContext) };
    }
    const ours = this.#ours.valueFor(from);
    return {
      kind: 'first',
      context: this.#base.withIdContext(idContext),
      answer: this.#base.withIdContext(Buffer.concat([ours, idContext])),
      kidContext: wrapIdContext(ours),
    };
  }

  /** Request #2 was verified: what was made for it is used up. */
  settled(): void {
    this.#ours.renew();
  }
}

/** Response #1, if it is opened by these keys. */
interface FirstAnswer {
  readonly context: SecurityContext;
  /** It was: the keys of request #2 and all that follow. */
  readonly proceed: () => SecurityContext;
}

/** The client's side: which keys its requests have, from the first one of a process to the keys that stay. */
export class RederivationClient {
  readonly #base: SecurityContext;
  readonly #random: Random;
  #state:
    | { readonly kind: 'needed' }
    | { readonly kind: 'first'; readonly id1: Uint8Array }
    | { readonly kind: 'second'; readonly kidContext: Uint8Array }
    | { readonly kind: 'settled' } = { kind: 'needed' };

  constructor(base: SecurityContext, random: Random) {
    this.#base = base;
    this.#random = random;
  }

  /** Whether the next request has to be request #1: also when there was one that nobody answered. */
  get isDue(): boolean {
    return this.#state.kind === 'needed' || this.#state.kind === 'first';
  }

  /** The kid context of requests under the present keys; none once the server has answered under them. */
  get kidContext(): Uint8Array | undefined {
    return this.#state.kind === 'second' ? this.#state.kidContext : undefined;
  }

  /** Keys of request #1. */
  begin(): { readonly context: SecurityContext; readonly kidContext: Uint8Array } {
    const id1 = Uint8Array.from(this.#random(PART_BYTES));
    this.#state = { kind: 'first', id1 };
    return { context: this.#base.withIdContext(id1), kidContext: wrapIdContext(id1) };
  }

  /** What a response with a kid context would be, if it is response #1. */
  answered(kidContext: Uint8Array): FirstAnswer | undefined {
    const theirs = unwrapBytes(kidContext);
    if (this.#state.kind !== 'first' || !theirs) return undefined;
    return {
      context: this.#base.withIdContext(Buffer.concat([theirs, this.#state.id1])),
      proceed: () => {
        const idContext = Buffer.concat([theirs, this.#random(PART_BYTES)]);
        this.#state = { kind: 'second', kidContext: wrapIdContext(idContext) };
        return this.#base.withIdContext(idContext);
      },
    };
  }

  /** A response under the new keys was verified. */
  confirmed(): void {
    if (this.#state.kind === 'second') this.#state = { kind: 'settled' };
  }

  /** The server does not know the present keys. */
  lost(): void {
    this.#state = { kind: 'needed' };
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return bytes.length > prefix.length && same(bytes.subarray(0, prefix.length), prefix);
}
