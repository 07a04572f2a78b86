import { Code } from '@reeve/coap';
import type { LinkOperation, RequestOutcome } from '../link/port.ts';
import type { Requests } from '../link/requests.ts';
import { carrierOf, type Device } from '../registry/fleet.ts';
import { type Quirk, type QuirkBook, showsQuirk } from '../registry/quirks.ts';
import { howUnanswered } from '../registry/reach.ts';
import { commandLimits } from './limits.ts';
import { type Pieces, piecesOf } from './pieces.ts';
import { isSuccess } from './steps.ts';

type Answered = Extract<RequestOutcome, { kind: 'answered' }>;

interface Options {
  readonly requests: Pick<Requests, 'perform'>;
  readonly quirks: QuirkBook;
  /** The device did not answer: nothing is sent to it until it is heard again. */
  readonly lost: (device: Device, how: 'timeout' | 'not-sent') => void;
}

/** What a device leaves out of a whole as well: what is not there, or not to be read. */
const LEFT_OUT: ReadonlySet<number> = new Set([Code.NotFound, Code.MethodNotAllowed, Code.Unauthorized]);

/**
 * Performs operations as each device can be asked. What it turns out not to be able to do as a whole is asked for in
 * pieces, at once and from then on, and the answers are joined.
 */
export class Performer {
  readonly #o: Options;

  constructor(options: Options) {
    this.#o = options;
  }

  /** The requests that an operation takes on a device, by what is known of it. */
  requestsFor(device: Device, operation: LinkOperation): readonly LinkOperation[] {
    const pieces = piecesOf(operation, device.registration?.objects ?? []);
    return pieces && this.#o.quirks.has(device, pieces.quirk) ? pieces.operations : [operation];
  }

  /** Resolves in every case; never rejects. */
  async perform(device: Device, operation: LinkOperation): Promise<RequestOutcome> {
    const { quirks } = this.#o;
    const pieces = piecesOf(operation, device.registration?.objects ?? []);
    if (!pieces) return this.#ask(device, operation);
    const { quirk } = pieces;
    if (quirks.has(device, quirk)) return this.#inPieces(device, pieces);
    const whole = await this.#ask(device, operation, quirk);
    if (!showsQuirk(quirk, whole)) return whole;
    // Of a FETCH that is only acknowledged the next one would take as long again.
    if (quirk.kind === 'no-fetch') quirks.suspect(device, quirk);
    const joined = await this.#inPieces(device, pieces);
    // The beginning of an answer is better than none.
    return isRead(whole) && !isRead(joined) ? whole : joined;
  }

  /** @param quirk that an answer may be missing for, without the device being gone */
  async #ask(device: Device, operation: LinkOperation, quirk?: Quirk): Promise<RequestOutcome> {
    const carrier = carrierOf(device);
    const { session, lastHeard } = carrier;
    const outcome = await this.#o.requests.perform(device, operation);
    const how = howUnanswered(outcome);
    // If it was heard since, or over another session, it is there.
    const silent = carrier.session === session && carrier.lastHeard === lastHeard;
    if (how && silent && !(quirk && showsQuirk(quirk, outcome))) this.#o.lost(device, how);
    return outcome;
  }

  /** Asks for one piece after the other, until one is not answered or fails in a way that the whole would not. */
  async #inPieces(device: Device, { quirk, operations }: Pieces): Promise<RequestOutcome> {
    const answers: Answered[] = [];
    let size = 0;
    for (const operation of operations) {
      // The device says how many there are, and how long each is.
      if (size >= commandLimits.joinedSize) break;
      const outcome = await this.#ask(device, operation);
      if (!isPart(outcome)) return outcome;
      answers.push(outcome);
      size += sizeOf(outcome);
    }
    const read = answers.filter(({ code }) => isSuccess(code));
    const [first] = answers;
    if (read.length === 0 && first) return { ...first, requests: answers.length };
    // If one of them is not to be read at all, that is what the whole may have been refused for.
    if (answers.every(({ code }) => code !== Code.MethodNotAllowed)) this.#o.quirks.prove(device, quirk);
    const bodies = read.flatMap(({ body }) => (body.kind === 'records' ? [body] : []));
    const records = bodies.flatMap((body) => body.records);
    const truncated = answers.length < operations.length || bodies.some((body) => body.truncated);
    const body = { kind: 'records', records, truncated } as const;
    return { kind: 'answered', code: Code.Content, body, requests: answers.length };
  }
}

function isRead(outcome: RequestOutcome): boolean {
  return outcome.kind === 'answered' && isSuccess(outcome.code);
}

function isPart(outcome: RequestOutcome): outcome is Answered {
  if (outcome.kind !== 'answered') return false;
  return isSuccess(outcome.code) ? outcome.body.kind !== 'undecodable' : LEFT_OUT.has(outcome.code);
}

/** Characters of what an answer says, and eight for each number. */
function sizeOf({ body }: Answered): number {
  if (body.kind !== 'records') return 0;
  return body.records.reduce((sum, { path, stored: { value } }) => {
    return sum + path.length + (typeof value === 'string' ? value.length : 8);
  }, 0);
}
