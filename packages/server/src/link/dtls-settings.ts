import { SUITES, type SuiteName } from '@reeve/dtls';
import type { Listener } from './port.ts';

/** What clients may prove themselves with. */
export const clientKinds = ['psk', 'raw-key', 'certificate'] as const;
type ClientKind = (typeof clientKinds)[number];

/** How a secure socket speaks DTLS, and whom it admits. */
export interface DtlsSettings {
  /** Allowed cipher suites by IANA name, the preferred one first. */
  readonly suites: readonly SuiteName[];
  readonly credentials: readonly ClientKind[];
  /** Refuse peers without the extended master secret (RFC 7627). */
  readonly requireExtendedMasterSecret: boolean;
  /** Resumption by session id and by ticket. */
  readonly resumption: boolean;
  /** Connection IDs (RFC 9146), so that a session outlives a change of address. */
  readonly connectionIds: boolean;
  /** What to do with a certificate whose authority's revocation list is older than it should be. */
  readonly staleRevocationList: 'accept' | 'refuse';
}

/** Every cipher suite that is here, by IANA name. */
export const suiteNames: readonly SuiteName[] = SUITES.map(({ name }) => name);

/** Suites whose records are CBC: weaker, and never constant-time here; off unless somebody names them. */
export const cbcSuites: ReadonlySet<SuiteName> = new Set(
  SUITES.filter(({ cipher }) => cipher.kind === 'cbc').map(({ name }) => name),
);

/** Whether devices prove themselves with pre-shared keys to TLS on a socket. */
export function takesTlsKeys({ transport, dtls }: Pick<Listener, 'transport' | 'dtls'>): boolean {
  return transport === 'coaps+tcp' && (dtls?.credentials ?? clientKinds).includes('psk');
}

/** What a secure socket does unless told otherwise. */
export const defaultDtls: DtlsSettings = {
  suites: suiteNames.filter((name) => !cbcSuites.has(name)),
  credentials: clientKinds,
  requireExtendedMasterSecret: false,
  resumption: true,
  connectionIds: true,
  staleRevocationList: 'accept',
};
