/** Certification paths (RFC 5280 §6), by the rules that `TrustProfile` states. */
import { schemeOf, type VerifyTask, verifyNow, verifyOnPool } from './algorithms.ts';
import { type Certificate, parseCertificate, sameOctets } from './certificate.ts';
import { X509_LIMITS } from './limits.ts';
import {
  checkAlgorithm,
  checkAuthority,
  checkLeaf,
  checkValidity,
  isAdmitted,
  type TrustProfile,
  titleOf,
} from './profile.ts';
import { type CertificateRefusal, refusal } from './refusal.ts';
import { checkRevocation } from './revocation.ts';

const DEFAULT_DEPTH = 4;

export interface ValidPath {
  readonly ok: true;
  /** The peer's own certificate. */
  readonly leaf: Certificate;
  /** From the leaf to the anchor. */
  readonly path: readonly Certificate[];
  /** A revocation list that was asked is not current. */
  readonly stale: boolean;
  /** The leaf has expired and was admitted by name. */
  readonly expired: boolean;
}

export type PathResult = ValidPath | CertificateRefusal;

/** Whether a signature is right; `overloaded` when there was no room to find out. */
export type Verdict = boolean | 'overloaded';

/** Hands out signatures to check and takes the verdicts, so that one validation serves callers that wait and those that don't. */
type Steps<T> = Generator<VerifyTask, T, Verdict>;

/** Whether names and key identifiers say that `issuer` issued `certificate`; the signature is another matter. */
function namesIssuer(certificate: Certificate, issuer: Certificate): boolean {
  if (!sameOctets(certificate.issuer.der, issuer.subject.der)) return false;
  const { authorityKeyId } = certificate;
  const { subjectKeyId } = issuer;
  return !authorityKeyId || !subjectKeyId || sameOctets(authorityKeyId, subjectKeyId);
}

/** Two certificates of one entity: they must not both stand in a path. */
const sameEntity = (a: Certificate, b: Certificate): boolean =>
  sameOctets(a.subject.der, b.subject.der) && sameOctets(a.publicKey, b.publicKey);

const selfIssued = ({ subject, issuer }: Certificate): boolean => sameOctets(subject.der, issuer.der);

interface Search {
  readonly paths: readonly (readonly Certificate[])[];
  /** The certificate furthest from the leaf that nothing was found for, and why the search ended there. */
  readonly end: Certificate;
  readonly tooDeep: boolean;
}

/** All paths that names allow, shortest continuation first, as far as the limits go. */
function search(leaf: Certificate, others: readonly Certificate[], profile: TrustProfile): Search {
  const { anchors, maxDepth = DEFAULT_DEPTH } = profile;
  const pool = others.filter((each) => !anchors.some((anchor) => sameEntity(anchor, each)));
  const paths: Certificate[][] = [];
  let furthest: readonly Certificate[] = [leaf];
  let tooDeep = false;
  let steps = 0;
  const extend = (path: readonly Certificate[], last: Certificate): void => {
    if (path.length > furthest.length) furthest = path;
    for (const anchor of anchors) if (namesIssuer(last, anchor)) paths.push([...path, anchor]);
    for (const next of pool) {
      if (++steps > X509_LIMITS.pathSteps || paths.length >= X509_LIMITS.paths) return;
      if (!namesIssuer(last, next) || path.some((each) => sameEntity(each, next))) continue;
      if (path.length === maxDepth) tooDeep = true;
      else extend([...path, next], next);
    }
  };
  extend([leaf], leaf);
  return { paths: paths.slice(0, X509_LIMITS.paths), end: furthest.at(-1) ?? leaf, tooDeep };
}

function noPath({ end, tooDeep }: Search, { anchors, maxDepth = DEFAULT_DEPTH }: TrustProfile): CertificateRefusal {
  if (anchors.length === 0) return refusal('unknown-ca', 'no CA is trusted here');
  if (tooDeep) return refusal('unknown-ca', `no trusted CA within ${maxDepth} certificates of the peer's`);
  const why = selfIssued(end)
    ? 'is signed by itself and is not trusted here'
    : `was issued by "${end.issuer.text}", which neither is trusted here nor has its certificate in the peer's chain`;
  return refusal('unknown-ca', `${titleOf(end)} ${why}`);
}

