import type { Actor } from '@reeve/contract';
import type { RevocationList } from '@reeve/dtls';
import { serverActor } from '../access/identity.ts';
import type { Millis } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
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
  readonly #fetching = new Map<string, Promise<void>>();
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
      if (authority && !this.#fetching.has(row.authorityId)) void this.fetch(authority, now).catch(() => {});
    }
    await this.#warn(now);
  }

  /** Fetches the list of an authority and takes it; what fails is tried again later. */
  fetch(authority: Authority, now: Millis): Promise<void> {
    const { authorityId } = authority.row;
    const running =
      this.#fetching.get(authorityId) ?? this.#fetch(authority, now).finally(() => this.#fetching.delete(authorityId));
    this.#fetching.set(authorityId, running);
    return running;
  }

  /**
   * Takes a list into use.
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
    await Promise.allSettled(this.#fetching.values());
  }

  async #fetch(authority: Authority, now: Millis): Promise<void> {
    const held = this.#o.lists.get(authority.row.authorityId);
    if (held?.row.url === undefined) return;
    const { fetch, after } = this.#o;
    let error: string | undefined;
    try {
      const bytes = await fetchList(held.row.url, { fetch, after, signal: this.#stopped.signal });
      error = await this.take(authority, bytes, held.row, now, serverActor);
    } catch (thrown) {
      error = thrown instanceof Error ? thrown.message : String(thrown);
    }
    if (error !== undefined && !this.#stopped.signal.aborted) await this.#failed(authority, held, error, now);
  }

  /** Half of the time that a list has left, within bounds. */
  #untilNext({ nextUpdate }: RevocationList, now: Millis): number {
    const { soonestFetch, latestFetch } = trustLimits;
    const half = Math.min(Math.max((nextUpdate - now) / 2, soonestFetch), latestFetch);
    return jittered(half, this.#o.random());
  }

  async #failed(
    { row: { authorityId, name } }: Authority,
    { row, list }: HeldList,
    lastError: string,
    now: Millis,
  ): Promise<void> {
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
    for (const { row, list } of this.#o.lists.all()) {
      const state = stateOf(list, now);
      const authority = this.#o.authorities.get(row.authorityId);
      // What is being fetched changes the same row, and may be the cure.
      if (this.#fetching.has(row.authorityId)) continue;
      if ((state !== 'soon-stale' && state !== 'stale') || row.told === state || !authority || !list) continue;
      const { authorityId, name } = authority.row;
      const why = row.lastError === undefined ? '' : `; fetching it failed: ${row.lastError}`;
      const reason = `${state === 'stale' ? 'its revocation list is stale since' : 'its revocation list will be stale from'} ${instant(list.nextUpdate)}${why}`;
      const next: ListRow = { ...row, told: state };
      await this.#o.store.commit({
        changes: [{ put: 'revocationLists', row: next }],
        journal: [{ ...entryOf(row, now), type: 'revocation.alarm', payload: { authorityId, name, reason } }],
      });
      this.#o.lists.put(next, list);
    }
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
