import { Code } from '@reeve/coap';
import type { WrittenPiece } from '@reeve/contract';
import type { LinkOperation, RequestOutcome } from '../link/port.ts';
import type { Requests } from '../link/requests.ts';
import { carrierOf, type Device } from '../registry/fleet.ts';
import { type Quirk, type QuirkBook, showsQuirk } from '../registry/quirks.ts';
import { howUnanswered } from '../registry/reach.ts';
import { commandLimits } from './limits.ts';
import { describeOutcome, isSuccess, type Performed } from './outcome.ts';
import { endsInPieces, type Pieces, piecesOf } from './pieces.ts';

type Answered = Extract<RequestOutcome, { kind: 'answered' }>;
type Reads = Extract<Pieces, { kind: 'reads' }>;
type Writes = Extract<Pieces, { kind: 'writes' }>;

interface Options {
  readonly requests: Pick<Requests, 'perform'>;
  readonly quirks: QuirkBook;
  /** The device did not answer: nothing is sent to it until it is heard again. */
  readonly lost: (device: Device, how: 'timeout' | 'not-sent') => void;
}

/** What a device leaves out of a whole as well: what is not there, or not to be read. */
const LEFT_OUT: ReadonlySet<number> = new Set([Code.NotFound, Code.MethodNotAllowed, Code.Unauthorized]);

/**
 * Performs operations as each device can be asked. What it turns out not to be able to do as a whole is done in pieces,
 * at once and from then on, and the answers are joined.
 */
export class Performer {
  readonly #o: Options;

  constructor(options: Options) {
    this.#o = options;
  }

  /** The requests that an operation takes on a device, by what is known of it. */
  requestsFor(device: Device, operation: LinkOperation): readonly LinkOperation[] {
    const pieces = piecesOf(operation, device.registration?.objects ?? []);
    if (!pieces || !this.#o.quirks.has(device, pieces.quirk)) return [operation];
    return pieces.kind === 'reads' ? pieces.operations : pieces.operations.map((piece) => piece.operation);
  }

  /** Resolves in every case; never rejects. */
  async perform(device: Device, operation: LinkOperation): Promise<Performed> {
    const { quirks } = this.#o;
    const pieces = piecesOf(operation, device.registration?.objects ?? []);
    if (!pieces) return this.#ask(device, operation);
    const { quirk } = pieces;
    if (quirks.has(device, quirk)) return this.#inPieces(device, pieces, true);
    const whole = await this.#ask(device, operation, quirk);
    if (!endsInPieces(pieces, whole)) return whole;
    // Of a method that is only acknowledged the next request would take as long again.
    if (whole.kind === 'timeout') quirks.suspect(device, quirk);
    const joined = await this.#inPieces(device, pieces, showsQuirk(quirk, whole));
    // The beginning of an answer is better than none.
    if (isDone(whole) && !isDone(joined)) return whole;
    // Although no piece has left, the whole has, and the device may have acted on it.
    return whole.kind === 'timeout' && joined.kind === 'not-sent' && !joined.pieces ? whole : joined;
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

  /** @param speaks whether something spoke for the quirk, so that it is proved when the pieces are done */
  async #inPieces(device: Device, pieces: Pieces, speaks: boolean): Promise<Performed> {
    const { performed, proved } =
      pieces.kind === 'reads' ? await this.#read(device, pieces) : await this.#write(device, pieces);
    if (speaks && proved) this.#o.quirks.prove(device, pieces.quirk);
    return performed;
  }

  /** Asks for one piece after the other, until one is not answered or fails in a way that the whole would not. */
  async #read(device: Device, { operations }: Reads): Promise<Joined> {
    const answers: Answered[] = [];
    let size = 0;
    for (const operation of operations) {
      // The device says how many there are, and how long each is.
      if (size >= commandLimits.joinedSize) break;
      const outcome = await this.#ask(device, operation);
      if (!isPart(outcome)) return { performed: outcome, proved: false };
      answers.push(outcome);
      size += sizeOf(outcome);
    }
    const read = answers.filter(({ code }) => isSuccess(code));
    const [first] = answers;
    if (read.length === 0 && first) return { performed: { ...first, requests: answers.length }, proved: false };
    const bodies = read.flatMap(({ body }) => (body.kind === 'records' ? [body] : []));
    const records = bodies.flatMap((body) => body.records);
    const truncated = answers.length < operations.length || bodies.some((body) => body.truncated);
    const body = { kind: 'records', records, truncated } as const;
    const performed: Performed = { kind: 'answered', code: Code.Content, body, requests: answers.length };
    return { performed, proved: answers.every(isPermitted) };
  }

  /** Writes one value after the other, whatever becomes of each, until nobody knows what became of one. */
  async #write(device: Device, { operations }: Writes): Promise<Joined> {
    const pieces: WrittenPiece[] = operations.map(({ path }) => ({ path, written: false, text: 'not sent' }));
    const outcomes: RequestOutcome[] = [];
    for (const [index, { path, operation }] of operations.entries()) {
      const outcome = await this.#ask(device, operation);
      pieces[index] = { path, written: isDone(outcome), text: describeOutcome(outcome) };
      if (howUnanswered(outcome)) {
        const nothingLeft = index === 0 && outcome.kind === 'not-sent';
        return { performed: nothingLeft ? outcome : { ...outcome, pieces }, proved: false };
      }
      outcomes.push(outcome);
    }
    const failed = outcomes.find((outcome) => !isDone(outcome));
    const joined = failed ?? ({ kind: 'answered', code: Code.Changed, body: { kind: 'empty' } } as const);
    return { performed: { ...joined, pieces }, proved: outcomes.some(isDone) && outcomes.every(isPermitted) };
  }
}

/** What the pieces come to, and whether they prove what they were made for. */
interface Joined {
  readonly performed: Performed;
  readonly proved: boolean;
}

function isDone(outcome: RequestOutcome): boolean {
  return outcome.kind === 'answered' && isSuccess(outcome.code);
}

/** Not so, it may be what the whole was refused for. */
function isPermitted(outcome: RequestOutcome): boolean {
  return outcome.kind !== 'answered' || outcome.code !== Code.MethodNotAllowed;
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
