import { type Certificate, parseCertificate } from '@reeve/dtls';
import type { AuthorityId, OrganisationId } from '../ids.ts';
import type { Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';

/** An authority that vouches for devices: what is stored of it, and its certificate. */
export interface Authority {
  readonly row: Row<'authorities'>;
  readonly certificate: Certificate;
}

/** The certificate authorities that device certificates are checked against. */
export class Authorities {
  readonly #byId = new Map<AuthorityId, Authority>();

  static async load(store: Store): Promise<Authorities> {
    const authorities = new Authorities();
    for (const row of await store.list('authorities')) {
      const parsed = parseCertificate(row.certificate);
      if (parsed.ok) authorities.put({ row, certificate: parsed.certificate });
    }
    return authorities;
  }

  all(): IterableIterator<Authority> {
    return this.#byId.values();
  }

  get(authorityId: AuthorityId): Authority | undefined {
    return this.#byId.get(authorityId);
  }

  of(organisationId: OrganisationId): Authority[] {
    return [...this.#byId.values()].filter(({ row }) => row.organisationId === organisationId);
  }

  /** By id or name. */
  find(organisationId: OrganisationId, ref: string): Authority | undefined {
    return this.of(organisationId).find(({ row }) => row.authorityId === ref || row.name === ref);
  }

  /**
   * The authorities whose name and key a certificate has: its own, those of other organisations, and what it was renewed
   * from or by. All of them vouch for the same devices, whichever a path ends at.
   */
  same({ subject, publicKey }: Certificate): Authority[] {
    return [...this.#byId.values()].filter(
      ({ certificate: each }) =>
        Buffer.compare(each.subject.der, subject.der) === 0 && Buffer.compare(each.publicKey, publicKey) === 0,
    );
  }

  /** After the commit. */
  put(authority: Authority): void {
    this.#byId.set(authority.row.authorityId, authority);
  }

  /** After the commit. */
  remove(authorityId: AuthorityId): void {
    this.#byId.delete(authorityId);
  }
}
