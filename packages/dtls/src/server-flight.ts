/** What a server says: its first flight, or the hello that resumes. */
import { SIGNATURE_SCHEME_NAMES, SIGNATURE_SCHEMES } from './algorithms.ts';
import { encodeCertificate, type PresentedKey } from './certificates.ts';
import type { CryptoTask } from './compute.ts';
import { answer, CertificateType, EXTENSIONS, PRESENT, UNCOMPRESSED_POINTS } from './extensions.ts';
import type { FlightItem } from './flight.ts';
import type { Handshake } from './handshake.ts';
import { type EcdhParameters, ecdhParameters, encodeServerKeyExchange, signedParameters } from './key-exchange.ts';
import { type Extension, NULL_COMPRESSION, Version } from './messages.ts';
import type { Authentication, Negotiated } from './negotiation.ts';
import { MAX_PLAINTEXT } from './record.ts';

/** ClientCertificateType (RFC 8422 §5.5). */
const ECDSA_SIGN = 64;
/** The whole of an initial renegotiation_info: an empty list of verify data (RFC 5746 §3.2). */
const NO_VERIFY_DATA = new Uint8Array(0);

export function serverHello(handshake: Handshake, negotiated: Negotiated): FlightItem {
  return handshake.compose('server-hello', {
    version: Version.DTLS_1_2,
    random: handshake.serverRandom,
    sessionId: handshake.sessionId,
    cipherSuite: handshake.suite?.id ?? 0,
    compressionMethod: NULL_COMPRESSION,
    extensions: answers(handshake, negotiated),
  });
}

/** From ServerHello to ServerHelloDone: what comes between depends on the key exchange. */
export function serverFlight(
  handshake: Handshake,
  negotiated: Negotiated,
  authorities: readonly Uint8Array[],
): FlightItem[] {
  const { authentication } = negotiated;
  const items = [serverHello(handshake, negotiated)];
  if (authentication !== undefined) {
    const content = encodeCertificate(identityToShow(authentication));
    items.push(handshake.compose('certificate', { content }));
  }
  const parameters = parametersOf(handshake);
  // Without an identity hint plain PSK has no ServerKeyExchange (RFC 4279 §2).
  if (parameters !== undefined) items.push(keyExchange(handshake, parameters, authentication));
  if (authentication !== undefined) {
    const request = {
      certificateTypes: [ECDSA_SIGN],
      signatureSchemes: SIGNATURE_SCHEME_NAMES.map((name) => SIGNATURE_SCHEMES[name].id),
      authorities: authentication.client === 'certificate' ? authorities : [],
    };
    items.push(handshake.compose('certificate-request', request));
  }
  items.push(handshake.compose('server-hello-done', {}));
  return items;
}

/** The task to sign our ephemeral public key with the key that we are known by. */
export function signParametersTask(handshake: Handshake, { authentication }: Negotiated): CryptoTask | undefined {
  const parameters = parametersOf(handshake);
  if (parameters === undefined || authentication === undefined) return undefined;
  const data = signedParameters(handshake.clientRandom, handshake.serverRandom, parameters);
  return { kind: 'sign', scheme: authentication.scheme, privateKey: authentication.identity.privateKey, data };
}

function parametersOf({ group, keyPair }: Handshake): EcdhParameters | undefined {
  return group && keyPair && ecdhParameters(group, keyPair.publicKey);
}

function keyExchange(
  handshake: Handshake,
  parameters: EcdhParameters,
  authentication: Authentication | undefined,
): FlightItem {
  const value = authentication
    ? {
        parameters,
        scheme: SIGNATURE_SCHEMES[authentication.scheme].id,
        signature: handshake.signature ?? new Uint8Array(0),
      }
    : { identityHint: new Uint8Array(0), parameters };
  return handshake.compose('server-key-exchange', { content: encodeServerKeyExchange(handshake.keyExchange, value) });
}

function identityToShow({ identity, server }: Authentication): PresentedKey {
  if (server === 'raw-key') return { kind: 'raw-key', publicKey: identity.rawKey ?? new Uint8Array(0) };
  return { kind: 'certificate', chain: identity.certificates ?? [] };
}

/** Answers to what the client offered, as far as it counts in this handshake. */
function answers(handshake: Handshake, negotiated: Negotiated): Extension[] {
  const extensions: Extension[] = [];
  const { authentication, group, serverName } = negotiated;
  if (negotiated.renegotiationInfo) extensions.push(answer(EXTENSIONS.renegotiationInfo, NO_VERIFY_DATA));
  if (negotiated.extendedMasterSecret) extensions.push(answer(EXTENSIONS.extendedMasterSecret, PRESENT));
  if (handshake.encryptThenMac) extensions.push(answer(EXTENSIONS.encryptThenMac, PRESENT));
  if (negotiated.recordSizeLimit !== undefined) extensions.push(answer(EXTENSIONS.recordSizeLimit, MAX_PLAINTEXT));
  if (negotiated.maxFragmentLength !== undefined) {
    extensions.push(answer(EXTENSIONS.maxFragmentLength, negotiated.maxFragmentLength));
  }
  if (negotiated.connectionId !== undefined && handshake.answersConnectionId) {
    extensions.push(answer(EXTENSIONS.connectionId, handshake.layer.connectionIds.ours));
  }
  if (handshake.ticketPromised) extensions.push(answer(EXTENSIONS.sessionTicket, PRESENT));
  if (handshake.path === 'resumed') return extensions;
  // Only if the name chose the identity (RFC 6066 §3).
  if (serverName !== undefined && authentication?.identity.serverNames) {
    extensions.push(answer(EXTENSIONS.serverName, PRESENT));
  }
  if (group && negotiated.pointFormats) extensions.push(answer(EXTENSIONS.pointFormats, [UNCOMPRESSED_POINTS]));
  // Certificates are what is meant when nothing is said (RFC 7250 §4.2).
  const { RAW_PUBLIC_KEY } = CertificateType;
  if (authentication?.server === 'raw-key') {
    extensions.push(answer(EXTENSIONS.serverCertificateType, RAW_PUBLIC_KEY));
  }
  if (authentication?.client === 'raw-key') {
    extensions.push(answer(EXTENSIONS.clientCertificateType, RAW_PUBLIC_KEY));
  }
  return extensions;
}
