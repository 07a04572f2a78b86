import { createHash } from 'node:crypto';
import {
  type CoapOption,
  Code,
  formatCode,
  isSuccess,
  locationPath,
  Option,
  option,
  optionUint,
  type RequestId,
  type RequestOutcome,
  type RequestSpec,
} from '@reeve/coap';
import { ContentFormat, ENABLER_VERSIONS, type EnablerVersion } from '@reeve/lwm2m';
import type { ServerEvent } from './effects.ts';
import type { DeviceModel } from './model.ts';
import type { ServerSettings } from './objects/server.ts';
import {
  type RegistrationEvent,
  type RegistrationState,
  type RegistrationStateKind,
  retryDelay,
  TRANSITIONS,
  updateDelay,
} from './registration.ts';

/** What a registrar acts through. */
export interface Wire {
  connect(now: number): void;
  close(now: number): void;
  request(spec: RequestSpec, now: number): RequestId;
  /** Over what the server is reached: UDP or TCP (OMA Core §6.2.1.2). */
  binding(): 'U' | 'T';
  emit(event: ServerEvent): void;
  /** The server took a Register. */
  registered(now: number): void;
  /** All attempts of all sequences failed. */
  gaveUp(now: number): void;
}

/** What a device says of itself in every Register. */
export interface RegistrantOptions {
  readonly endpoint: string;
  /** The newest version of LwM2M to offer. */
  readonly newest: EnablerVersion;
  readonly queueMode: boolean;
  /** Whether to name a profile, so that a server that knows it needs no object list (1.2). */
  readonly profile: boolean;
  /** Where it is reached by SMS. */
  readonly smsNumber?: string | undefined;
}

/** A server that says that it is busy for longer is tried again all the same. */
const LONGEST_BUSY_S = 86_400;

/** What the server was told of the device. */
interface Told {
  readonly lifetime: number;
  /** The object list. */
  readonly listing: string;
}

/** Keeps a device registered: acts out the states of `registration.ts` (OMA Core §6.2). */
export class Registrar {
  readonly #options: RegistrantOptions;
  readonly #settings: ServerSettings;
  readonly #model: DeviceModel;
  readonly #wire: Wire;
  #state: RegistrationState = { kind: 'idle' };
  /** Where the server keeps the registration. */
  #location: readonly string[] = [];
  /** The server's answer for the current state will be the outcome of this request. */
  #pending: RequestId | undefined;
  /** When the server is to be tried again at the earliest, ms. */
  #notBefore = 0;
  /** Failed attempts in a row. */
  #failures = 0;
  #told: Told | undefined;
  #telling: Told | undefined;
  /** An Update is wanted although one is under way. */
  #again = false;
  #version: EnablerVersion;
  /** Whether the server takes the profile instead of the object list, for all we know. */
  #profileTaken = true;

  constructor(options: RegistrantOptions, settings: ServerSettings, model: DeviceModel, wire: Wire) {
    this.#options = options;
    this.#version = options.newest;
    this.#settings = settings;
    this.#model = model;
    this.#wire = wire;
  }

  get state(): RegistrationState {
    return this.#state;
  }

  /** The version of LwM2M that server and device speak, as far as they have agreed. */
  get version(): EnablerVersion {
    return this.#version;
  }

  /** Something happened; `detail` says why to people. */
  handle(event: RegistrationEvent, now: number, detail = ''): void {
    const from = this.#state.kind;
    const to = TRANSITIONS[from][event];
    if (event === 'start' && to !== from) this.#version = this.#options.newest;
    if (event === 'trigger' && from !== 'registered') this.#again = true;
    if (to !== from) this.#enter(to, now, event, detail);
  }

