import type { RequestSpec } from '@reeve/coap';
import { Shared } from '../shared.ts';

/** What is asked for are the few paths that rules and people want. */
const MAX_KNOWN = 256;

/** The CoAP request of an operation, or why there is none in words. */
export type Encoded =
  | { readonly ok: true; readonly request: RequestSpec }
  | { readonly ok: false; readonly reason: string };

/** What asks for a path, by the content format that it is asked for in. */
type Asking = Map<number | undefined, Encoded>;

/** What is known of a path. */
interface Asked {
  formats: readonly number[] | undefined;
  readonly read: Asking;
  readonly observe: Asking;
}

/**
 * What need not be worked out anew for each device that offers the same as another one: content formats to ask for a path
 * in, and the requests that only ask. To make one takes as long as all else that is done to send it.
 */
export class KnownRequests {
  readonly #paths = new Shared<Asked>(MAX_KNOWN);

  formatsOf(path: string, make: () => readonly number[]): readonly number[] {
    const asked = this.#at(path);
    asked.formats ??= make();
    return asked.formats;
  }

  /** @param format that is asked for */
  requestOf(kind: 'read' | 'observe', path: string, format: number | undefined, make: () => Encoded): Encoded {
    const asking = this.#at(path)[kind];
    const known = asking.get(format);
    if (known) return known;
    const made = make();
    asking.set(format, made);
    return made;
  }

  /** Definitions have changed, and with them the formats. */
  forget(): void {
    this.#paths.clear();
  }

  #at(path: string): Asked {
    return this.#paths.of(path, nothingAsked);
  }
}

function nothingAsked(): Asked {
  return { formats: undefined, read: new Map(), observe: new Map() };
}
