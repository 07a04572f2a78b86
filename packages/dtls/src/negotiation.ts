/** What a server makes of a ClientHello: what both sides can do, or why there is nothing. */
import {
  type GroupName,
  groupLabel,
  groupOf,
  groupOfKey,
  SIGNATURE_SCHEME_NAMES,
  type SignatureScheme,
  schemeFor,
  schemeLabel,
} from './algorithms.ts';
import type { CertificateKind } from './certificates.ts';
import {
  CertificateType,
  EXTENSIONS,
  ExtensionReader,
  FRAGMENT_LENGTHS,
  hostNameOf,
  UNCOMPRESSED_POINTS,
} from './extensions.ts';
import { type ClientHello, NULL_COMPRESSION, Version } from './messages.ts';
import type { Objection } from './objection.ts';
import type { ServerIdentity } from './options.ts';
import type { ServerPolicy } from './server-policy.ts';
import { EMPTY_RENEGOTIATION_INFO_SCSV, type Suite, suiteLabel } from './suites.ts';

/** How both sides prove themselves with ECDHE_ECDSA. */
export interface Authentication {
  readonly identity: ServerIdentity;
  readonly scheme: SignatureScheme;
  /** What the server shows, and what it asks for. */
  readonly server: CertificateKind;
  readonly client: CertificateKind;
}

export interface Negotiated {
  readonly suite: Suite;
  readonly serverName?: string;
  readonly extendedMasterSecret: boolean;
  /** With the suite that was chosen; and whether the client knows it. */
  readonly encryptThenMac: boolean;
  readonly encryptThenMacOffered: boolean;
  /** Whether the client wants to hear that this is no renegotiation. */
  readonly renegotiationInfo: boolean;
  /** With a key exchange that has one. */
  readonly group?: GroupName;
  readonly authentication?: Authentication;
  /** Whether the client told which forms of points it knows. */
  readonly pointFormats: boolean;
  /** Of the client, empty if it wants none in our records; nothing if it knows none. */
  readonly connectionId?: Uint8Array;
  /** The code of a length (RFC 6066 §4). */
  readonly maxFragmentLength?: number;
  /** What the client can take, in octets (RFC 8449 §4). */
  readonly recordSizeLimit?: number;
  /** Empty from a client that wants one; nothing from one that knows none. */
  readonly ticket?: Uint8Array;
}

type Negotiation =
  | { readonly ok: true; readonly value: Negotiated }
  | { readonly ok: false; readonly objection: Objection };

/** RFC 8449 §4. */
export const SMALLEST_RECORD_SIZE = 64;

export function negotiate(hello: ClientHello, policy: ServerPolicy): Negotiation {
  const objection = objectToHello(hello);
  if (objection !== undefined) return { ok: false, objection };
  const reader = new ExtensionReader(hello.extensions);
  const choice = choose(hello, reader, policy);
  const extendedMasterSecret = reader.client(EXTENSIONS.extendedMasterSecret) !== undefined;
  const encryptThenMacOffered = reader.client(EXTENSIONS.encryptThenMac) !== undefined;
  const connectionId = reader.client(EXTENSIONS.connectionId);
  const ticket = reader.client(EXTENSIONS.sessionTicket);
  const limits = recordLimits(reader);
  const renegotiationInfo = reader.client(EXTENSIONS.renegotiationInfo);
  const renegotiation = renegotiationInfo !== undefined && renegotiationInfo.length > 0;
  const problem =
    reader.objection ??
    (renegotiation ? refuse('malformed', 'the peer wants to renegotiate a session that is not here') : undefined) ??
    limits.objection ??
    choice.objection ??
    (policy.requireExtendedMasterSecret && !extendedMasterSecret ? NO_EXTENDED_MASTER_SECRET : undefined);
  if (problem !== undefined || choice.suite === undefined) {
    return { ok: false, objection: problem ?? refuse('no-common-suite', 'there is no suite') };
  }
  return {
    ok: true,
    value: {
      suite: choice.suite,
      ...(choice.serverName !== undefined && { serverName: choice.serverName }),
      ...(choice.group && { group: choice.group }),
      ...(choice.authentication && { authentication: choice.authentication }),
      pointFormats: reader.client(EXTENSIONS.pointFormats) !== undefined,
      extendedMasterSecret,
      encryptThenMac: choice.suite.cipher.kind === 'cbc' && encryptThenMacOffered,
      encryptThenMacOffered,
      renegotiationInfo: renegotiationInfo !== undefined || hello.cipherSuites.includes(EMPTY_RENEGOTIATION_INFO_SCSV),
      ...(connectionId && { connectionId: Uint8Array.from(connectionId) }),
      ...(limits.maxFragmentLength !== undefined && { maxFragmentLength: limits.maxFragmentLength }),
      ...(limits.recordSizeLimit !== undefined && { recordSizeLimit: limits.recordSizeLimit }),
      ...(ticket && { ticket: Uint8Array.from(ticket) }),
    },
  };
}

