import { DEFAULT_LIMITS } from '@reeve/coap';
import { carrierOf, type Device } from '../registry/fleet.ts';
import { awakeMsOf } from '../registry/reach.ts';
import type { BootstrapLinkOperation } from './bootstrap-port.ts';
import type { LinkDown, LinkOperation, RequestOutcome, RequestRef, SessionId } from './port.ts';

/** Requests under way over one session, those of the devices behind a gateway together: half of what CoAP takes. */
const AT_ONCE = DEFAULT_LIMITS.requestsPerPeer / 2;

/** What waits for its turn over a session; what begins and ends observations goes when nothing else does. */
interface Line {
  readonly others: (() => void)[];
  readonly observing: (() => void)[];
}

/** What was sent and has no outcome yet. */
interface Asked {
  readonly settle: (outcome: RequestOutcome) => void;
  /** Whose line it takes a place in; absent for one that takes none. */
  readonly carrier: Device | undefined;
}

/** Requests to devices that wait for their outcome: one promise each, resolved by the link's `outcome` message. */
export class Requests {
  readonly #asked = new Map<RequestRef, Asked>();
  readonly #send: (message: LinkDown) => void;
  /** The last request to each device in queue mode that is under way or waits for the one before it. */
  readonly #turns = new WeakMap<Device, Promise<RequestOutcome>>();
  /** What waits for any other device, and those behind it, to which as much as may be is under way. */
  readonly #lines = new WeakMap<Device, Line>();
  #last = 0;

  constructor(send: (message: LinkDown) => void) {
    this.#send = send;
  }

  get size(): number {
    return this.#asked.size;
  }

  /**
   * Sends an operation through the device's session. Resolves in every case; never rejects. A device in queue mode gets
   * one request after the other, each for as long as it is awake, and nothing more once it left one unanswered (LwM2M
   * Core §6.4.1).
   */
  perform(device: Device, operation: LinkOperation): Promise<RequestOutcome> {
    const carrier = carrierOf(device);
    if (carrier.registration?.queueMode !== 1) return this.#inLine(carrier, device, operation);
    const before = this.#turns.get(carrier);
    const outcome = before
      ? before.then(() => this.#performAwake(device, operation))
      : this.#performAwake(device, operation);
    this.#turns.set(carrier, outcome);
    void outcome.then(() => {
      if (this.#turns.get(carrier) === outcome) this.#turns.delete(carrier);
    });
    return outcome;
  }

  async #performAwake(device: Device, operation: LinkOperation): Promise<RequestOutcome> {
    const carrier = carrierOf(device);
    const { lastHeard } = carrier;
    if (lastHeard === 'unanswered') return { kind: 'not-sent', reason: 'the device sleeps' };
    const outcome = await this.#perform(device, operation);
    if (outcome.kind === 'timeout' && carrier.lastHeard === lastHeard) carrier.lastHeard = 'unanswered';
    return outcome;
  }

  /** The link would refuse what is too much, as if the device could not be reached. */
  #inLine(carrier: Device, device: Device, operation: LinkOperation): Promise<RequestOutcome> {
    const { underWay = 0 } = carrier;
    if (underWay < AT_ONCE) {
      carrier.underWay = underWay + 1;
      return this.#perform(device, operation, carrier);
    }
    const line = this.#lines.get(carrier) ?? { others: [], observing: [] };
    this.#lines.set(carrier, line);
    const isOfObserving = operation.kind === 'observe' || operation.kind === 'cancel-observe';
    const waiting = isOfObserving ? line.observing : line.others;
    return new Promise<void>((resolve) => waiting.push(resolve)).then(() => this.#perform(device, operation, carrier));
  }

  /** There is room for one more. */
  #leave(carrier: Device): void {
    const { underWay = 0 } = carrier;
    const line = underWay === AT_ONCE ? this.#lines.get(carrier) : undefined;
    const next = line?.others.shift() ?? line?.observing.shift();
    if (next) next();
    else carrier.underWay = underWay - 1;
  }

  /** @param carrier whose line it has a place in, if it is in one */
  #perform(device: Device, operation: LinkOperation, carrier?: Device): Promise<RequestOutcome> {
    const { session } = carrierOf(device);
    if (!session) {
      if (carrier) this.#leave(carrier);
      return Promise.resolve({ kind: 'not-sent', reason: 'the device has no live session' });
    }
    const message = { kind: 'perform', request: this.#next(), sessionId: session.sessionId, operation } as const;
    const awakeMs = awakeMsOf(device);
    const behind = device.gateway && device.registration?.registrationId;
    // Of most devices there is no more to say.
    if (awakeMs === undefined && behind === undefined) return this.#ask(message, carrier);
    const how = { ...(awakeMs === undefined ? {} : { awakeMs }), ...(behind === undefined ? {} : { behind }) };
    return this.#ask({ ...message, ...how }, carrier);
  }

  /** Sends an operation over a session on the bootstrap interface. Resolves in every case; never rejects. */
  bootstrap(sessionId: SessionId, operation: BootstrapLinkOperation): Promise<RequestOutcome> {
    return this.#ask({ kind: 'bootstrap', request: this.#next(), sessionId, operation });
  }

  #next(): RequestRef {
    this.#last += 1;
    return this.#last as RequestRef;
  }

  #ask(message: Extract<LinkDown, { kind: 'perform' | 'bootstrap' }>, carrier?: Device): Promise<RequestOutcome> {
    return new Promise((settle) => {
      this.#asked.set(message.request, { settle, carrier });
      this.#send(message);
    });
  }

  settle(request: RequestRef, outcome: RequestOutcome): void {
    const asked = this.#asked.get(request);
    if (!asked) return;
    this.#asked.delete(request);
    if (asked.carrier) this.#leave(asked.carrier);
    asked.settle(outcome);
  }
}
