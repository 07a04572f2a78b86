import {
  type CoapOption,
  Code,
  formatCode,
  isSuccess,
  locationPath,
  Option,
  option,
  type RequestId,
  type RequestOutcome,
  type RequestSpec,
} from '@reeve/coap';
import { ContentFormat } from '@reeve/lwm2m';
import type { ClientEvent } from './effects.ts';
import { ENABLER } from './enabler.ts';
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
  emit(event: ClientEvent): void;
}

/** What the server was told of the device. */
interface Told {
  readonly lifetime: number;
  /** The object list. */
  readonly listing: string;
}

/** Keeps a device registered: acts out the states of `registration.ts` (OMA Core §6.2). */
export class Registrar {
  readonly #endpoint: string;
  readonly #settings: ServerSettings;
  readonly #model: DeviceModel;
  readonly #wire: Wire;
  #state: RegistrationState = { kind: 'idle' };
  /** Where the server keeps the registration. */
  #location: readonly string[] = [];
  /** The server's answer for the current state will be the outcome of this request. */
  #pending: RequestId | undefined;
  /** Failed attempts in a row. */
  #failures = 0;
  #told: Told | undefined;
  #telling: Told | undefined;
  /** An Update is wanted although one is under way. */
  #again = false;

  constructor(endpoint: string, settings: ServerSettings, model: DeviceModel, wire: Wire) {
    this.#endpoint = endpoint;
    this.#settings = settings;
    this.#model = model;
    this.#wire = wire;
  }

  get state(): RegistrationState {
    return this.#state;
  }

  /** Something happened; `detail` says why to people. */
  handle(event: RegistrationEvent, now: number, detail = ''): void {
    const from = this.#state.kind;
    const to = TRANSITIONS[from][event];
    if (event === 'trigger' && from !== 'registered') this.#again = true;
    if (to !== from) this.#enter(to, now, event, detail);
  }

  /** How a request ended; those that no state waits for any more are ignored. */
  outcome(request: RequestId, outcome: RequestOutcome, now: number): void {
    if (request !== this.#pending) return;
    this.#pending = undefined;
    switch (outcome.kind) {
      case 'response': {
        const { code } = outcome.message;
        const refusal = `the server answered ${formatCode(code)}`;
        if (isSuccess(code)) this.#succeed(locationPath(outcome.message), now);
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
    if (this.#state.kind === 'waiting') return this.#state.until;
    return this.#state.kind === 'registered' ? this.#state.updateAt : undefined;
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
        this.#state = { kind, location };
        this.#pending = this.#wire.request({ code: Code.Delete, options: uriPathOf(location) }, now);
        break;
    }
  }

  #fail(now: number, detail: string): void {
    this.#failures++;
    const delay = retryDelay(this.#failures, this.#settings.retry);
    const retryAt = delay === undefined ? undefined : now + delay * 1000;
    this.#state = retryAt === undefined ? { kind: 'failed' } : { kind: 'waiting', until: retryAt };
    if (retryAt === undefined) this.#failures = 0;
    this.#pending = undefined;
    this.#wire.close(now);
    this.#wire.emit({ kind: 'failed', detail, retryAt });
  }

  #settle(before: RegistrationStateKind, now: number): void {
    const location = this.#location;
    this.#failures = 0;
    const delay = updateDelay(this.#settings.lifetime);
    this.#state = { kind: 'registered', location, updateAt: delay === undefined ? undefined : now + delay * 1000 };
    this.#wire.emit({ kind: before === 'registering' ? 'registered' : 'updated', location });
    const present = this.#present();
    const again = this.#again || present.lifetime !== this.#told?.lifetime || present.listing !== this.#told.listing;
    this.#again = false;
    if (again) this.handle('trigger', now);
  }

  #register(now: number): void {
    this.#again = false;
    const telling = this.#present();
    this.#telling = telling;
    const queries = [`ep=${this.#endpoint}`, `lt=${telling.lifetime}`, `lwm2m=${ENABLER}`, 'b=U'];
    const options = [
      ...uriPathOf(['rd']),
      option(Option.ContentFormat, ContentFormat.linkFormat),
      ...queries.map((query) => option(Option.UriQuery, query)),
    ];
    this.#pending = this.#wire.request({ code: Code.Post, options, payload: Buffer.from(telling.listing) }, now);
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

  #present(): Told {
    return { lifetime: this.#settings.lifetime, listing: this.#model.listing };
  }
}

function uriPathOf(segments: readonly string[]): CoapOption[] {
  return segments.map((segment) => option(Option.UriPath, segment));
}
