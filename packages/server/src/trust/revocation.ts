import type { RevocationStatus } from '@reeve/contract';
import { admitCrl, parseCrl, type RevocationList, readPem } from '@reeve/dtls';
import type { AuthorityId, Millis } from '../ids.ts';
import { sha256 } from '../registry/proofs.ts';
import type { Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import type { Authorities, Authority } from './authorities.ts';
import { trustLimits } from './limits.ts';

export type ListRow = Row<'revocationLists'>;

/** The list of one authority: what is stored of it, and its content once there is one. */
export interface HeldList {
  readonly row: ListRow;
  readonly list?: RevocationList;
  /** SHA-256 of the issuer's name. */
  readonly issuer?: string;
}

/** A certificate as lists name it: digest of its issuer's name, and serial number, in hex. */
export interface PathStep {
  readonly issuer: string;
  readonly serial: string;
}

/** The revocation lists that are here. How they are kept fresh stands in `refresh.ts`. */
export class RevocationLists {
  readonly #held = new Map<AuthorityId, HeldList>();
  #current: readonly RevocationList[] = [];

  static async load(store: Store, authorities: Authorities): Promise<RevocationLists> {
    const lists = new RevocationLists();
    for (const row of await store.list('revocationLists')) {
      const authority = authorities.get(row.authorityId);
      if (!authority) continue;
      const read = row.list && readList(row.list, authority);
      lists.put(row, read && 'list' in read ? read.list : undefined);
    }
    return lists;
  }

  get(authorityId: AuthorityId): HeldList | undefined {
    return this.#held.get(authorityId);
  }

  all(): HeldList[] {
    return [...this.#held.values()];
  }

  /** The content of every list. */
  current(): readonly RevocationList[] {
    return this.#current;
  }

  /** Whether any certificate of a path is revoked. */
  revokes(path: readonly PathStep[]): boolean {
    return this.all().some((held) => names(held, path));
  }

  /** Whether a list that would name a certificate of a path is stale. */
  isStaleFor(path: readonly PathStep[], now: Millis): boolean {
    return this.all().some(
      ({ list, issuer }) => stateOf(list, now) === 'stale' && path.some((step) => step.issuer === issuer),
    );
  }

  /** After the commit. */
  put(row: ListRow, list: RevocationList | undefined): void {
    this.#held.set(row.authorityId, { row, ...(list ? { list, issuer: sha256(list.issuer.der) } : {}) });
    this.#gather();
  }

  /** After the commit. */
  remove(authorityId: AuthorityId): void {
    this.#held.delete(authorityId);
    this.#gather();
  }

  #gather(): void {
    this.#current = this.all().flatMap(({ list }) => (list ? [list] : []));
  }
}

/** Whether a list names a certificate of a path. */
export function names({ list, issuer }: Pick<HeldList, 'list' | 'issuer'>, path: readonly PathStep[]): boolean {
  return path.some(
    (step) => step.issuer === issuer && list?.revoked.find(Buffer.from(step.serial, 'hex')) !== undefined,
  );
}

/** Reads a list, in PEM or DER, that an authority has signed; `error` says in words what is wrong. */
export function readList(
  bytes: Uint8Array,
  { certificate }: Authority,
): { readonly der: Uint8Array; readonly list: RevocationList } | { readonly error: string } {
  const der = derOf(bytes);
  if ('error' in der) return der;
  const parsed = parseCrl(der.der);
  if (!parsed.ok) return { error: parsed.detail };
  const admitted = admitCrl(parsed.crl, [certificate]);
  return admitted.ok ? { der: der.der, list: admitted.list } : { error: admitted.detail };
}

function derOf(bytes: Uint8Array): { der: Uint8Array } | { error: string } {
  if (bytes[0] === 0x30) return { der: bytes };
  const pem = readPem(Buffer.from(bytes).toString('latin1'));
  if (!pem.ok) return { error: `neither PEM nor DER: ${pem.detail}` };
  const [der] = pem.crls;
  return der ? { der } : { error: 'the file holds no revocation list' };
}

/** How a list stands. A quarter of its life, or 7 days if that is less, before a newer one is due it is soon stale. */
export function stateOf(list: RevocationList | undefined, now: Millis): RevocationStatus['state'] {
  if (!list) return 'none';
  const { thisUpdate, nextUpdate } = list;
  if (now > nextUpdate) return 'stale';
  const warning = Math.min(trustLimits.staleWarning, (nextUpdate - thisUpdate) / 4);
  return nextUpdate - now < warning ? 'soon-stale' : 'fresh';
}

/** A list for people and programs. */
export function statusOf({ row, list }: HeldList, now: Millis): RevocationStatus {
  const { url, fetchedAt, nextAt, lastError } = row;
  return {
    state: stateOf(list, now),
    revoked: list?.revoked.size ?? 0,
    ...(list ? { issuedAt: list.thisUpdate, dueAt: list.nextUpdate } : {}),
    ...(fetchedAt === undefined ? {} : { fetchedAt }),
    ...(url === undefined ? {} : { url, nextFetchAt: nextAt }),
    ...(lastError === undefined ? {} : { lastError }),
  };
}