const NO_EXTENDED_MASTER_SECRET = refuse(
  'extended-master-secret',
  'the peer does not offer the extended master secret, which is required here',
);

function refuse(check: Objection['check'], detail: string, more: Partial<Objection> = {}): Objection {
  return { check, detail, alert: 'handshake_failure', ...more };
}

function objectToHello(hello: ClientHello): Objection | undefined {
  if (hello.version > Version.DTLS_1_2 || hello.version >> 8 !== 0xfe) {
    const offered = [`0x${hello.version.toString(16)}`];
    const alert = 'protocol_version';
    return refuse('unsupported-version', 'the peer does not speak DTLS 1.2', { alert, offered, wanted: ['0xfefd'] });
  }
  if (hello.compressionMethods.includes(NULL_COMPRESSION)) return undefined;
  return refuse('malformed', 'the peer insists on compression', { alert: 'illegal_parameter' });
}

interface Choice {
  readonly suite?: Suite;
  readonly group?: GroupName;
  readonly authentication?: Authentication;
  readonly serverName?: string;
  readonly objection?: Objection;
}

/** The preferred common suite whose conditions hold; without one, why not the first that is common at least by name. */
function choose(hello: ClientHello, reader: ExtensionReader, policy: ServerPolicy): Choice {
  const host = hostNameOf(reader);
  const named = host === undefined ? {} : { serverName: host };
  let objection: Objection | undefined;
  for (const suite of policy.suites) {
    if (!hello.cipherSuites.includes(suite.id)) continue;
    const choice = tryKeyExchange(suite, reader, host, policy);
    if (choice.objection === undefined) return { suite, ...choice, ...named };
    objection ??= choice.objection;
  }
  if (objection !== undefined) return { objection, ...named };
  const detail = "none of the peer's cipher suites is allowed here";
  const offered = hello.cipherSuites.filter((id) => id !== EMPTY_RENEGOTIATION_INFO_SCSV).map(suiteLabel);
  const wanted = policy.suites.map(({ name }) => name);
  return { objection: refuse('no-common-suite', detail, { offered, wanted }), ...named };
}

function tryKeyExchange(
  { keyExchange }: Suite,
  reader: ExtensionReader,
  host: string | undefined,
  policy: ServerPolicy,
): Choice {
  if (keyExchange !== 'ecdhe-ecdsa' && !policy.clientKinds.includes('psk')) {
    const detail = 'the peer offers a pre-shared key, which is not allowed here';
    return { objection: refuse('no-common-suite', detail, { wanted: policy.clientKinds }) };
  }
  if (keyExchange === 'psk') return {};
  const group = chooseGroup(reader, policy.groups);
  if (typeof group !== 'string') return { objection: group };
  if (keyExchange === 'ecdhe-psk') return { group };
  const authentication = authenticate(reader, host, policy);
  return 'check' in authentication ? { objection: authentication } : { group, authentication };
}

/** Our preference among the client's groups; a client that names none can do any (RFC 8422 §4). */
function chooseGroup(reader: ExtensionReader, groups: readonly GroupName[]): GroupName | Objection {
  const theirs = reader.client(EXTENSIONS.supportedGroups);
  const formats = reader.client(EXTENSIONS.pointFormats);
  if (formats !== undefined && !formats.includes(UNCOMPRESSED_POINTS)) {
    return refuse('malformed', 'the peer insists on compressed points', { alert: 'illegal_parameter' });
  }
  const group = groups.find((name) => theirs === undefined || theirs.some((id) => groupOf(id) === name));
  if (group !== undefined) return group;
  const offered = theirs?.map(groupLabel) ?? [];
  return refuse('no-common-group', 'none of the groups of the peer is allowed here', { offered, wanted: groups });
}

