import {
  type CoapMessage,
  Code,
  contentFormat,
  formatCode,
  isSuccess,
  Option,
  option,
  type RequestId,
  type RequestOutcome,
  type RequestSpec,
  type ResponseSpec,
} from '@reeve/coap';
import { ContentFormat, type EnablerVersion, formatLinks } from '@reeve/lwm2m';
import { type BootstrapAccount, bootstrapAccounts } from '../accounts.ts';
import type { Creatable } from '../creation.ts';
import type { DeviceEvent } from '../effects.ts';
import type { DeviceModel } from '../model.ts';
import { DEFAULT_RETRY, retryDelay } from '../registration.ts';
import { inconsistencyOf } from './consistency.ts';
import { isFinish, serveBootstrap } from './serving.ts';
import { Staging } from './staging.ts';
import { BOOTSTRAP_TRANSITIONS, type BootstrapEvent, type BootstrapState, type BootstrapStateKind } from './states.ts';

/** What a bootstrapper acts through. */
export interface BootstrapWire {
  /** Sets up a link to the bootstrap server. */
  connect(account: BootstrapAccount, now: number): void;
  close(now: number): void;
  request(spec: RequestSpec, now: number): RequestId;
  emit(event: DeviceEvent): void;
  /** @throws when an instance of object 0 among these accounts can not be a link */
  tryLink(securityId: number, accounts: DeviceModel): void;
  /** The device has its new accounts. */
  applied(now: number): void;
  /** It is over, with new accounts or with the old ones: the client goes on by what it has. */
  over(now: number): void;
}

interface BootstrapperOptions {
  readonly endpoint: string;
  readonly creatable: Creatable;
  readonly enabler: EnablerVersion;
  /** How long the bootstrap server may say nothing, ms: EXCHANGE_LIFETIME (OMA Core §6.1.7.7). */
  readonly patienceMs: number;
  /** How long a lost answer to Finish can be asked for again, ms. */
  readonly lingerMs: number;
}

/** Failed bootstraps are tried again in the sequence that is the default for registrations, day after day. */
const RETRY = { ...DEFAULT_RETRY, sequenceCount: Number.POSITIVE_INFINITY };

/** The format in which the client wants to be written (`pct`). */
const PREFERRED_FORMAT = ContentFormat.senmlCbor;

/** How a server may refuse a Bootstrap-Request because it does not know `pct`, or the format. */
const FORMAT_REFUSALS: ReadonlySet<number> = new Set([Code.BadRequest, Code.BadOption, Code.UnsupportedContentFormat]);

/** Gets a client its accounts from a bootstrap server: acts out the states of `states.ts` (OMA Core §6.1). */
export class Bootstrapper {
  readonly #options: BootstrapperOptions;
  readonly #model: DeviceModel;
  readonly #wire: BootstrapWire;
  #state: BootstrapState = { kind: 'idle' };
  /** What was written so far, while a bootstrap is under way. */
  #staging: Staging | undefined;
  /** The server's answer for the current state will be the outcome of this request. */
  #pending: RequestId | undefined;
  /** Failed bootstraps in a row. */
  #failures = 0;
  /** Whether the Bootstrap-Request named the preferred format. */
  #namedFormat = false;

  constructor(options: BootstrapperOptions, model: DeviceModel, wire: BootstrapWire) {
    this.#options = options;
    this.#model = model;
    this.#wire = wire;
  }

  get state(): BootstrapState {
    return this.#state;
  }

