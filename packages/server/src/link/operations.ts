import {
  block1,
  type CoapEffect,
  type CoapEndpoint,
  type CoapMessage,
  type RequestOutcome as CoapOutcome,
  Code,
  ObservationScope,
  type RequestId,
  type RequestSpec,
} from '@reeve/coap';
import { ContentFormat, ROOT_PATH } from '@reeve/lwm2m';
import type { Millis, RegistrationId } from '../ids.ts';
import type { Decoder, Registered } from './decoder.ts';
import { formatsOf, isCompositeOperation, requestOf } from './encoder.ts';
import type { LinkBody, LinkDown, LinkOperation, LinkUp, RequestOutcome, RequestRef } from './port.ts';
import type { Session, SessionTable } from './sessions.ts';

interface Options {
  readonly coap: CoapEndpoint;
  readonly sessions: SessionTable;
  readonly decoder: Decoder;
  readonly wallClock: () => Millis;
  readonly deliver: (message: LinkUp) => void;
}

/** A request to a device that is under way. */
interface Pending {
  readonly request: RequestRef;
  readonly operation: LinkOperation;
  readonly session: Session;
  /** Of the device that it is for, if that is behind the gateway whose session this is. */
  readonly behind: RegistrationId | undefined;
  /** Transmission parameters of its own. */
  readonly parameters: RequestSpec['parameters'] | undefined;
  /** Content formats to ask in, the present one first. */
  readonly formats: readonly number[];
}

/** Operations on devices: typed requests down, one outcome up for each. */
export class Operations {
  readonly #o: Options;
  readonly #pending = new Map<RequestId, Pending>();

  constructor(options: Options) {
    this.#o = options;
  }

  /** How many are under way. */
  get size(): number {
    return this.#pending.size;
  }

  perform(message: Extract<LinkDown, { kind: 'perform' }>, now: number): void {
    const { request, sessionId, behind, awakeMs, operation } = message;
    const { decoder, sessions } = this.#o;
    const session = sessions.get(sessionId);
    const registered = session && this.#registeredOf({ session, behind });
    if (!session || !registered) {
      const reason = session ? 'the session belongs to no registration' : 'the session is over';
      this.#settle(request, { kind: 'not-sent', reason });
      return;
    }
    const formats = formatsOf(operation, registered, decoder.refused(registered.registrationId));
    const parameters = awakeMs === undefined ? undefined : { awakeMs };
    this.#ask({ request, operation, session, behind, formats, parameters }, registered, now);
  }

  /** The registration of the device that a request is for. */
  #registeredOf({ session, behind }: Pick<Pending, 'session' | 'behind'>): Registered | undefined {
    return behind === undefined ? session.registered : session.registered && this.#o.decoder.get(behind);
  }

  #ask(pending: Pending, registered: Registered, now: number): void {
    const { coap } = this.#o;
    const { request, operation, session, formats, parameters } = pending;
    const encoded = requestOf(operation, registered, formats[0]);
    if (!encoded.ok) {
      this.#settle(request, { kind: 'unencodable', reason: encoded.reason });
      return;
    }
    if (operation.kind === 'cancel-observe') {
      const token = Buffer.from(operation.token, 'hex');
      const { registrationId } = session.registered ?? registered;
      coap.cancelObservation(ObservationScope(registrationId), token, now);
    }
    const spec = parameters ? { ...encoded.request, parameters } : encoded.request;
    this.#pending.set(coap.request(session.peer, spec, now), pending);
  }

  /** A request of ours has come to its end. */
  ended({ request: id, outcome, transmitted, peer }: Extract<CoapEffect, { kind: 'outcome' }>, now: number): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    const { request, operation, session, formats } = pending;
    const [format] = formats;
    const registered = this.#registeredOf(pending);
    if (format !== undefined && registered && outcome.kind === 'response' && refusesFormat(outcome.message.code)) {
      this.#refused(registered, operation, format);
      if (formats.length > 1) {
        this.#ask({ ...pending, formats: formats.slice(1) }, registered, now);
        return;
      }
    }
    const result = this.#resultOf(outcome, transmitted, pending, registered);
    this.#settle(request, result, this.#o.sessions.get(peer) ? session : undefined);
  }

  #settle(request: RequestRef, outcome: RequestOutcome, session?: Session): void {
    const at = this.#o.wallClock();
    this.#o.deliver({ kind: 'outcome', at, session: session?.info, record: session?.record, request, outcome });
  }

  /** Remembers what the device can't do, here and beyond a restart. */
  #refused({ registrationId }: Registered, operation: LinkOperation, format: number): void {
    if (!tellsOfDevice(operation, format) || !this.#o.decoder.refuse(registrationId, format)) return;
    this.#o.deliver({ kind: 'format-refused', registrationId, format });
  }

  #resultOf(
    outcome: CoapOutcome,
    transmitted: boolean,
    { operation, session, formats: [format] }: Pending,
    registered: Registered | undefined,
  ): RequestOutcome {
    const { decoder, wallClock } = this.#o;
    const path = 'path' in operation ? operation.path : ROOT_PATH;
    if (outcome.kind === 'response') {
      const { message, observing, truncated } = outcome;
      if (!registered) return { kind: 'answered', code: message.code, body: bodyOfNobody(message) };
      const body = decoder.decode(registered, path, message, wallClock(), truncated);
      const part = operation.kind === 'write-part' ? block1(message) : undefined;
      if (part) return { kind: 'answered', code: message.code, body, szx: part.szx };
      if (!observing) return { kind: 'answered', code: message.code, body };
      const token = Buffer.from(message.token).toString('hex');
      const listed = isCompositeOperation(operation) && format !== undefined ? { format } : {};
      const over = session.registered ?? registered;
      decoder.observe(registered.registrationId, { path, token, ...listed }, over.registrationId);
      return { kind: 'answered', code: message.code, body, token, ...listed };
    }
    if (outcome.kind === 'reset') return { kind: 'reset' };
    if (outcome.kind === 'timeout' && outcome.acknowledged) return { kind: 'timeout', acknowledged: true };
    if (transmitted) return { kind: 'timeout' };
    if (outcome.kind !== 'refused') return { kind: 'not-sent', reason: 'the session ended' };
    const { reason } = outcome;
    return isOfObservations(reason)
      ? { kind: 'unencodable', reason: 'too much is observed already' }
      : { kind: 'not-sent', reason: `limit ${reason}` };
  }
}

/** Whether a limit is one that stays reached, whatever becomes of the session. */
function isOfObservations(reason: Extract<CoapOutcome, { kind: 'refused' }>['reason']): boolean {
  return reason === 'observationsPerScope' || reason === 'observations';
}

/** What an answer says whose device has gone since it was asked: it did what it answers, and nobody knows its values. */
function bodyOfNobody({ payload }: CoapMessage): LinkBody {
  return payload.length === 0 ? { kind: 'empty' } : { kind: 'undecodable', detail: 'the registration is over' };
}

/**
 * Whether a refusal says something of the device. Text and opaque are refused for what a resource is, and plain SenML for
 * a list of paths by devices that know it well for values.
 */
function tellsOfDevice(operation: LinkOperation, format: number): boolean {
  if (format === ContentFormat.text || format === ContentFormat.opaque) return false;
  return !isCompositeOperation(operation) || ETCH.has(format);
}

const ETCH: ReadonlySet<number> = new Set([ContentFormat.senmlEtchCbor, ContentFormat.senmlEtchJson]);

/** Devices refuse a content format by either code, whichever way the content goes. */
function refusesFormat(code: number): boolean {
  return code === Code.NotAcceptable || code === Code.UnsupportedContentFormat;
}
