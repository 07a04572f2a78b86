import { X509Certificate } from 'node:crypto';
import type { CoapEffect, RefusalReason } from '@reeve/coap';
import { type DtlsEffect, identityLabel, type PresentedIdentity } from '@reeve/dtls';
import type { Millis } from '../ids.ts';
import { addressOfKey, showAddress } from './address.ts';
import type { CertificateFacts, Check, HandshakeFacts, LinkUp, SessionInfo } from './port.ts';

type Refused = Extract<LinkUp, { kind: 'refused' }>;
type DtlsRefusal = Extract<DtlsEffect, { kind: 'refused' }>;

/** What a peer says of itself is kept for the operator up to here; lists of it too. */
const MAX_TEXT = 256;
const MAX_ITEMS = 32;

/** A refused handshake as a line for the operator. */
export function refusalOfDtls(effect: DtlsRefusal, at: Millis): Refused {
  const { address, check, detail, identity } = effect;
  const from = addressOfKey(address);
  return {
    kind: 'refused',
    at,
    address: showAddress(from),
    ingress: from.ingress,
    check,
    detail: cut(detail),
    handshake: factsOf(effect),
    ...(identity === undefined ? {} : { identity: identityLabel(identity) }),
  };
}

function factsOf({ identity, serverName, offered, wanted, suite, alert }: DtlsRefusal): HandshakeFacts {
  const certificate = identity && certificateOf(identity);
  return {
    ...(certificate === undefined ? {} : { certificate }),
    ...(serverName === undefined ? {} : { serverName: cut(serverName) }),
    ...(offered === undefined ? {} : { offered: some(offered) }),
    ...(wanted === undefined ? {} : { wanted: some(wanted) }),
    ...(suite === undefined ? {} : { suite }),
    ...(alert === undefined ? {} : { alert }),
  };
}

/** What a certificate says, read more leniently than where it is validated: the operator is to see why it was refused. */
function certificateOf(presented: PresentedIdentity): CertificateFacts | undefined {
  const [leaf] = presented.kind === 'certificate' ? presented.chain : [];
  if (leaf === undefined) return undefined;
  try {
    const certificate = new X509Certificate(leaf);
    return {
      subject: oneLine(certificate.subject),
      issuer: oneLine(certificate.issuer),
      serial: cut(certificate.serialNumber.toLowerCase()),
      notBefore: certificate.validFromDate.getTime(),
      notAfter: certificate.validToDate.getTime(),
      names: some((certificate.subjectAltName ?? '').split(', ').filter((name) => name !== '')),
    };
  } catch {
    return undefined;
  }
}

/** A distinguished name, which comes as a line for each attribute. */
function oneLine(name: string | undefined): string {
  return cut((name ?? '').replaceAll('\n', ', '));
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text;
}

function some(items: readonly string[]): string[] {
  const kept = items.slice(0, MAX_ITEMS).map(cut);
  return items.length > MAX_ITEMS ? [...kept, `and ${items.length - MAX_ITEMS} more`] : kept;
}

/** What a refused CoAP message is called there; the rest of the reasons are limits. */
const COAP_CHECK: Readonly<Partial<Record<RefusalReason, Check>>> = {
  format: 'malformed',
  'critical-option': 'malformed',
  proxy: 'malformed',
  'reserved-code': 'malformed',
  'block-wise': 'block-wise',
};

/** A refused CoAP message as a line for the operator; undefined for what peers do in the ordinary course. */
export function refusalOfCoap(
  { reason, detail }: Extract<CoapEffect, { kind: 'refused' }>,
  { address, ingress, identity }: SessionInfo,
  at: Millis,
): Refused | undefined {
  if (reason === 'unexpected-response') return undefined;
  return {
    kind: 'refused',
    at,
    address,
    ingress,
    check: COAP_CHECK[reason] ?? 'limit',
    detail,
    ...(identity === undefined ? {} : { identity }),
  };
}