  /** The account that it works with; without one there is no bootstrap. */
  get account(): BootstrapAccount | undefined {
    return bootstrapAccounts(this.#model)[0];
  }

  /** Something happened; `detail` says why to people. */
  handle(event: BootstrapEvent, now: number, detail = ''): void {
    const from = this.#state.kind;
    const to = BOOTSTRAP_TRANSITIONS[from][event];
    if (to !== from) this.#enter(to, now, event, detail);
    else if (to === 'provisioning' && event === 'asked')
      this.#state = { kind: to, until: now + this.#options.patienceMs };
  }

  /** Answers a request of the bootstrap server; `settled` is to be called once the answer is on its way. */
  serve(message: CoapMessage, now: number): { readonly response: ResponseSpec; readonly settled: () => void } {
    const staging = this.#staging;
    const { kind } = this.#state;
    if (staging === undefined || (kind !== 'requesting' && kind !== 'provisioning')) {
      return this.#refuse(Code.BadRequest, 'no bootstrap is under way');
    }
    this.handle('asked', now);
    if (isFinish(message)) {
      const reason = this.#inconsistency(staging);
      if (reason !== undefined) return this.#refuse(Code.NotAcceptable, reason);
      return { response: { code: Code.Changed }, settled: () => this.handle('finished', now) };
    }
    const outcome = serveBootstrap(message, staging, this.#options.enabler);
    return outcome.ok ? { response: outcome.response, settled: () => {} } : this.#refuse(outcome.code, outcome.detail);
  }

  /** How a request ended; those that no state waits for any more are ignored. */
  outcome(request: RequestId, outcome: RequestOutcome, now: number): void {
    if (request !== this.#pending) return;
    this.#pending = undefined;
    if (outcome.kind !== 'response') {
      if (outcome.kind !== 'cancelled') this.handle('refused', now, 'the bootstrap server does not answer');
      return;
    }
    const { message } = outcome;
    if (this.#state.kind === 'packing') this.#unpack(message, now);
    else if (isSuccess(message.code)) this.handle('accepted', now);
    // An older server may not know the format that we would like best.
    else if (this.#namedFormat && FORMAT_REFUSALS.has(message.code)) this.#request(now, false);
    else this.handle('refused', now, `the bootstrap server answered ${formatCode(message.code)}`);
  }

  tick(now: number): void {
    const due = this.nextWakeAt();
    if (due !== undefined && now >= due) this.handle('due', now, 'the bootstrap server says nothing more');
  }

  nextWakeAt(): number | undefined {
    return 'until' in this.#state ? this.#state.until : undefined;
  }

  /** A registration proves that the accounts serve: the next failure is the first again. */
  succeeded(): void {
    this.#failures = 0;
  }

  #enter(kind: BootstrapStateKind, now: number, event: BootstrapEvent, detail: string): void {
    const { account } = this;
    switch (kind) {
      case 'idle':
        this.#state = { kind };
        this.#pending = undefined;
        this.#staging = undefined;
        this.#wire.close(now);
        if (event !== 'stop') this.#wire.over(now);
        break;
      case 'holdingOff':
        this.#state = { kind, until: now + (account?.holdOff ?? 0) * 1000 };
        if (this.#state.until === now) this.handle('due', now);
        break;
      case 'connecting':
        this.#state = { kind };
        if (account === undefined) {
          this.handle('down', now, 'there is no bootstrap account');
          break;
        }
        this.#wire.emit({ kind: 'bootstrapping', uri: account.uri });
        this.#wire.connect(account, now);
        break;
      case 'packing':
        this.#state = { kind };
        this.#staging = new Staging(this.#model, this.#options.creatable);
        if (this.#options.enabler === '1.2') this.#requestPack(now);
        else this.handle('refused', now);
        break;
      case 'requesting':
        this.#state = { kind };
        this.#staging = new Staging(this.#model, this.#options.creatable);
        this.#request(now, this.#options.enabler !== '1.0');
        break;
      case 'provisioning':
        this.#state = { kind, until: now + this.#options.patienceMs };
        break;
      case 'finishing':
        this.#state = { kind, until: now + this.#options.lingerMs };
        this.#pending = undefined;
        this.#staging?.apply();
        this.#staging = undefined;
        this.#wire.applied(now);
        this.#wire.emit({ kind: 'bootstrapped' });
        break;
      case 'waiting':
        this.#fail(now, detail);
        break;
    }
  }

  #fail(now: number, detail: string): void {
    this.#failures++;
    const until = now + (retryDelay(this.#failures, RETRY) ?? RETRY.sequenceDelay) * 1000;
    this.#state = { kind: 'waiting', until };
    this.#pending = undefined;
    this.#staging = undefined;
    this.#wire.close(now);
    this.#wire.emit({ kind: 'bootstrapFailed', detail, retryAt: until });
  }

  #request(now: number, namingFormat: boolean): void {
    this.#namedFormat = namingFormat;
    const queries = [`ep=${this.#options.endpoint}`, ...(namingFormat ? [`pct=${PREFERRED_FORMAT}`] : [])];
    const options = [option(Option.UriPath, 'bs'), ...queries.map((query) => option(Option.UriQuery, query))];
    this.#pending = this.#wire.request({ code: Code.Post, options }, now);
  }

  #requestPack(now: number): void {
    const { path, oscore } = this.account ?? {};
    const kept = [path, oscore].flatMap((target) => (target === undefined ? [] : [{ target, params: [] }]));
    const queries = [`ep=${this.#options.endpoint}`, `acc=${formatLinks(kept)}`];
    const options = [
      option(Option.UriPath, 'bspack'),
      option(Option.Accept, PREFERRED_FORMAT),
      ...queries.map((query) => option(Option.UriQuery, query)),
    ];
    this.#pending = this.#wire.request({ code: Code.Get, options }, now);
  }

  /** A pack that is not good, and any other answer than 2.05, lead to a Bootstrap-Request (OMA Core §6.1.7.8). */
  #unpack(message: CoapMessage, now: number): void {
    const staging = this.#staging;
    const format = contentFormat(message) ?? PREFERRED_FORMAT;
    const good =
      message.code === Code.Content &&
      staging?.unpack(format, message.payload).ok === true &&
      this.#inconsistency(staging) === undefined;
    this.handle(good ? 'accepted' : 'refused', now);
  }

  #inconsistency({ accounts }: Staging): string | undefined {
    return inconsistencyOf(accounts, (securityId) => this.#wire.tryLink(securityId, accounts));
  }

  #refuse(code: number, detail: string): ReturnType<Bootstrapper['serve']> {
    this.#wire.emit({ kind: 'refused', code, detail });
    return { response: { code }, settled: () => {} };
  }
}
