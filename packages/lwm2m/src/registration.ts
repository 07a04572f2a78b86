/** Query parameters of Register and Update (OMA Core §6.2.1, §6.2.2; Transport §6.4.3). */

import { type RequestResult, ResponseCode, reject } from './codes.ts';
import { encodeUtf8 } from './formats/content.ts';
import { LIMITS } from './limits.ts';
import { ENABLER_VERSIONS, type EnablerVersion } from './version.ts';

/** What Register and Update have in common. */
interface CommonQuery {
  /** Transport letters in the device's order, without Q: `U`, `UT` … */
  readonly binding?: string;
  readonly queueMode?: boolean;
  /** Seconds; 0 never expires. */
  readonly lifetime?: number;
  readonly sms?: string;
  /** One name, or several with commas between them. */
  readonly profileId?: string;
  /** Parameters that no version of LwM2M has, null for one without a value. */
  readonly extra: Readonly<Record<string, string | null>>;
}

export interface UpdateQuery extends CommonQuery {}

export interface RegisterQuery extends CommonQuery {
  /** Absent where the device leaves it to its credential (since 1.1). */
  readonly endpoint?: string;
  readonly version: EnablerVersion;
  readonly lifetime: number;
  readonly binding: string;
  readonly queueMode: boolean;
}

/** Lifetime of a 1.0 registration that names none, in seconds. */
const DEFAULT_LIFETIME_S = 86_400;

/** UDP, TCP, SMS, Non-IP, MQTT, HTTP; any combination and order is accepted, in every version. */
const BINDING = /^[UTSNMH]+$/;

const KNOWN = ['ep', 'lt', 'lwm2m', 'b', 'Q', 'sms', 'pid'] as const;
type Known = (typeof KNOWN)[number];

/**
 * Reads the Uri-Query options of a Register, in any order.
 *
 * Refused with 4.12 is an unknown version, and with 4.00 a missing mandatory, malformed or repeated parameter.
 * Unknown parameters are kept rather than refused, as deployed devices send their own.
 */
export function parseRegisterQuery(query: readonly string[]): RequestResult<RegisterQuery> {
  const parsed = parseQuery(query);
  if (!parsed.ok) return parsed;
  const { ep: endpoint, lwm2m } = parsed.params;
  const named = lwm2m ?? '1.0';
  const version = ENABLER_VERSIONS.find((known) => named === known || named.startsWith(`${known}.`));
  if (version === undefined) return reject(ResponseCode.preconditionFailed, `LwM2M version "${named}"`);
  const common = parseCommon(parsed);
  if (!common.ok) return common;
  const { binding = 'U', queueMode = false, lifetime, sms, profileId, extra } = common;

  if (endpoint === null || endpoint === '' || (endpoint === undefined && version === '1.0')) return missing('ep');
  if (endpoint !== undefined && !isEndpointName(endpoint)) {
    return reject(ResponseCode.badRequest, `ep must be up to ${LIMITS.endpointBytes} bytes of printable text`);
  }
  if (lifetime === undefined && version !== '1.0') return missing('lt');
  const said: Accepted<RegisterQuery> = {
    ok: true,
    version,
    binding,
    queueMode,
    lifetime: lifetime ?? DEFAULT_LIFETIME_S,
    extra,
  };
  if (sms !== undefined) said.sms = sms;
  if (profileId !== undefined) said.profileId = profileId;
  if (endpoint !== undefined) said.endpoint = endpoint;
  return said;
}

/** Reads the Uri-Query options of an Update: only what changed. */
export function parseUpdateQuery(query: readonly string[]): RequestResult<UpdateQuery> {
  const parsed = parseQuery(query);
  return parsed.ok ? parseCommon(parsed) : parsed;
}

/** What is said, while it is put together: a spread for each of what need not be said takes as long as all the rest. */
type Accepted<Query> = { ok: true } & { -readonly [Name in keyof Query]: Query[Name] };

/** Null for a parameter without a value. */
type Params = { [Name in Known]?: string | null };
type Extra = CommonQuery['extra'];

const NO_EXTRA: Extra = Object.freeze({});

interface Parsed {
  readonly params: Readonly<Params>;
  readonly extra: Extra;
}

function parseQuery(query: readonly string[]): RequestResult<Parsed> {
  if (query.length > LIMITS.queryParams) return reject(ResponseCode.badRequest, `${query.length} query parameters`);
  const params: Params = {};
  let extra: Map<string, string | null> | undefined;
  for (const part of query) {
    const equals = part.indexOf('=');
    const name = equals < 0 ? part : part.slice(0, equals);
    const value = equals < 0 ? null : part.slice(equals + 1);
    if (!isKnown(name)) extra = (extra ?? new Map<string, string | null>()).set(name, value);
    else if (params[name] !== undefined) return reject(ResponseCode.badRequest, `${name} twice`);
    else params[name] = value;
  }
  return { ok: true, params, extra: extra ? Object.fromEntries(extra) : NO_EXTRA };
}

function isKnown(name: string): name is Known {
  return (KNOWN as readonly string[]).includes(name);
}

function parseCommon({ params, extra }: Parsed): RequestResult<UpdateQuery> {
  const { lt, b, sms } = params;
  if (lt !== undefined && (lt === null || !/^\d{1,10}$/.test(lt))) {
    return reject(ResponseCode.badRequest, `lt "${lt}" is no number of seconds`);
  }
  // In 1.0 queue mode is a letter of the binding, later a parameter of its own; devices mix both.
  const withQ = b?.includes('Q') === true;
  const letters = (withQ ? b?.replaceAll('Q', '') : b) || undefined;
  if (letters !== undefined && !BINDING.test(letters)) return reject(ResponseCode.badRequest, `b "${b}" is no binding`);
  const queueMode = params.Q !== undefined || withQ;
  // Several names stand in quotes (OMA Core §6.2.1 of 1.2).
  const profileId = params.pid?.replace(/^"(.*)"$/, '$1');
  const said: Accepted<UpdateQuery> = { ok: true, extra };
  if (lt !== undefined) said.lifetime = Number(lt);
  if (letters !== undefined) said.binding = letters;
  if (queueMode || b !== undefined) said.queueMode = queueMode;
  if (sms) said.sms = sms;
  if (profileId) said.profileId = profileId;
  return said;
}

function missing(name: string): ReturnType<typeof reject> {
  return reject(ResponseCode.badRequest, `${name} is missing`);
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** Endpoint names reach logs and screens, so control characters are kept out. */
function isEndpointName(name: string): boolean {
  // Most names are of one byte for each character, and none of these controls anything.
  if (PRINTABLE_ASCII.test(name)) return name.length <= LIMITS.endpointBytes;
  return encodeUtf8(name).length <= LIMITS.endpointBytes && !/\p{C}/u.test(name);
}