  /** The server is told what it was told otherwise, if there is anything. A request under way is waited for. */
  tellChanges(now: number): void {
    if (this.#state.kind === 'registered' && this.#hasNews()) this.handle('trigger', now);
  }

  /** How a request ended; those that no state waits for any more are ignored. */
  outcome(request: RequestId, outcome: RequestOutcome, now: number): void {
    if (request !== this.#pending) return;
    this.#pending = undefined;
    switch (outcome.kind) {
      case 'response': {
        const { code } = outcome.message;
        const refusal = `the server answered ${formatCode(code)}`;
        // RFC 7252 §5.9.3.4: how long a busy server wants to be left alone, in seconds.
        const busy = code === Code.ServiceUnavailable ? optionUint(outcome.message, Option.MaxAge) : undefined;
        this.#notBefore = now + Math.min(busy ?? 0, LONGEST_BUSY_S) * 1000;
        if (isSuccess(code)) this.#succeed(locationPath(outcome.message), now);
        else if (this.#state.kind === 'registering' && this.#offerLess(code)) this.#register(now);
        else if (code === Code.NotFound || code === Code.BadRequest) this.handle('unknown', now, refusal);
        else this.handle('refused', now, refusal);
        break;
      }
      case 'timeout':
      case 'reset':
        this.handle('unanswered', now, 'the server does not answer');
        break;
      case 'refused':
        this.handle('refused', now, `the request was never sent: ${outcome.reason}`);
        break;
      default:
        break;
    }
  }

  tick(now: number): void {
    const due = this.nextWakeAt();
    if (due !== undefined && now >= due) this.handle('due', now);
  }

  nextWakeAt(): number | undefined {
    if (this.#state.kind === 'waiting' || this.#state.kind === 'disabled') return this.#state.until;
    return this.#state.kind === 'registered' ? this.#state.updateAt : undefined;
  }

  /**
   * A Register was refused: 4.12 asks for an older version of LwM2M, 4.09 for the object list (OMA Core §6.2.1).
   *
   * @returns whether there is something less to offer
   */
  #offerLess(code: number): boolean {
    if (code === Code.PreconditionFailed) {
      const older = ENABLER_VERSIONS[ENABLER_VERSIONS.indexOf(this.#version) - 1];
      this.#version = older ?? this.#version;
      return older !== undefined;
    }
    const listed = !this.#namesProfileOnly();
    if (code === Code.Conflict) this.#profileTaken = false;
    return code === Code.Conflict && !listed;
  }

  #succeed(location: readonly string[], now: number): void {
    if (this.#state.kind === 'registering') this.#location = location;
    this.#told = this.#telling;
    this.handle('success', now);
  }

  #enter(kind: RegistrationStateKind, now: number, event: RegistrationEvent, detail: string): void {
    const before = this.#state.kind;
    const location = this.#location;
    switch (kind) {
      case 'idle':
        this.#state = { kind };
        this.#pending = undefined;
        this.#wire.close(now);
        if (before === 'deregistering') this.#wire.emit({ kind: 'deregistered', acknowledged: event === 'success' });
        break;
      case 'connecting':
        this.#state = { kind };
        this.#wire.connect(now);
        break;
      case 'registering':
        this.#state = { kind };
        if (event === 'unknown') this.#wire.emit({ kind: 'forgotten', location });
        this.#register(now);
        break;
      case 'disabled':
        this.#state = { kind, until: now + this.#settings.disableTimeout * 1000 };
        this.#pending = undefined;
        this.#wire.close(now);
        this.#wire.emit(this.#state);
        break;
      case 'waiting':
      case 'failed':
        this.#fail(now, detail);
        break;
      case 'registered':
        this.#settle(before, now);
        break;
      case 'updating':
      case 'resuming':
        this.#state = { kind, location };
        this.#update(now);
        break;
      case 'reconnecting':
        this.#state = { kind, location };
        this.#wire.emit({ kind, detail });
        this.#wire.connect(now);
        break;
      case 'deregistering':
      case 'disabling':
        this.#state = { kind, location };
        this.#pending = this.#wire.request({ code: Code.Delete, options: uriPathOf(location) }, now);
        break;
    }
  }

  #fail(now: number, detail: string): void {
    this.#failures++;
    const delay = retryDelay(this.#failures, this.#settings.retry);
    const retryAt = delay === undefined ? undefined : Math.max(now + delay * 1000, this.#notBefore);
    this.#state = retryAt === undefined ? { kind: 'failed' } : { kind: 'waiting', until: retryAt };
    if (retryAt === undefined) this.#failures = 0;
    this.#pending = undefined;
    this.#wire.close(now);
    this.#wire.emit({ kind: 'failed', detail, retryAt });
    if (retryAt === undefined) this.#wire.gaveUp(now);
  }

  #settle(before: RegistrationStateKind, now: number): void {
    const location = this.#location;
    this.#failures = 0;
    const delay = updateDelay(this.#settings.lifetime);
    this.#state = { kind: 'registered', location, updateAt: delay === undefined ? undefined : now + delay * 1000 };
    const fresh = before === 'registering';
    this.#wire.emit({ kind: fresh ? 'registered' : 'updated', location });
    if (fresh) this.#wire.registered(now);
    const again = this.#again || this.#hasNews();
    this.#again = false;
    if (again) this.handle('trigger', now);
  }

  #register(now: number): void {
    this.#again = false;
    const telling = this.#present();
    this.#telling = telling;
    const { endpoint, queueMode, smsNumber } = this.#options;
    const queries = [`ep=${endpoint}`, `lt=${telling.lifetime}`, `lwm2m=${this.#version}`];
    const binding = `b=${this.#wire.binding()}`;
    // In 1.0 queue mode is a letter of the binding.
    if (this.#version === '1.0') queries.push(queueMode ? `${binding}Q` : binding);
    else queries.push(binding, ...(queueMode ? ['Q'] : []));
    if (smsNumber !== undefined) queries.push(`sms=${smsNumber}`);
    if (this.#namesProfile()) queries.push(`pid=${profileId(telling.listing)}`);
    const list = this.#namesProfileOnly() ? undefined : telling.listing;
    const options = [
      ...uriPathOf(['rd']),
      ...(list === undefined ? [] : [option(Option.ContentFormat, ContentFormat.linkFormat)]),
      ...queries.map((query) => option(Option.UriQuery, query)),
    ];
    const payload = list === undefined ? {} : { payload: Buffer.from(list) };
    this.#pending = this.#wire.request({ code: Code.Post, options, ...payload }, now);
  }

  #namesProfile(): boolean {
    return this.#options.profile && this.#version === '1.2';
  }

  #namesProfileOnly(): boolean {
    return this.#namesProfile() && this.#profileTaken;
  }

  /** Says only what the server does not know yet. */
  #update(now: number): void {
    this.#again = false;
    const telling = this.#present();
    this.#telling = telling;
    const options = uriPathOf(this.#location);
    if (telling.lifetime !== this.#told?.lifetime) options.push(option(Option.UriQuery, `lt=${telling.lifetime}`));
    const listed = telling.listing === this.#told?.listing;
    if (!listed) options.push(option(Option.ContentFormat, ContentFormat.linkFormat));
    const spec = { code: Code.Post, options, ...(!listed && { payload: Buffer.from(telling.listing) }) };
    this.#pending = this.#wire.request(spec, now);
  }

  #hasNews(): boolean {
    const { lifetime, listing } = this.#present();
    return lifetime !== this.#told?.lifetime || listing !== this.#told.listing;
  }

  #present(): Told {
    return { lifetime: this.#settings.lifetime, listing: this.#model.listing(this.#version) };
  }
}

/**
 * The profile of a device with that object list: the first 64 bits of its SHA-256 (suite 5). There is no canonical form of
 * what is hashed, so a profile means something only between devices of one make and a server that has seen the list.
 */
function profileId(listing: string): string {
  return `5:${createHash('sha256').update(listing).digest('hex').slice(0, 16)}`;
}

function uriPathOf(segments: readonly string[]): CoapOption[] {
  return segments.map((segment) => option(Option.UriPath, segment));
}
