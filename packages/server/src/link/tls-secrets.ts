import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { CredentialPurpose } from '@reeve/contract';
import type { CredentialId, Millis } from '../ids.ts';
import type { DtlsSettings } from './dtls-settings.ts';
import type { LinkDown, LinkIdentity } from './port.ts';

/** A pre-shared key for TLS, found by its identity. */
export interface TlsKey {
  readonly key: Uint8Array;
  readonly credential: CredentialId;
  readonly purpose: CredentialPurpose;
  readonly suites?: readonly string[];
  readonly validFrom: Millis;
  readonly validUntil?: Millis;
}

/** What OpenSSL calls the cipher suites that it has. */
const OPENSSL_NAMES: Readonly<Record<string, string>> = {
  TLS_PSK_WITH_AES_128_CCM_8: 'PSK-AES128-CCM8',
  TLS_PSK_WITH_AES_128_CCM: 'PSK-AES128-CCM',
  TLS_PSK_WITH_AES_128_GCM_SHA256: 'PSK-AES128-GCM-SHA256',
  TLS_PSK_WITH_AES_256_GCM_SHA384: 'PSK-AES256-GCM-SHA384',
  TLS_PSK_WITH_AES_128_CBC_SHA256: 'PSK-AES128-CBC-SHA256',
  TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256: 'ECDHE-PSK-AES128-CBC-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8: 'ECDHE-ECDSA-AES128-CCM8',
  TLS_ECDHE_ECDSA_WITH_AES_128_CCM: 'ECDHE-ECDSA-AES128-CCM',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 'ECDHE-ECDSA-AES128-SHA256',
};

/** No session tickets: who comes back shows its credential again. Nor does anybody show another one midway. */
const ONE_HANDSHAKE = constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION;

/** What the server proves itself with over TLS, and the keys that devices may prove themselves with. */
export class TlsSecrets {
  #identities: readonly LinkIdentity[] = [];
  readonly #keys = new Map<string, TlsKey>();
  readonly #changed = new Set<() => void>();

  setIdentities(identities: readonly LinkIdentity[]): void {
    // Raw public keys are not to be had with Node's TLS.
    this.#identities = identities.filter(({ certificates }) => certificates !== undefined);
    for (const tell of this.#changed) tell();
  }

  /** Tells of every change of the server's certificates. */
  onIdentities(tell: () => void): void {
    this.#changed.add(tell);
  }

  change({ put, removed }: Extract<LinkDown, { kind: 'tls-keys' }>): void {
    for (const { identity, ...key } of put) this.#keys.set(identity, key);
    for (const identity of removed) this.#keys.delete(identity);
  }

  /** The key of an identity that is good now for what a socket serves. @param identity text; bytes that are no UTF-8 can't be told here */
  key(identity: string, now: Millis, wanted: Exclude<CredentialPurpose, 'both'>): TlsKey | undefined {
    const found = this.#keys.get(Buffer.from(identity, 'utf8').toString('hex'));
    if (!found || (found.purpose !== wanted && found.purpose !== 'both')) return undefined;
    if (now < found.validFrom || (found.validUntil !== undefined && now >= found.validUntil)) return undefined;
    return found;
  }

  /** What a handshake for a server name begins with; that of no name, or of an unknown one, has the default certificate. */
  context(settings: DtlsSettings, serverName?: string): SecureContext {
    return createSecureContext(this.contextOptions(settings, serverName));
  }

  contextOptions(settings: DtlsSettings, serverName?: string): SecureContextOptions {
    const named = this.#identities.find(
      ({ serverNames }) => serverName !== undefined && serverNames?.includes(serverName),
    );
    const identity =
      named ?? this.#identities.find(({ serverNames }) => serverNames === undefined) ?? this.#identities[0];
    const psk = settings.credentials.includes('psk');
    return {
      ciphers: cipherList(settings),
      honorCipherOrder: true,
      minVersion: 'TLSv1.2',
      // Node hears of pre-shared keys in handshakes of TLS 1.2 only.
      maxVersion: psk ? 'TLSv1.2' : 'TLSv1.3',
      secureOptions: ONE_HANDSHAKE,
      ecdhCurve: 'X25519:P-256:P-384',
      ...(identity && settings.credentials.includes('certificate')
        ? { cert: pemOf('CERTIFICATE', identity.certificates ?? []), key: pemOf('PRIVATE KEY', [identity.privateKey]) }
        : {}),
    };
  }
}

/** The allowed suites of the credentials that are, in OpenSSL's names; suites of TLS 1.3 are as OpenSSL has them. */
function cipherList({ suites, credentials }: DtlsSettings): string {
  const wanted = suites.filter((suite) => credentials.includes(suite.includes('_PSK_') ? 'psk' : 'certificate'));
  return wanted.flatMap((suite) => OPENSSL_NAMES[suite] ?? []).join(':');
}

function pemOf(label: string, ders: readonly Uint8Array[]): string {
  const lines = (der: Uint8Array) =>
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g)
      ?.join('\n');
  return ders.map((der) => `-----BEGIN ${label}-----\n${lines(der)}\n-----END ${label}-----\n`).join('');
}
