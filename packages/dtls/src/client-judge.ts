/** What a client makes of the messages of a server's flight (RFC 5246 §7.4.1.3 and §7.4.1.4, RFC 8422 §5). */
import { SIGNATURE_SCHEME_NAMES, schemeFor, schemeLabel, schemeOf } from './algorithms.ts';
import { readCertificate } from './certificates.ts';
import type { Offer } from './client-offer.ts';
import { CertificateType, EXTENSIONS, ExtensionReader, FRAGMENT_LENGTHS, objectToAnswers } from './extensions.ts';
import type { Handshake } from './handshake.ts';
import { groupOfParameters, readServerKeyExchange, signedParameters } from './key-exchange.ts';
import {
  type CertificateRequest,
  type HandshakeMessage,
  NULL_COMPRESSION,
  type ServerHello,
  Version,
} from './messages.ts';
import { SMALLEST_RECORD_SIZE } from './negotiation.ts';
import { notWellFormed, type Objection, unknownScheme } from './objection.ts';
import type { ClientIdentity } from './options.ts';
import { takePublicKey } from './server-judge.ts';
import { suiteLabel } from './suites.ts';

/** What the client says of itself, and insists on. */
export interface ClientPolicy {
  readonly identity: ClientIdentity;
  readonly requireExtendedMasterSecret: boolean;
}

/** Takes in what a message says, unless something is wrong with it. */
export function judgeServer(
  handshake: Handshake,
  message: HandshakeMessage,
  offer: Offer,
  policy: ClientPolicy,
): Objection | undefined {
  switch (message.kind) {
    case 'server-hello':
      return judgeHello(handshake, message.body, offer, policy);
    case 'certificate':
      return judgeCertificate(handshake, message.body.content, policy.identity);
    case 'server-key-exchange':
      return judgeKeyExchange(handshake, message.body.content, offer);
    case 'certificate-request':
      return judgeRequest(handshake, message.body, policy.identity);
    case 'new-session-ticket':
      if (message.body.ticket.length > 0) {
        const { lifetimeSeconds, ticket } = message.body;
        handshake.ticket = { lifetimeSeconds, ticket: Uint8Array.from(ticket) };
      }
      return undefined;
    default:
      return undefined;
  }
}

function judgeHello(
  handshake: Handshake,
  hello: ServerHello,
  offer: Offer,
  policy: ClientPolicy,
): Objection | undefined {
  const suite = offer.suites.find(({ id }) => id === hello.cipherSuite);
  if (hello.version !== Version.DTLS_1_2) {
    const detail = `the server chose version 0x${hello.version.toString(16)}`;
    return { check: 'unsupported-version', detail, alert: 'protocol_version', wanted: ['0xfefd'] };
  }
  if (suite === undefined) {
    return notOffered(`the server chose ${suiteLabel(hello.cipherSuite)}, which was not offered`);
  }
  if (hello.compressionMethod !== NULL_COMPRESSION) {
    return notOffered('the server chose compression, which was not offered');
  }
  const reader = new ExtensionReader(hello.extensions);
  const objection = reader.objection ?? objectToAnswers(offer.extensions, hello.extensions);
  if (objection !== undefined) return objection;
  const { session } = offer;
  const resumed = session !== undefined && sameBytes(session.sessionId, hello.sessionId);
  handshake.path = resumed ? 'resumed' : suite.keyExchange;
  handshake.suite = suite;
  handshake.serverRandom = Uint8Array.from(hello.random);
  handshake.sessionId = Uint8Array.from(hello.sessionId);
  handshake.extendedMasterSecret = reader.server(EXTENSIONS.extendedMasterSecret) !== undefined;
  handshake.encryptThenMac = suite.cipher.kind === 'cbc' && reader.server(EXTENSIONS.encryptThenMac) !== undefined;
  handshake.ticketPromised = reader.server(EXTENSIONS.sessionTicket) !== undefined;
  if (resumed) {
    handshake.resuming = session;
    handshake.presented = undefined;
    handshake.credential = session.credential;
    if (session.suite !== suite.id) return notOffered('the server resumes a session with another suite');
  }
  return (
    objectToMasterSecret(handshake, resumed, policy) ??
    takeRecordForm(handshake, reader, offer) ??
    (handshake.path === 'ecdhe-ecdsa' ? objectToTypes(reader, policy.identity) : undefined) ??
    objectToRenegotiation(reader) ??
    reader.objection
  );
}

function notOffered(detail: string): Objection {
  return { check: 'malformed', detail, alert: 'illegal_parameter' };
}

