export type { Alert } from './alert.ts';
export { alertName } from './alert.ts';
export { type ClientOptions, DtlsClient } from './client.ts';
export type { SessionCounters } from './counters.ts';
export {
  type AddressKey,
  addressKey,
  type ClosedReason,
  type DtlsEffect,
  type LookupId,
  type RefusalCheck,
  type SessionKey,
  sessionKey,
} from './effects.ts';
export { DEFAULT_LIMITS, type DtlsLimits, type DtlsSizes } from './limits.ts';
export type { EndpointOptions, RetransmitParameters } from './options.ts';
export type { DropCounters } from './outlet.ts';
export { DtlsServer, type ServerOptions } from './server.ts';
export type { SendResult } from './sessions.ts';
export { SUITES, type Suite, type SuiteName } from './suites.ts';
