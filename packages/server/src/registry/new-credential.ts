import { randomBytes } from 'node:crypto';
import type { CredentialAdd, SetupItem } from '@reeve/contract';
import { ReeveError } from '../errors.ts';
import { type AuthorityId, type Millis, newId, type OrganisationId } from '../ids.ts';
import type { Row } from '../store/tables.ts';
import { readCertificate, readPublicKey, refused } from '../trust/encoded.ts';
import type { CredentialRow, Credentials } from './credentials.ts';
import { oscoreSetup, oscoreTerms } from './oscore-terms.ts';
import { proofs, readIdentity, showIdentity } from './proofs.ts';

/** RFC 4279 §5.3 asks for at least 16 random bytes. */
const MADE_KEY_BYTES = 16;
/** Credentials of one device: a few at a time while keys are exchanged. */
export const MAX_CREDENTIALS = 8;

/** What credentials are made of and checked against. */
export interface CredentialSources {
  readonly credentials: Credentials;
  /** The authority of that name or id. */
  readonly authority: (organisationId: OrganisationId, ref: string) => AuthorityId | undefined;
  /** Cipher suites that exist, by IANA name. */
  readonly suites: readonly string[];
}

/** A credential to be stored, and its pre-shared key if it was made here. */
export interface NewCredential {
  readonly row: Row<'credentials'>;
  readonly made?: string;
}

/** Which fields go with a kind, beside those that go with all. */
const fields: Readonly<Record<CredentialAdd['kind'], readonly (keyof CredentialAdd)[]>> = {
  psk: ['identity', 'key'],
  'raw-key': ['publicKey'],
  certificate: ['certificate', 'sameKey', 'authority', 'name'],
  oscore: ['key', 'oscore'],
};
const always: readonly (keyof CredentialAdd)[] = ['kind', 'purpose', 'validFrom', 'validUntil', 'suites'];

/**
 * A credential as somebody wants it for a device.
 *
 * @throws ReeveError `wrong-state` for a device behind a gateway, `invalid-request` for fields that do not go together or
 *   say nothing, `no-such-thing` for an unknown authority
 */
export function newCredential(
  sources: CredentialSources,
  device: Pick<Row<'devices'>, 'organisationId' | 'deviceId' | 'endpoint' | 'gatewayId'>,
  body: CredentialAdd,
  now: Millis,
): NewCredential {
  if (device.gatewayId !== undefined) {
    throw new ReeveError('wrong-state', `"${device.endpoint}" is behind a gateway, which alone speaks for it`);
  }
  const { kind, purpose = 'management', validFrom = 0, validUntil, suites } = body;
  for (const name of Object.keys(body) as (keyof CredentialAdd)[]) {
    if (always.includes(name) || fields[kind].includes(name) || body[name] === undefined) continue;
    throw refused(`body/${name}`, `does not go with a credential of kind ${kind}`);
  }
  if (validUntil !== undefined && validUntil <= validFrom) throw refused('body/validUntil', 'is before it begins');
  const unknown = suites?.find((suite) => !sources.suites.includes(suite));
  if (unknown !== undefined)
    throw refused('body/suites', `has no "${unknown}"; there are: ${sources.suites.join(', ')}`);
  const { organisationId, deviceId, endpoint } = device;
  const row = {
    organisationId,
    deviceId,
    credentialId: newId.credential(),
    kind,
    purpose,
    validFrom,
    createdAt: now,
    ...(validUntil === undefined ? {} : { validUntil }),
    ...(suites === undefined ? {} : { suites }),
  };
  if (kind === 'psk' || kind === 'oscore') {
    const key = body.key === undefined ? randomBytes(MADE_KEY_BYTES) : Buffer.from(body.key, 'hex');
    const sealedKey = sources.credentials.seal(row.credentialId, key);
    const found =
      kind === 'psk'
        ? { proof: readIdentity(body.identity ?? endpoint) }
        : oscoreTerms(body.oscore, body.key === undefined);
    return {
      row: { ...row, ...found, sealedKey },
      ...(body.key === undefined ? { made: key.toString('hex') } : {}),
    };
  }
  if (kind === 'raw-key') {
    if (body.publicKey === undefined) throw refused('body/publicKey', 'is missing');
    const publicKey = readPublicKey(body.publicKey, 'body/publicKey');
    return { row: { ...row, proof: proofs.rawKey(publicKey), publicKey } };
  }
  return { row: { ...row, ...certificateProof(sources, organisationId, endpoint, body) } };
}

