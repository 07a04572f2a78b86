import { Code } from '@reeve/coap';
import type { LinkOperation, RequestOutcome } from '../link/port.ts';
import type { Requests } from '../link/requests.ts';
import type { Device } from '../registry/fleet.ts';
import { type QuirkBook, showsQuirk } from '../registry/quirks.ts';
import { type Pieces, piecesOf } from './pieces.ts';
import { isSuccess } from './steps.ts';

type Answered = Extract<RequestOutcome, { kind: 'answered' }>;

/** What a device leaves out of a whole as well: what is not there, or not to be read. */
const LEFT_OUT: ReadonlySet<number> = new Set([Code.NotFound, Code.MethodNotAllowed, Code.Unauthorized]);

/**
 * Performs operations as each device can be asked. What it turns out not to be able to do as a whole is asked for in
 * pieces, at once and from then on, and the answers are joined.
 */
export class Performer {
  readonly #requests: Pick<Requests, 'perform'>;
  readonly #quirks: QuirkBook;

  constructor(requests: Pick<Requests, 'perform'>, quirks: QuirkBook) {
    this.#requests = requests;
    this.#quirks = quirks;
  }

  /** The requests that an operation takes on a device, by what is known of it. */
  requestsFor(device: Device, operation: LinkOperation): readonly LinkOperation[] {
    const pieces = piecesOf(operation, device.registration?.objects ?? []);
    return pieces && this.#quirks.has(device, pieces.quirk) ? pieces.operations : [operation];
  }

  /** Resolves in every case; never rejects. */
  async perform(device: Device, operation: LinkOperation): Promise<RequestOutcome> {
    const pieces = piecesOf(operation, device.registration?.objects ?? []);
    if (!pieces) return this.#requests.perform(device, operation);
    const { quirk } = pieces;
    if (!this.#quirks.has(device, quirk)) {
      const outcome = await this.#requests.perform(device, operation);
      if (!showsQuirk(quirk, outcome)) return outcome;
      // Of a FETCH that is only acknowledged the next one would take as long again.
      if (quirk.kind === 'no-fetch') this.#quirks.suspect(device, quirk);
    }
    return this.#inPieces(device, pieces);
  }

  /** Asks for one piece after the other, until one is not answered or fails in a way that the whole would not. */
  async #inPieces(device: Device, { quirk, operations }: Pieces): Promise<RequestOutcome> {
    const answers: Answered[] = [];
    for (const operation of operations) {
      const outcome = await this.#requests.perform(device, operation);
      if (!isPart(outcome)) return outcome;
      answers.push(outcome);
    }
    const read = answers.filter(({ code }) => isSuccess(code));
    const [first] = answers;
    if (read.length === 0 && first) return { ...first, requests: answers.length };
    // If one of them is not to be read at all, that is what the whole may have been refused for.
    if (answers.every(({ code }) => code !== Code.MethodNotAllowed)) this.#quirks.prove(device, quirk);
    const bodies = read.flatMap(({ body }) => (body.kind === 'records' ? [body] : []));
    const records = bodies.flatMap((body) => body.records);
    const truncated = bodies.some((body) => body.truncated);
    const body = { kind: 'records', records, truncated } as const;
    return { kind: 'answered', code: Code.Content, body, requests: answers.length };
  }
}

function isPart(outcome: RequestOutcome): outcome is Answered {
  if (outcome.kind !== 'answered') return false;
  return isSuccess(outcome.code) ? outcome.body.kind !== 'undecodable' : LEFT_OUT.has(outcome.code);
}
