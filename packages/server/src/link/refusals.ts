import type { CoapEffect, RefusalReason } from '@reeve/coap';
import {
  certificateNames,
  type DtlsEffect,
  identityLabel,
  type PresentedIdentity,
  parseCertificate,
} from '@reeve/dtls';
import type { Millis } from '../ids.ts';
import { addressOfKey, showAddress } from './address.ts';
import type { CertificateFacts, Check, HandshakeFacts } from './handshake-facts.ts';
import type { LinkUp } from './port.ts';
import type { Session } from './sessions.ts';

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

/** What the certificate of a peer says; nothing of it is verified. */
function certificateOf(presented: PresentedIdentity): CertificateFacts | undefined {
  const [leaf] = presented.kind === 'certificate' ? presented.chain : [];
  const parsed = leaf && parseCertificate(leaf);
  if (!parsed?.ok) return undefined;
  const { subject, issuer, serial, notBefore, notAfter } = parsed.certificate;
  const { commonName, dns, uris } = certificateNames(parsed.certificate);
  return {
    subject: cut(subject.text),
    issuer: cut(issuer.text),
    serial: Buffer.from(serial).toString('hex'),
    notBefore,
    notAfter,
    names: some([...(commonName === undefined ? [] : [commonName]), ...dns, ...uris]),
  };
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
  'unexpected-response': 'unasked',
};

/**
 * A refused CoAP message as a line for the operator; undefined for what peers do in the ordinary course. A registered
 * device may answer late, or not know yet that it is observed no more; whoever has registered nothing was asked nothing.
 */
export function refusalOfCoap(
  { reason, detail }: Pick<Extract<CoapEffect, { kind: 'refused' }>, 'reason' | 'detail'>,
  { info, registered }: Pick<Session, 'info' | 'registered'>,
  at: Millis,
): Refused | undefined {
  if (reason === 'unexpected-response' && registered) return undefined;
  const { address, ingress, identity } = info;
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
