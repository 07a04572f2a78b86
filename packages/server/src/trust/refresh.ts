import type { Actor } from '@reeve/contract';
import type { RevocationList } from '@reeve/dtls';
import { serverActor } from '../access/identity.ts';
import type { AuthorityId, Millis } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
import { Lanes } from '../lanes.ts';
import type { After } from '../notices/send.ts';
import type { SessionEnder } from '../registry/end-sessions.ts';
import type { Fleet } from '../registry/fleet.ts';
import type { Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import type { Authorities, Authority } from './authorities.ts';
import { fetchList } from './fetch-list.ts';
import { jittered, trustLimits } from './limits.ts';
import { type HeldList, type ListRow, names, type RevocationLists, readList, stateOf } from './revocation.ts';
import type { SeenCertificates } from './seen.ts';

interface Options {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly authorities: Authorities;
  readonly lists: RevocationLists;
  readonly seen: SeenCertificates;
  readonly ender: SessionEnder;
  readonly fetch: typeof globalThis.fetch;
  readonly after: After;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Entries of one commit when very many certificates are revoked at once. */
const ENTRIES_AT_ONCE = 500;
/** When a list is fetched that people bring. */
const NEVER = Number.MAX_SAFE_INTEGER;

/**
 * Keeps revocation lists fresh: fetches them when they are due, tells people before one is stale, and ends the sessions of
 * certificates that a new one names.
 */
export class ListRefresh {
  readonly #o: Options;
  readonly #lanes = new Lanes<AuthorityId>();
  readonly #fetching = new Map<AuthorityId, { readonly url: string; readonly done: Promise<void> }>();
  readonly #stopped = new AbortController();

  constructor(options: Options) {
    this.#o = options;
  }

  /** Begins what is due, and tells of lists that are soon stale; called every second. */
  async tick(now: Millis): Promise<void> {
    for (const { row } of this.#o.lists.all()) {
      if (row.nextAt > now || row.url === undefined) continue;
      if (this.#fetching.size >= trustLimits.fetches) break;
      const authority = this.#o.authorities.get(row.authorityId);
      if (authority) void this.fetch(authority, now).catch(() => {});
    }
    await this.#warn(now);
  }

  /** Changes an authority, or its list, while nothing else does. */
  alone<T>(authorityId: AuthorityId, change: () => Promise<T>): Promise<T> {
    return this.#lanes.run(authorityId, change);
  }

  /** Fetches the list of an authority and takes it; what fails is tried again later. */
  fetch(authority: Authority, now: Millis): Promise<void> {
    const { authorityId } = authority.row;
    const url = this.#o.lists.get(authorityId)?.row.url;
    if (url === undefined) return Promise.resolve();
    const running = this.#fetching.get(authorityId);
    if (running?.url === url) return running.done;
    const done = this.#fetch(authority, url, now).finally(() => {
      if (this.#fetching.get(authorityId)?.done === done) this.#fetching.delete(authorityId);
    });
    this.#fetching.set(authorityId, { url, done });
    return done;
  }

  /**
   * Takes a list into use; to be called `alone`.
   *
   * @param row how it was kept so far
   * @returns what is wrong with it, in words; undefined if it was taken
   */
  async take(
    authority: Authority,
    bytes: Uint8Array,
    row: ListRow,
    now: Millis,
    actor: Actor,
  ): Promise<string | undefined> {
    const { authorityId, name } = authority.row;
    const read = readList(bytes, authority);
    if ('error' in read) return read.error;
    const { der, list } = read;
    const before = this.#o.lists.get(authorityId);
    if (before?.list && list.thisUpdate < before.list.thisUpdate) {
      return `it is of ${instant(list.thisUpdate)}, older than the one that is here`;
    }
    const { lastError: _, ...kept } = row;
    const nextAt = row.url === undefined ? NEVER : now + this.#untilNext(list, now);
    const next: ListRow = { ...kept, list: der, fetchedAt: now, nextAt, failures: 0, told: 'nothing' };
    const isNew = before?.list?.thisUpdate !== list.thisUpdate || before.list.number !== list.number;
    const journal: JournalDraft[] = [];
    if (isNew) {
      const payload = {
        authorityId,
        name,
        revoked: list.revoked.size,
        issuedAt: list.thisUpdate,
        dueAt: list.nextUpdate,
      };
      journal.push({ type: 'revocation.updated', at: now, organisationId: row.organisationId, actor, payload });
    }
    await this.#o.store.commit({ changes: [{ put: 'revocationLists', row: next }], journal });
    this.#o.lists.put(next, list);
    await this.#endRevoked(authority, before, now);
    return undefined;
  }

  /** Waits for nothing: what is being fetched is given up. */
  async close(): Promise<void> {
    this.#stopped.abort();
    await Promise.allSettled([...this.#fetching.values()].map(({ done }) => done));
  }

  async #fetch(authority: Authority, url: string, now: Millis): Promise<void> {
    const { authorityId } = authority.row;
    const { fetch, after, lists } = this.#o;
    const fetched = await fetchList(url, { fetch, after, signal: this.#stopped.signal }).catch(messageOf);
    await this.alone(authorityId, async () => {
      const held = lists.get(authorityId);
      // Otherwise people have named another source meanwhile, or none.
      if (held?.row.url !== url) return;
      const error =
        typeof fetched === 'string'
          ? fetched
          : await this.take(authority, fetched, held.row, now, serverActor).catch(messageOf);
      if (error !== undefined && !this.#stopped.signal.aborted) await this.#failed(authority, error, now);
    });
  }

  /** Half of the time that a list has left, within bounds. */
  #untilNext({ nextUpdate }: RevocationList, now: Millis): number {
    const { soonestFetch, latestFetch } = trustLimits;
    const half = Math.min(Math.max((nextUpdate - now) / 2, soonestFetch), latestFetch);
    return jittered(half, this.#o.random());
  }

  async #failed({ row: { authorityId, name } }: Authority, lastError: string, now: Millis): Promise<void> {
    const held = this.#o.lists.get(authorityId);
    if (!held) return;
    const { row, list } = held;
    const { firstRetry, latestRetry } = trustLimits;
    const failures = row.failures + 1;
    const wait = Math.min(firstRetry * 2 ** row.failures, latestRetry);
    const next: ListRow = {
      ...row,
      failures,
      lastError: lastError.slice(0, 200),
      nextAt: now + jittered(wait, this.#o.random()),
    };
    const journal: JournalDraft[] = [];
    // While there is a list, people hear of it when that is soon stale.
    if (!list && failures === 1) {
      const reason = `its revocation list could not be fetched: ${next.lastError}`;
      journal.push({ ...entryOf(row, now), type: 'revocation.alarm', payload: { authorityId, name, reason } });
    }
    // Whoever serves the list is left alone for that time even if nothing can be saved.
    this.#o.lists.put(next, list);
    await this.#o.store.commit({ changes: [{ put: 'revocationLists', row: next }], journal });
  }

  async #warn(now: Millis): Promise<void> {
    for (const { row } of this.#o.lists.all()) {
      const { authorityId } = row;
      // What is being fetched may be the cure.
      if (!this.#fetching.has(authorityId)) await this.alone(authorityId, () => this.#warnOf(authorityId, now));
    }
  }

  async #warnOf(authorityId: AuthorityId, now: Millis): Promise<void> {
    const { row, list } = this.#o.lists.get(authorityId) ?? {};
    const name = this.#o.authorities.get(authorityId)?.row.name;
    const state = stateOf(list, now);
    if ((state !== 'soon-stale' && state !== 'stale') || row?.told === state || !row || !list || !name) return;
    const why = row.lastError === undefined ? '' : `; fetching it failed: ${row.lastError}`;
    const reason = `${state === 'stale' ? 'its revocation list is stale since' : 'its revocation list will be stale from'} ${instant(list.nextUpdate)}${why}`;
    const next: ListRow = { ...row, told: state };
    await this.#o.store.commit({
      changes: [{ put: 'revocationLists', row: next }],
      journal: [{ ...entryOf(row, now), type: 'revocation.alarm', payload: { authorityId, name, reason } }],
    });
    this.#o.lists.put(next, list);
  }

  /** Ends the sessions of certificates that the list names and the one before did not. */
  async #endRevoked(
    { row: { authorityId, name } }: Authority,
    before: HeldList | undefined,
    now: Millis,
  ): Promise<void> {
    const held = this.#o.lists.get(authorityId);
    if (!held) return;
    const revoked: Row<'seenCertificates'>[] = [...this.#o.seen.all()].filter(
      ({ path }) => names(held, path) && !(before && names(before, path)),
    );
    for (const { deviceId, identity } of revoked) this.#o.ender.endIdentity(this.#o.fleet.get(deviceId), identity);
    for (let from = 0; from < revoked.length; from += ENTRIES_AT_ONCE) {
      const journal = revoked.slice(from, from + ENTRIES_AT_ONCE).map(
        ({ organisationId, deviceId, subject }): JournalDraft => ({
          ...entryOf({ organisationId }, now),
          type: 'certificate.revoked',
          deviceId,
          payload: { subject, authority: name },
        }),
      );
      await this.#o.store.commit({ journal });
    }
  }
}

function entryOf({ organisationId }: Pick<ListRow, 'organisationId'>, at: Millis) {
  return { at, organisationId, actor: serverActor };
}

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

const instant = (at: Millis): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');

/** The list of an authority before any came. */
export function firstRow(
  { row: { organisationId, authorityId } }: Authority,
  url: string | undefined,
  now: Millis,
): ListRow {
  return {
    organisationId,
    authorityId,
    nextAt: url === undefined ? NEVER : now,
    failures: 0,
    told: 'nothing',
    ...(url === undefined ? {} : { url }),
  };
}
