/** What a server makes of the messages of a client's flight. */
import { GROUPS, schemeOf } from './algorithms.ts';
import { readCertificate } from './certificates.ts';
import type { Handshake } from './handshake.ts';
import { readClientKeyExchange } from './key-exchange.ts';
import type { DtlsLimits } from './limits.ts';
import type { HandshakeMessage } from './messages.ts';
import { notWellFormed, type Objection, unknownScheme } from './objection.ts';

/** Takes in what a message says, unless something is wrong with it. */
export function judgeClient(
  handshake: Handshake,
  message: HandshakeMessage,
  limits: DtlsLimits,
): Objection | undefined {
  switch (message.kind) {
    case 'certificate':
      return judgeCertificate(handshake, message.body.content);
    case 'client-key-exchange':
      return judgeKeyExchange(handshake, message.body.content, limits);
    case 'certificate-verify':
      return judgeProof(handshake, message.body);
    default:
      return undefined;
  }
}

function judgeCertificate(handshake: Handshake, content: Uint8Array): Objection | undefined {
  const kind = handshake.negotiated?.authentication?.client ?? 'certificate';
  const read = readCertificate(kind, content);
  handshake.presented = read.ok ? read.value.identity : read.identity;
  if (!read.ok) return read.objection;
  handshake.peer = read.value;
  return undefined;
}

function judgeKeyExchange(handshake: Handshake, content: Uint8Array, limits: DtlsLimits): Objection | undefined {
  const parsed = readClientKeyExchange(handshake.keyExchange, content);
  if (!parsed.ok) return notWellFormed('client-key-exchange', parsed.error);
  const { identity, publicKey } = parsed.value;
  if (identity !== undefined) {
    if (identity.length > limits.identityBytes) {
      const detail = `an identity of ${identity.length} octets: the limit identityBytes is ${limits.identityBytes}`;
      return { check: 'limit', detail };
    }
    handshake.presented = { kind: 'psk', identity: Uint8Array.from(identity) };
  }
  return publicKey && takePublicKey(handshake, publicKey);
}

/** Whether it is a point of its group is for `agree` to say. */
export function takePublicKey(handshake: Handshake, publicKey: Uint8Array): Objection | undefined {
  const { group } = handshake;
  if (group === undefined || publicKey.length !== GROUPS[group].publicKeyLength) {
    const detail = `the ephemeral public key of the peer has ${publicKey.length} octets, which no key of ${group} has`;
    return { check: 'malformed', detail, alert: 'illegal_parameter' };
  }
  handshake.peerPublicKey = Uint8Array.from(publicKey);
  return undefined;
}

/** The proof is of all messages before it (RFC 5246 §7.4.8). */
function judgeProof(
  handshake: Handshake,
  { scheme, signature }: { readonly scheme: number; readonly signature: Uint8Array },
): Objection | undefined {
  const known = schemeOf(scheme);
  if (known === undefined) return unknownScheme(scheme);
  handshake.proof = { scheme: known, data: handshake.transcript(), signature: Uint8Array.from(signature) };
  return undefined;
}
