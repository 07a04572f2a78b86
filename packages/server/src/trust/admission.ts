import {
  type Certificate,
  type CertificateRefusal,
  certificateNames,
  parseCertificate,
  type TrustProfile,
  type ValidPath,
  type Verdict,
  type VerifyTask,
  validatePathAsync,
} from '@reeve/dtls';
import type { CredentialId, DeviceId, Millis } from '../ids.ts';
import type { LinkDown, LinkUp, PeerVerdict, Presented, SessionInfo } from '../link/port.ts';
import type { CredentialRow, Credentials, Purpose } from '../registry/credentials.ts';
import type { SessionEnder } from '../registry/end-sessions.ts';
import type { Fleet } from '../registry/fleet.ts';
import { proofs, sha256 } from '../registry/proofs.ts';
import type { Authorities, Authority } from './authorities.ts';
import type { ExpiryAdmissions } from './expiry.ts';
import type { RevocationLists } from './revocation.ts';
import type { SeenCertificates } from './seen.ts';

interface Options {
  readonly fleet: Fleet;
  readonly credentials: Credentials;
  readonly authorities: Authorities;
  readonly lists: RevocationLists;
  readonly expiry: ExpiryAdmissions;
  readonly seen: SeenCertificates;
  readonly ender: SessionEnder;
  /** Checks a signature elsewhere than on this thread. */
  readonly check: (task: VerifyTask) => Promise<Verdict>;
  /** What a socket does with certificates whose authority's revocation list is stale. */
  readonly staleLists: (ingress: number) => 'accept' | 'refuse';
  /** What a socket is for. */
  readonly purposeOf: (ingress: number) => Purpose;
}

type Refused = Extract<PeerVerdict, { ok: false }>;
type PskFound = NonNullable<Extract<LinkDown, { kind: 'psk' }>['found']>;

/** Who is whose: the answers to what the link asks about peers before it lets them in. */
export class Admission {
  readonly #o: Options;

  constructor(options: Options) {
    this.#o = options;
  }

  /** The key of a PSK identity in hex, if it is known, valid now, and good for what the socket is for. */
  psk(identity: string, now: Millis, ingress = 0): PskFound | undefined {
    const row = this.#o.credentials.find(proofs.psk(identity), now, this.#o.purposeOf(ingress));
    const key = row && this.#o.credentials.key(row);
    return key && { key, ...admitted(row) };
  }

  /** Says of a peer that is not known where it came that it is known at the other interface, if it is. */
  explained(refused: Extract<LinkUp, { kind: 'refused' }>): typeof refused {
    const { check, identity, ingress, at } = refused;
    if (check !== 'unknown-identity' || identity === undefined || ingress === undefined) return refused;
    const { credentials, purposeOf } = this.#o;
    const other = purposeOf(ingress) === 'bootstrap' ? 'management' : 'bootstrap';
    if (!credentials.find(identity, at, other)) return refused;
    const detail =
      other === 'bootstrap'
        ? 'this key belongs to the bootstrap port: nothing registers with it'
        : 'this key belongs to the management port: nothing is bootstrapped with it';
    return { ...refused, detail };
  }

  /** Whether a peer that proves what it presented is a device. Never rejects: what goes wrong refuses the peer. */
  async peer(presented: Presented, ingress: number, now: Millis): Promise<PeerVerdict> {
    try {
      if (presented.kind === 'certificate') return await this.#certificate(presented.chain, ingress, now);
      const row = this.#o.credentials.find(proofs.rawKey(presented.publicKey), now, this.#o.purposeOf(ingress));
      return row
        ? { ok: true, ...admitted(row) }
        : unknown(`no device has the raw public key sha256:${sha256(presented.publicKey)}`);
    } catch {
      return { ok: false, check: 'limit', detail: 'the store could not note the certificate', alert: 'internal_error' };
    }
  }