/** The identity that fits the name that was asked for, the kinds of certificates and the signatures. */
function authenticate(
  reader: ExtensionReader,
  host: string | undefined,
  policy: ServerPolicy,
): Authentication | Objection {
  const candidates = identitiesFor(host, reader.client(EXTENSIONS.supportedGroups), policy);
  if ('check' in candidates) return candidates;
  const presenting = (kind: CertificateKind): ServerIdentity | undefined =>
    candidates.find(({ rawKey, certificates }) => (kind === 'raw-key' ? rawKey : certificates) !== undefined);
  const server = pickType(reader.client(EXTENSIONS.serverCertificateType), (kind) => presenting(kind) !== undefined);
  const client = pickType(reader.client(EXTENSIONS.clientCertificateType), (kind) => policy.clientKinds.includes(kind));
  if (typeof server !== 'string') return differentTypes('the server to present', server.offered);
  if (typeof client !== 'string') return differentTypes('to present', client.offered);
  const identity = presenting(server);
  if (identity === undefined) return differentTypes('the server to present', []);
  // Without the extension SHA-1 would be meant, which no constrained device means that leaves it out (RFC 7251 §2.3).
  const theirs = reader.client(EXTENSIONS.signatureSchemes) ?? [0x0403];
  const scheme = schemeFor(identity.privateKey, theirs);
  if (scheme === undefined) {
    const detail = 'the peer does not know the signatures that the key of the server makes';
    return refuse('no-common-signature-scheme', detail, {
      offered: theirs.map(schemeLabel),
      wanted: SIGNATURE_SCHEME_NAMES,
    });
  }
  return { identity, scheme, server, client };
}

/**
 * Those for the name, then those for every name, since a raw key and certificates may be of different keys; all of
 * curves that the client knows (RFC 8422 §5.3).
 */
function identitiesFor(
  host: string | undefined,
  groups: readonly number[] | undefined,
  { identities }: ServerPolicy,
): readonly ServerIdentity[] | Objection {
  const named = [
    ...identities.filter(({ serverNames }) => host !== undefined && serverNames?.includes(host)),
    ...identities.filter(({ serverNames }) => serverNames === undefined),
  ];
  if (identities.length === 0) {
    const detail = 'the peer wants a certificate or a raw public key of the server, which has neither';
    return refuse('no-common-certificate-type', detail);
  }
  if (named.length === 0) {
    const detail = `no identity of this server is for the name ${host ?? '(none)'}`;
    return refuse('unknown-server-name', detail, {
      alert: 'unrecognized_name',
      wanted: identities.flatMap(({ serverNames }) => serverNames ?? []),
    });
  }
  if (groups === undefined) return named;
  const known = named.filter(({ privateKey }) => groups.some((id) => groupOf(id) === groupOfKey(privateKey)));
  if (known.length > 0) return known;
  return refuse('no-common-group', 'the peer does not know the curve of the key of the server', {
    offered: groups.map(groupLabel),
    wanted: named.flatMap(({ privateKey }) => groupOfKey(privateKey) ?? []),
  });
}

/** The first kind on the client's list that will do (RFC 7250 §4.2); who sends no list means certificates. */
function pickType(
  offered: readonly number[] = [CertificateType.X509],
  fits: (kind: CertificateKind) => boolean,
): CertificateKind | { readonly offered: readonly number[] } {
  for (const type of offered) {
    const kind = KINDS.get(type);
    if (kind !== undefined && fits(kind)) return kind;
  }
  return { offered };
}

const KINDS: ReadonlyMap<number, CertificateKind> = new Map([
  [CertificateType.X509, 'certificate'],
  [CertificateType.RAW_PUBLIC_KEY, 'raw-key'],
]);

function differentTypes(what: string, offered: readonly number[]): Objection {
  const labels = offered.map((type) => KINDS.get(type) ?? `type ${type}`);
  const detail = `the peer wants ${what} a ${labels.join(' or ')}, which is not allowed here`;
  return refuse('no-common-certificate-type', detail, { alert: 'unsupported_certificate', offered: labels });
}

/** With record_size_limit, max_fragment_length does not count (RFC 8449 §5). */
function recordLimits(reader: ExtensionReader): {
  readonly recordSizeLimit?: number;
  readonly maxFragmentLength?: number;
  readonly objection?: Objection;
} {
  const recordSizeLimit = reader.client(EXTENSIONS.recordSizeLimit);
  if (recordSizeLimit !== undefined) {
    if (recordSizeLimit >= SMALLEST_RECORD_SIZE) return { recordSizeLimit };
    const detail = `a record_size_limit of ${recordSizeLimit} octets is below ${SMALLEST_RECORD_SIZE}`;
    return { objection: refuse('malformed', detail, { alert: 'illegal_parameter' }) };
  }
  const maxFragmentLength = reader.client(EXTENSIONS.maxFragmentLength);
  if (maxFragmentLength === undefined) return {};
  if (FRAGMENT_LENGTHS[maxFragmentLength - 1] !== undefined) return { maxFragmentLength };
  const detail = `${maxFragmentLength} is no code of a maximum fragment length`;
  return { objection: refuse('malformed', detail, { alert: 'illegal_parameter' }) };
}
