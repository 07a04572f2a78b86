import {
  block2,
  block2Option,
  blockBytes,
  Code,
  isSuccess,
  Option,
  option,
  optionUint,
  optionValue,
  type RequestId,
  type RequestOutcome,
  type RequestSpec,
} from '@reeve/coap';
import type { LwM2mPath } from '@reeve/lwm2m';
import type { ServerAddress } from '../effects.ts';
import { LIMITS } from '../limits.ts';
import { transportOf } from '../transports.ts';
import type { PackageFault } from './fault.ts';
import type { UpdateObject } from './update-object.ts';

/** How long after a failed attempt the next one comes, ms. */
const RETRY_MS = 10_000;
/** Size exponent of the parts that are asked for first; the server may answer with smaller ones. */
const LARGEST = 6;

/** A server that the client has an account of: packages there are fetched over the same link. */
export interface PackageSource {
  readonly address: ServerAddress;
  readonly isRegistered: boolean;
  request(spec: RequestSpec, now: number): RequestId;
}

interface PullerParts {
  readonly sources: () => readonly PackageSource[];
  /** The application is to fetch the rest of a package. */
  readonly hand: (path: LwM2mPath, uri: string, offset: number) => void;
  /** Something about an object has changed. */
  readonly changed: (path: LwM2mPath) => void;
}

/** How far the fetching of one package is. */
type Pull =
  | { readonly kind: 'asking'; readonly source: PackageSource; readonly request: RequestId }
  | { readonly kind: 'waiting'; readonly until: number }
  | { readonly kind: 'handed' };

interface Job {
  readonly object: UpdateObject;
  readonly uri: string;
  szx: number;
  failures: number;
  pull: Pull | undefined;
}

/**
 * Fetches packages (RFC 7959 §2.4): from a server that the client is registered at by itself, part by part and from
 * where it was when a link or a restart came between; from elsewhere the application does.
 */
export class Puller {
  readonly #objects: readonly UpdateObject[];
  readonly #parts: PullerParts;
  readonly #jobs = new Map<UpdateObject, Job>();

  constructor(objects: readonly UpdateObject[], parts: PullerParts) {
    this.#objects = objects;
    this.#parts = parts;
  }

  /** Begins what is to be fetched, goes on with what was, and drops what is wanted no more. @returns whether anything was asked for */
  pump(now: number): boolean {
    let asked = false;
    for (const object of this.#objects) {
      const { wanted } = object.intake;
      let job = this.#jobs.get(object);
      if (job !== undefined && (wanted === undefined || wanted.uri !== job.uri)) {
        this.#jobs.delete(object);
        job = undefined;
      }
      if (wanted === undefined) continue;
      if (job === undefined) {
        job = { object, uri: wanted.uri, szx: LARGEST, failures: 0, pull: undefined };
        this.#jobs.set(object, job);
      }
      if (job.pull !== undefined && (job.pull.kind !== 'waiting' || job.pull.until > now)) continue;
      asked = this.#next(job, now) || asked;
    }
    return asked;
  }

  /** What was asked of a server over the last link is not answered any more. */
  renew(source: PackageSource): void {
    for (const job of this.#jobs.values())
      if (job.pull?.kind === 'asking' && job.pull.source === source) job.pull = undefined;
  }

  /** When the next attempt is due, ms. */
  nextWakeAt(): number | undefined {
    const times = [...this.#jobs.values()].map(({ pull }) => (pull?.kind === 'waiting' ? pull.until : Infinity));
    const next = Math.min(...times, Infinity);
    return next === Infinity ? undefined : next;
  }

  /** A request to a server has ended. */
  outcome(source: PackageSource, request: RequestId, outcome: RequestOutcome, now: number): void {
    for (const job of this.#jobs.values()) {
      const { pull } = job;
      const asked = pull?.kind === 'asking' && pull.source === source && pull.request === request;
      if (asked) this.#answered(job, outcome, now);
    }
  }

  /** @returns whether anything was asked for */
  #next(job: Job, now: number): boolean {
    const { wanted } = job.object.intake;
    if (wanted === undefined) return false;
    const uri = new URL(wanted.uri);
    const source = this.#parts.sources().find(({ address }) => isSameServer(uri, new URL(address.to)));
    if (source === undefined) {
      job.pull = { kind: 'handed' };
      this.#parts.hand(job.object.instance.path, wanted.uri, wanted.offset);
      return true;
    }
    if (!source.isRegistered) return false;
    // Of what is not a whole number of parts the last one is asked for again.
    const num = Math.floor(wanted.offset / blockBytes(job.szx));
    const path = uri.pathname.split('/').slice(1).map(decodeURIComponent);
    const query = uri.search === '' ? [] : uri.search.slice(1).split('&').map(decodeURIComponent);
    const spec: RequestSpec = {
      code: Code.Get,
      options: [
        ...path.map((segment) => option(Option.UriPath, segment)),
        ...query.map((part) => option(Option.UriQuery, part)),
        block2Option({ num, more: false, szx: job.szx }),
      ],
      inParts: true,
    };
    job.pull = { kind: 'asking', source, request: source.request(spec, now) };
    return true;
  }

  #answered(job: Job, outcome: RequestOutcome, now: number): void {
    job.pull = undefined;
    const { intake, instance } = job.object;
    if (outcome.kind !== 'response' || outcome.message.code === Code.ServiceUnavailable) {
      if (++job.failures >= LIMITS.pullAttempts) intake.fail('connection-lost');
      else job.pull = { kind: 'waiting', until: now + RETRY_MS };
    } else if (!isSuccess(outcome.message.code)) {
      intake.fail(faultOf(outcome.message.code));
    } else {
      job.failures = 0;
      this.#take(job, outcome.message);
    }
    this.#parts.changed(instance.path);
  }

  #take(job: Job, message: Extract<RequestOutcome, { kind: 'response' }>['message']): void {
    const { intake } = job.object;
    const { wanted } = intake;
    if (wanted === undefined) return;
    const { num, more, szx } = block2(message) ?? { num: 0, more: false, szx: job.szx };
    job.szx = Math.min(job.szx, szx);
    const tag = Buffer.from(optionValue(message, Option.ETag) ?? []).toString('hex');
    if (wanted.tag !== tag) intake.fetchAnew(tag, optionUint(message, Option.Size2));
    const length = intake.wanted?.offset;
    const offset = num * blockBytes(szx);
    // Parts of two packages are never joined: after the first part of another one the rest is asked for from its start.
    if (length === undefined || offset > length) return;
    const fresh = message.payload.subarray(length - offset);
    if (fresh.length === 0 && more) intake.fail('connection-lost');
    else intake.fetched(fresh, !more);
  }
}

function isSameServer(one: URL, other: URL): boolean {
  const port = (uri: URL) => uri.port || String(transportOf(uri.href)?.port);
  return one.protocol === other.protocol && one.hostname === other.hostname && port(one) === port(other);
}

/** What it says of a package that its server refuses it. */
function faultOf(code: number): PackageFault {
  return code === Code.NotFound || code === Code.BadRequest || code === Code.Forbidden || code === Code.Unauthorized
    ? 'invalid-uri'
    : 'connection-lost';
}