  /**
   * Whether what admitted a peer once still does, so that it may resume without showing it again.
   *
   * @param ingress the socket where it would, whose rule for stale lists counts; a session that is there stays
   */
  resumes(identity: string, credentialId: CredentialId, now: Millis, ingress?: number): boolean {
    const { credentials, lists, staleLists, purposeOf } = this.#o;
    if (!credentials.isGood(credentialId, now, ingress === undefined ? undefined : purposeOf(ingress))) return false;
    if (!identity.startsWith('x509:')) return true;
    const seen = this.#o.seen.get(identity);
    if (seen?.credentialId !== credentialId || lists.revokes(seen.path)) return false;
    if (ingress !== undefined && staleLists(ingress) === 'refuse' && lists.isStaleFor(seen.path, now)) return false;
    return now <= seen.notAfter || this.#o.expiry.admits(seen.deviceId, now);
  }

  /** What a session's socket is for. */
  purposeOf({ ingress }: Pick<SessionInfo, 'ingress'>): Purpose {
    return this.#o.purposeOf(ingress);
  }

  /** The device that whoever authenticated a session is; undefined once what admitted it is not good any more. */
  deviceBehind(session: Pick<SessionInfo, 'identity' | 'credential'>, now: Millis): DeviceId | undefined {
    const { identity } = session;
    const row = this.#o.credentials.behind(session);
    return row && identity !== undefined && this.resumes(identity, row.credentialId, now) ? row.deviceId : undefined;
  }

  async #certificate(chain: readonly Uint8Array[], ingress: number, now: Millis): Promise<PeerVerdict> {
    const parsed = parseCertificate(chain[0] ?? new Uint8Array());
    if (!parsed.ok) return { ok: false, check: 'bad-certificate', detail: parsed.detail, alert: 'bad_certificate' };
    const leaf = parsed.certificate;
    const pinned = this.#pinned(leaf, ingress, now);
    return pinned ? this.#pinnedVerdict(pinned, leaf, now) : this.#vouched(chain, leaf, ingress, now);
  }

  /** The credential that knows exactly this certificate, or its key. */
  #pinned({ der, publicKey }: Certificate, ingress: number, now: Millis): CredentialRow | undefined {
    const find = (proof: string) => this.#o.credentials.find(proof, now, this.#o.purposeOf(ingress));
    return find(proofs.certificate(der)) ?? find(proofs.certifiedKey(publicKey));
  }

  /** Nobody has to vouch for a certificate that people gave us themselves, but it has its time, and may be revoked. */
  async #pinnedVerdict(row: CredentialRow, leaf: Certificate, now: Millis): Promise<PeerVerdict> {
    if (now < leaf.notBefore) return untimely('not-yet-valid', leaf, now);
    if (now > leaf.notAfter && !this.#o.expiry.admits(row.deviceId, now))
      return untimely('expired-certificate', leaf, now);
    const path = stepsOf([leaf]);
    if (this.#o.lists.revokes(path)) {
      return { ok: false, check: 'revoked', detail: `${leaf.subject.text} is revoked`, alert: 'certificate_revoked' };
    }
    return this.#admit(row, leaf, path, undefined, now);
  }

  /** A certificate that an authority vouches for, and that bears a name of ours. */
  async #vouched(chain: readonly Uint8Array[], leaf: Certificate, ingress: number, now: Millis): Promise<PeerVerdict> {
    const profile: TrustProfile = {
      anchors: [...this.#o.authorities.all()].map(({ certificate }) => certificate),
      purpose: 'client',
      revocation: this.#o.lists.current(),
      staleLists: this.#o.staleLists(ingress),
      // Whose it is, and so whether it may be expired, is known at the end of its path.
      admitExpired: [{ certificate: leaf.fingerprint, until: now }],
    };
    const valid = await validatePathAsync(chain, profile, now, this.#o.check);
    if (!valid.ok) return refusalOf(valid);
    const found = this.#named(valid, ingress, now);
    if ('ok' in found) return found;
    const { row, authority } = found;
    if (valid.expired && !this.#o.expiry.admits(row.deviceId, now)) return untimely('expired-certificate', leaf, now);
    return this.#admit(row, leaf, stepsOf(valid.path.slice(0, -1)), authority, now);
  }

  /** The credential of the one name under which the certificate's authority knows a device. */
  #named(
    { leaf, path }: ValidPath,
    ingress: number,
    now: Millis,
  ): { row: CredentialRow; authority: Authority } | Refused {
    const anchor = path.at(-1);
    const names: string[] = [];
    const found = new Map<string, { row: CredentialRow; authority: Authority }>();
    for (const authority of anchor ? this.#o.authorities.same(anchor) : []) {
      for (const name of namesOf(leaf, authority)) {
        names.push(name);
        const proof = proofs.certifiedName(authority.row.authorityId, name);
        const row = this.#o.credentials.find(proof, now, this.#o.purposeOf(ingress));
        if (row) found.set(row.deviceId, { row, authority });
      }
    }
    const [first, ...more] = found.values();
    const { text } = leaf.subject;
    if (!first) {
      return unknown(
        names.length === 0
          ? `"${text}" bears no name of the kind that its authority's devices are known by`
          : `no device is known as "${names.join('" or "')}" under the authority "${leaf.issuer.text}"`,
      );
    }
    return more.length === 0 ? first : unknown(`"${text}" bears the names of several devices`);
  }

  async #admit(
    row: CredentialRow,
    leaf: Certificate,
    path: { issuer: string; serial: string }[],
    authority: Authority | undefined,
    now: Millis,
  ): Promise<PeerVerdict> {
    const { organisationId, deviceId, credentialId } = row;
    const identity = proofs.certificate(leaf.der);
    const gone = await this.#o.seen.note({
      organisationId,
      deviceId,
      credentialId,
      identity,
      subject: leaf.subject.text,
      notAfter: leaf.notAfter,
      path,
      seenAt: now,
      ...(authority ? { authorityId: authority.row.authorityId } : {}),
    });
    for (const each of gone) this.#o.ender.endIdentity(this.#o.fleet.get(deviceId), each);
    if (this.resumes(identity, credentialId, now)) return { ok: true, ...admitted(row) };
    return unknown(`"${leaf.subject.text}" was removed or revoked a moment ago`);
  }
}