function objectToMasterSecret(
  { extendedMasterSecret }: Handshake,
  resumed: boolean,
  policy: ClientPolicy,
): Objection | undefined {
  // A session is resumed with it or not at all (RFC 7627 §5.3).
  if (extendedMasterSecret || !(resumed || policy.requireExtendedMasterSecret)) return undefined;
  const detail = 'the server does not do the extended master secret, which is required here';
  return { check: 'extended-master-secret', detail, alert: 'handshake_failure' };
}

function objectToRenegotiation(reader: ExtensionReader): Objection | undefined {
  const verifyData = reader.server(EXTENSIONS.renegotiationInfo);
  if (verifyData === undefined || verifyData.length === 0) return undefined;
  return {
    check: 'malformed',
    detail: 'the server renegotiates a session that is not here',
    alert: 'handshake_failure',
  };
}

/** Connection IDs, and how much a record may hold. */
function takeRecordForm({ layer }: Handshake, reader: ExtensionReader, offer: Offer): Objection | undefined {
  const theirs = reader.server(EXTENSIONS.connectionId);
  if (theirs !== undefined && offer.connectionId !== undefined) {
    layer.connectionIds = { ours: offer.connectionId, peers: Uint8Array.from(theirs) };
  }
  const limit = reader.server(EXTENSIONS.recordSizeLimit);
  if (limit !== undefined) {
    if (limit < SMALLEST_RECORD_SIZE) return notOffered(`the server can't take more than ${limit} octets`);
    layer.sendBytes = Math.min(layer.sendBytes, limit);
    return undefined;
  }
  const code = reader.server(EXTENSIONS.maxFragmentLength);
  if (code === undefined) return undefined;
  const mine = offer.extensions.find(({ type }) => type === EXTENSIONS.maxFragmentLength.type)?.data[0];
  const length = FRAGMENT_LENGTHS[code - 1];
  if (length === undefined || code !== mine) return notOffered('the server chose another maximum fragment length');
  layer.sendBytes = length;
  layer.receiveBytes = length;
  return undefined;
}

/** Who shows a raw public key wants one, and the other way round (RFC 7250 §4.2). */
function objectToTypes(reader: ExtensionReader, identity: ClientIdentity): Objection | undefined {
  const wanted = identity.kind === 'raw-key' ? CertificateType.RAW_PUBLIC_KEY : CertificateType.X509;
  const server = reader.server(EXTENSIONS.serverCertificateType) ?? CertificateType.X509;
  const client = reader.server(EXTENSIONS.clientCertificateType) ?? CertificateType.X509;
  if (server === wanted && client === wanted) return undefined;
  const detail = `the server does not do ${identity.kind === 'raw-key' ? 'raw public keys' : 'certificates'} on both sides`;
  return { check: 'no-common-certificate-type', detail, alert: 'unsupported_certificate' };
}

function judgeCertificate(handshake: Handshake, content: Uint8Array, identity: ClientIdentity): Objection | undefined {
  const read = readCertificate(identity.kind === 'raw-key' ? 'raw-key' : 'certificate', content);
  handshake.presented = read.ok ? read.value.identity : read.identity;
  if (!read.ok) return read.objection;
  handshake.peer = read.value;
  if (identity.kind !== 'raw-key' || sameBytes(identity.serverKey, read.value.publicKey)) return undefined;
  const detail = 'the server has another raw public key than the one that was expected';
  return { check: 'wrong-server', detail, alert: 'certificate_unknown' };
}

function judgeKeyExchange(handshake: Handshake, content: Uint8Array, offer: Offer): Objection | undefined {
  const parsed = readServerKeyExchange(handshake.keyExchange, content);
  if (!parsed.ok) return notWellFormed('server-key-exchange', parsed.error);
  const { parameters, scheme, signature } = parsed.value;
  if (parameters === undefined) return undefined;
  const group = groupOfParameters(parameters, offer.groups);
  if (typeof group !== 'string') return group;
  handshake.group = group;
  const objection = takePublicKey(handshake, parameters.publicKey);
  if (objection !== undefined || scheme === undefined || signature === undefined) return objection;
  const known = schemeOf(scheme);
  if (known === undefined) return unknownScheme(scheme);
  const data = signedParameters(handshake.clientRandom, handshake.serverRandom, parameters);
  handshake.proof = { scheme: known, data, signature: Uint8Array.from(signature) };
  return undefined;
}

function judgeRequest(
  handshake: Handshake,
  { signatureSchemes }: CertificateRequest,
  identity: ClientIdentity,
): Objection | undefined {
  handshake.signatureScheme = identity.kind === 'psk' ? undefined : schemeFor(identity.privateKey, signatureSchemes);
  if (handshake.signatureScheme !== undefined) return undefined;
  return {
    check: 'no-common-signature-scheme',
    detail: 'the server does not know the signatures that our key makes',
    alert: 'handshake_failure',
    offered: signatureSchemes.map(schemeLabel),
    wanted: SIGNATURE_SCHEME_NAMES,
  };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