/** Exactly one certificate, any one of its key, or any one of a name under an authority. */
function certificateProof(
  { authority }: CredentialSources,
  organisationId: OrganisationId,
  endpoint: string,
  { certificate, sameKey, authority: ref, name }: CredentialAdd,
): Pick<CredentialRow, 'proof' | 'authorityId'> {
  if (certificate !== undefined) {
    if (ref !== undefined || name !== undefined) {
      throw refused(
        'body/authority',
        'says any certificate of a name, body/certificate says this one: give one of both',
      );
    }
    const { der, publicKey } = readCertificate(certificate, 'body/certificate');
    return { proof: sameKey ? proofs.certifiedKey(publicKey) : proofs.certificate(der) };
  }
  if (ref === undefined) throw refused('body/authority', 'is missing: an authority, or the certificate itself');
  const authorityId = authority(organisationId, ref);
  if (!authorityId) throw new ReeveError('no-such-thing', `There is no authority "${ref}": see \`reeve ca ls\``);
  return { proof: proofs.certifiedName(authorityId, name ?? endpoint), authorityId };
}

/** What the server's side of it is, for devices. */
export interface ServerFacts {
  /** SubjectPublicKeyInfo in DER, base64. */
  readonly publicKey: string;
  /** Digests of the server's own certificates, by SHA-256 in hex. */
  readonly certificates: readonly string[];
  /** Of the bootstrap server; absent if there is none, or nobody said where it is reached. */
  readonly bootstrapUri?: string;
  /** The same for devices that use OSCORE. */
  readonly plainBootstrapUri?: string;
}

/** Security modes of LwM2M (Transport §5.2, resource /0/x/2). */
const modes: Readonly<Record<CredentialAdd['kind'], string>> = {
  psk: '0 (pre-shared key)',
  'raw-key': '1 (raw public key)',
  certificate: '2 (certificate)',
  oscore: '3 (no DTLS)',
};

/** What has to be set on the device for a credential; a pre-shared key is not among it. */
export function setupOf(endpoint: string, row: CredentialRow, server: ServerFacts): SetupItem[] {
  const { kind, purpose, proof } = row;
  const uri = kind === 'oscore' ? server.plainBootstrapUri : server.bootstrapUri;
  const bootstrapUri = uri ?? 'none yet: start the server with --bootstrap and --device-host';
  const common: SetupItem[] = [
    { about: 'endpoint name (register ?ep=)', value: endpoint },
    ...(purpose === 'management'
      ? []
      : [
          { about: 'bootstrap server', path: '/0/x/0', value: bootstrapUri },
          { about: 'it is a bootstrap server', path: '/0/x/1', value: 'true' },
        ]),
    { about: 'security mode', path: '/0/x/2', value: modes[kind] },
  ];
  switch (kind) {
    case 'psk':
      return [...common, { about: 'PSK identity', path: '/0/x/3', value: showIdentity(proof) }];
    case 'oscore':
      return [...common, ...oscoreSetup(row)];
    case 'raw-key':
      return [
        ...common,
        { about: 'its public key', path: '/0/x/3', value: `the one that was added, ${showIdentity(proof)}` },
        { about: 'server public key, base64', path: '/0/x/4', value: server.publicKey },
      ];
    case 'certificate':
      return [
        ...common,
        { about: 'its certificate', path: '/0/x/3', value: showIdentity(proof) },
        {
          about: 'server certificate',
          path: '/0/x/4',
          value:
            server.certificates.map((digest) => `sha256:${digest}`).join(', ') ||
            'none yet: configure one for the server, see docs/operations.md',
        },
      ];
  }
}

/** What the journal tells of a credential. */
export function credentialPayload({ credentialId, kind, proof }: CredentialRow) {
  return { credentialId, kind, identity: showIdentity(proof) };
}

/** What a new credential proves is another's already. */
export function identityTaken({ kind, proof }: CredentialRow): ReeveError {
  const what = { psk: 'identity', 'raw-key': 'key', certificate: 'certificate', oscore: 'Sender ID' }[kind];
  return new ReeveError('identity-taken', `The ${what} "${showIdentity(proof)}" is in use already`);
}
