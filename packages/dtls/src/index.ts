export type { Alert, AlertName } from './alert.ts';
export { alertName } from './alert.ts';
export type { GroupName, SignatureScheme } from './algorithms.ts';
export { DtlsClient } from './client.ts';
export {
  ComputePool,
  type ComputePoolOptions,
  type CryptoResult,
  type CryptoTask,
  computeNow,
  type JobId,
} from './compute.ts';
export type { SessionCounters } from './counters.ts';
export {
  type AddressKey,
  addressKey,
  type ClosedReason,
  type DtlsEffect,
  type LookupId,
  type PeerFound,
  type PskFound,
  type Refusal,
  type RefusalCheck,
  type SessionKey,
  sessionKey,
} from './effects.ts';
export { type IdentityLabel, identityLabel, type PresentedIdentity } from './identity.ts';
export { DEFAULT_LIMITS, type DtlsLimits, type DtlsSizes } from './limits.ts';
export type { ImportPosition, ImportResult } from './moves.ts';
export type {
  ClientIdentity,
  ClientKind,
  ClientOptions,
  EndpointOptions,
  ReservationOptions,
  RetransmitParameters,
  ServerIdentity,
  ServerOptions,
  ServerResumption,
} from './options.ts';
export { type DropCounters, NO_DROPS } from './outlet.ts';
export type { ResumptionState } from './resumption.ts';
export { DtlsServer } from './server.ts';
export type { SendResult, SessionStatus } from './sessions.ts';
export { DEFAULT_SUITES, SUITES, type Suite, type SuiteName } from './suites.ts';
export {
  admitCrl,
  authorityDefect,
  type Certificate,
  type CertificateRefusal,
  CertificateUsage,
  certificateNames,
  type MatchingType,
  matchCertificateUsage,
  parseCertificate,
  parseCrl,
  type RevocationList,
  readPem,
  selfSigned,
  type TrustProfile,
  type ValidPath,
  type Verdict,
  type VerifyTask,
  validatePathAsync,
  verifyOnPool,
} from './x509/index.ts';
