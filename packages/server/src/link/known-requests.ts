import type { RequestSpec } from '@reeve/coap';
import { Shared } from '../shared.ts';

/** What is asked for are the few paths that rules and people want. */
const MAX_KNOWN = 256;

/** The CoAP request of an operation, or why there is none in words. */
export type Encoded =
  | { readonly ok: true; readonly request: RequestSpec }
  | { readonly ok: false; readonly reason: string };

/**
 * What need not be worked out anew for each device that offers the same as another one: content formats to ask for a path
 * in, and the requests that only ask. To make one takes as long as all else that is done to send it.
 */
export class KnownRequests {
  readonly #formats = new Shared<readonly number[]>(MAX_KNOWN);
  readonly #requests = new Shared<Encoded>(MAX_KNOWN);

  formatsOf(path: string, make: () => readonly number[]): readonly number[] {
    return this.#formats.of(path, make);
  }

  /** @param format that is asked for */
  requestOf(kind: string, path: string, format: number | undefined, make: () => Encoded): Encoded {
    return this.#requests.of(`${kind} ${format} ${path}`, make);
  }

  /** Definitions have changed, and with them the formats. */
  forget(): void {
    this.#formats.clear();
    this.#requests.clear();
  }
}
