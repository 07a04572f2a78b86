import { type CoapMessage, Code, contentFormat, uriPath, uriQuery } from '@reeve/coap';
import { ContentFormat, parseRegisterQuery, parseUpdateQuery } from '@reeve/lwm2m';
import type { RegistrationId } from '../ids.ts';
import { type Decoder, decodeSend, type Registered } from './decoder.ts';
import type { Check } from './handshake-facts.ts';
import type { ExchangeRef, LinkUp, SessionInfo } from './port.ts';
import { isFetch, readFetch } from './transfers.ts';

/** What is known of a request beside what it says. */
export interface Facts {
  readonly at: number;
  readonly session: SessionInfo;
  readonly record?: number | undefined;
  readonly exchange: ExchangeRef;
}

type Refused = Extract<LinkUp, { kind: 'refused' }>;
type Register = Extract<LinkUp, { kind: 'register' }>;
type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** A request of a device: a message for the capabilities, or the code to refuse it with at once. */
export type Read =
  | { readonly kind: 'message'; readonly message: LinkUp }
  | { readonly kind: 'refused'; readonly code: number; readonly refused?: Refused };

/**
 * Reads a request on the registration interface, or a Send (LwM2M Transport §6.4.3, §6.4.5).
 *
 * @param registered the registration that the session is tied to
 */
export function readRequest(
  message: CoapMessage,
  facts: Facts,
  registered: Registered | undefined,
  decoder: Decoder,
): Read {
  const path = uriPath(message);
  if (isFetch(message)) return registered ? readFetch(message, facts) : { kind: 'refused', code: Code.NotFound };
  if (path[0] === 'dp' && path.length === 1) return readSend(message, facts, registered, decoder);
  if (path[0] !== 'rd' || path.length > 2) return { kind: 'refused', code: Code.NotFound };
  const id = path[1];
  if (id === undefined || id === '') {
    return message.code === Code.Post
      ? readRegister(message, facts, decoder)
      : { kind: 'refused', code: Code.MethodNotAllowed };
  }
  const registrationId = id as RegistrationId;
  if (message.code === Code.Post) return readUpdate(message, registrationId, facts, decoder);
  if (message.code === Code.Delete)
    return { kind: 'message', message: { ...facts, kind: 'deregister', registrationId } };
  return { kind: 'refused', code: Code.MethodNotAllowed };
}

/** What is wrong with a Send that is refused, by the code that refuses it. */
const SEND_FAULTS: Readonly<Record<number, string>> = {
  [Code.NotFound]: 'it names an object, or a device behind it, that it has not registered',
  [Code.UnsupportedContentFormat]: 'its content format is none that a Send may have',
};

/** A Send without a registration is 4.04, so that the device registers. */
function readSend(message: CoapMessage, facts: Facts, registered: Registered | undefined, decoder: Decoder): Read {
  if (message.code !== Code.Post) return { kind: 'refused', code: Code.MethodNotAllowed };
  if (!registered) return refuse(facts, Code.NotFound, 'stale-registration', 'Send: there is no registration');
  const { registrationId } = registered;
  const read = decodeSend(registered, message, facts.at, (prefix) => decoder.behind(registrationId, prefix));
  if (!read.ok) {
    const fault = SEND_FAULTS[read.code] ?? 'its content can not be read, or is not of values alone';
    return refuse(facts, read.code, 'malformed', `Send: ${fault}`);
  }
  const { own, behind } = read.sent;
  const plain = { kind: 'send', registrationId, body: own, ...facts } as const;
  if (behind.size === 0) return { kind: 'message', message: plain };
  const others = Array.from(behind, ([of, body]) => ({ registrationId: of, body }));
  return { kind: 'message', message: { ...plain, behind: others } };
}

function readRegister(message: CoapMessage, facts: Facts, decoder: Decoder): Read {
  const query = parseRegisterQuery(uriQuery(message));
  if (!query.ok) {
    const check = query.error.code === Code.PreconditionFailed ? 'version' : 'malformed';
    return refuse(facts, query.error.code, check, `Register: ${query.error.detail}`);
  }
  const { endpoint, lifetime, version, binding, queueMode, sms, profileId, extra } = query;
  const format = contentFormat(message);
  if (format !== undefined && format !== ContentFormat.linkFormat) {
    return refuse(facts, Code.UnsupportedContentFormat, 'malformed', `Register: content format ${format}`, endpoint);
  }
  const offer = decoder.offerOf(message.payload);
  if (typeof offer === 'string') return refuse(facts, Code.BadRequest, 'malformed', `Register: ${offer}`, endpoint);
  const said = { lifetime, version, binding, queueMode, offer, extra: withoutNulls(extra) };
  const register: Writable<Register> = { kind: 'register', ...said, ...facts };
  if (endpoint !== undefined) register.endpoint = endpoint;
  if (sms !== undefined) register.sms = sms;
  if (profileId !== undefined) register.profileId = profileId;
  return { kind: 'message', message: register };
}

function readUpdate(message: CoapMessage, registrationId: RegistrationId, facts: Facts, decoder: Decoder): Read {
  const { at, session, record, exchange } = facts;
  const plain = { kind: 'update', registrationId, at, session, record, exchange } as const;
  const parameters = uriQuery(message);
  // Most say nothing but that the device is there.
  if (parameters.length === 0 && message.payload.length === 0) return { kind: 'message', message: plain };
  const query = parseUpdateQuery(parameters);
  if (!query.ok) return refuse(facts, query.error.code, 'malformed', `Update: ${query.error.detail}`);
  // Some clients send the list without a content format.
  const offer = message.payload.length === 0 ? undefined : decoder.offerOf(message.payload);
  if (typeof offer === 'string') return refuse(facts, Code.BadRequest, 'malformed', `Update: ${offer}`);
  const { lifetime, binding, queueMode, sms, profileId } = query;
  return {
    kind: 'message',
    message: {
      ...plain,
      ...(lifetime === undefined ? {} : { lifetime }),
      ...(binding === undefined ? {} : { binding }),
      ...(queueMode === undefined ? {} : { queueMode }),
      ...(sms === undefined ? {} : { sms }),
      ...(profileId === undefined ? {} : { profileId }),
      ...(offer === undefined ? {} : { offer }),
    },
  };
}

const NO_TEXTS: Readonly<Record<string, string>> = Object.freeze({});

function withoutNulls(extra: Readonly<Record<string, string | null>>): Readonly<Record<string, string>> {
  const entries = Object.entries(extra);
  return entries.length === 0 ? NO_TEXTS : Object.fromEntries(entries.map(([name, value]) => [name, value ?? '']));
}

/** A refusal with a line for the operator. */
export function refuse({ at, session }: Facts, code: number, check: Check, detail: string, endpoint?: string): Read {
  return {
    kind: 'refused',
    code,
    refused: {
      kind: 'refused',
      at,
      address: session.address,
      ingress: session.ingress,
      check,
      detail,
      ...(session.identity === undefined ? {} : { identity: session.identity }),
      ...(endpoint === undefined ? {} : { endpoint }),
    },
  };
}