function admitted({ credentialId, suites }: CredentialRow): { credential: CredentialId; suites?: readonly string[] } {
  return { credential: credentialId, ...(suites === undefined ? {} : { suites }) };
}

/** The names by which an authority's certificates tell devices. */
function namesOf(leaf: Certificate, { row: { mapping } }: Authority): readonly string[] {
  const { commonName, dns, uris } = certificateNames(leaf);
  if (mapping === 'cn') return commonName === undefined ? [] : [commonName];
  return mapping === 'dns' ? dns : uris;
}

/** What revocation lists name certificates by. */
function stepsOf(path: readonly Certificate[]): { issuer: string; serial: string }[] {
  return path.map(({ issuer, serial }) => ({
    issuer: sha256(issuer.der),
    serial: Buffer.from(serial).toString('hex'),
  }));
}

function unknown(detail: string): Refused {
  return { ok: false, check: 'unknown-identity', detail, alert: 'certificate_unknown' };
}

function untimely(
  check: 'not-yet-valid' | 'expired-certificate',
  { subject, notBefore, notAfter }: Certificate,
  now: Millis,
): Refused {
  const says = check === 'not-yet-valid' ? `is valid from ${instant(notBefore)}` : `expired at ${instant(notAfter)}`;
  return {
    ok: false,
    check,
    detail: `"${subject.text}" ${says}, and the clock here says ${instant(now)}`,
    alert: 'certificate_expired',
  };
}

const instant = (at: Millis): string => new Date(at).toISOString();

function refusalOf({ check, detail, alert }: CertificateRefusal): Refused {
  return { ok: false, check, detail, alert };
}