/** Everything about a path that needs no arithmetic. */
function checkForm(
  path: readonly Certificate[],
  profile: TrustProfile,
  now: number,
): CertificateRefusal | { readonly ok: true; readonly expired: boolean } {
  const [leaf, ...authorities] = path;
  let below = 0;
  let expired = false;
  for (const certificate of authorities) {
    const defect = checkAuthority(certificate, below, profile) ?? checkValidity(certificate, now);
    if (defect) return defect;
    if (!selfIssued(certificate)) below++;
  }
  for (const certificate of path.slice(0, -1)) {
    const defect = checkAlgorithm(certificate);
    if (defect) return defect;
  }
  if (leaf) {
    const defect = checkLeaf(leaf, profile);
    if (defect) return defect;
    const untimely = checkValidity(leaf, now);
    expired = untimely?.check === 'expired-certificate' && isAdmitted(leaf, profile, now);
    if (untimely && !expired) return untimely;
  }
  return { ok: true, expired };
}

/** Signatures from the anchor down, so that a forged chain costs no more than its first lie. */
function* checkSignatures(path: readonly Certificate[]): Steps<CertificateRefusal | undefined> {
  for (let i = path.length - 2; i >= 0; i--) {
    const [certificate, issuer] = path.slice(i, i + 2);
    const scheme = certificate && schemeOf(certificate.signatureAlgorithm);
    if (!scheme || !issuer) continue;
    const { tbs: data, signature } = certificate;
    const verdict = yield { kind: 'verify-certificate', scheme, publicKey: issuer.publicKey, data, signature };
    if (verdict === 'overloaded') return refusal('limit', 'too many handshakes at once to check certificates');
    if (!verdict)
      return refusal('bad-certificate', `the signature of ${titleOf(certificate)} is not by ${titleOf(issuer)}`);
  }
  return undefined;
}

function* checkPath(
  path: readonly Certificate[],
  leaf: Certificate,
  profile: TrustProfile,
  now: number,
): Steps<PathResult> {
  const form = checkForm(path, profile, now);
  if (!form.ok) return form;
  const forged = yield* checkSignatures(path);
  if (forged) return forged;
  const revocation = checkRevocation(path.slice(0, -1), profile, now);
  return revocation.ok ? { ok: true, leaf, path, stale: revocation.stale, expired: form.expired } : revocation;
}

type ReadChain =
  | { readonly ok: true; readonly leaf: Certificate; readonly others: readonly Certificate[] }
  | CertificateRefusal;

/** Certificates that are known here are not read again. */
function readChain(chain: readonly Uint8Array[], known: readonly Certificate[]): ReadChain {
  const max = X509_LIMITS.chainCertificates;
  if (chain.length > max) return refusal('bad-certificate', `the chain has more than ${max} certificates`);
  const certificates: Certificate[] = [];
  for (const [index, der] of chain.entries()) {
    const same = known.find((each) => sameOctets(each.der, der));
    const parsed = same ? { ok: true as const, certificate: same } : parseCertificate(der);
    if (!parsed.ok) return refusal('bad-certificate', `certificate ${index + 1} of the chain: ${parsed.detail}`);
    certificates.push(parsed.certificate);
  }
  const [leaf, ...others] = certificates;
  return leaf ? { ok: true, leaf, others } : refusal('bad-certificate', 'the chain is empty');
}

function* steps(chain: readonly Uint8Array[], profile: TrustProfile, now: number): Steps<PathResult> {
  const { anchors, intermediates = [] } = profile;
  const read = readChain(chain, [...intermediates, ...anchors]);
  if (!read.ok) return read;
  const found = search(read.leaf, [...new Set([...read.others, ...intermediates])], profile);
  let first: CertificateRefusal | undefined;
  for (const path of found.paths) {
    const result = yield* checkPath(path, read.leaf, profile, now);
    if (result.ok || result.check === 'limit') return result;
    first ??= result;
  }
  return first ?? noPath(found, profile);
}

/**
 * Validates a peer's chain of certificates in DER, the peer's own first. Signatures are checked at once.
 *
 * @param now milliseconds since the epoch
 */
export function validatePath(chain: readonly Uint8Array[], profile: TrustProfile, now: number): PathResult {
  const running = steps(chain, profile, now);
  let step = running.next();
  while (!step.done) step = running.next(verifyNow(step.value));
  return step.value;
}

/** As `validatePath`, with the signatures checked by `verify`: on the thread pool, unless it is told otherwise. */
export async function validatePathAsync(
  chain: readonly Uint8Array[],
  profile: TrustProfile,
  now: number,
  verify: (task: VerifyTask) => Promise<Verdict> = verifyOnPool,
): Promise<PathResult> {
  const running = steps(chain, profile, now);
  let step = running.next();
  while (!step.done) step = running.next(await verify(step.value));
  return step.value;
}
