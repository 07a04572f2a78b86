import { type HandshakeId, type Millis, newId, type OrganisationId } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
import { networkOf } from '../link/address.ts';
import type { Check } from '../link/handshake-facts.ts';
import type { LinkUp } from '../link/port.ts';
import type { Change, Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import { nameOf, presentedOf } from './presented.ts';

/** A connection that failed: the handshake itself, or what came after it. */
export type Refused = Omit<Extract<LinkUp, { kind: 'refused' }>, 'kind'>;

/** Where a socket listens, for people. */
export type ListenerName = (ingress: number) => string | undefined;

/** What strangers can make grow, and its bound. */
export const failedLimits = {
  /** Records kept, and stored ones still to be deleted. */
  records: 1000,
  /** Rows written per flush: a flood must not keep the disk busy. */
  writesPerFlush: 100,
  /** Entries journalled in an hour: the journal is kept for long, and strangers with ever new names must not fill it. */
  journalledPerHour: 1000,
} as const;

const HOUR_MS = 3_600_000;

/** A record, and what of it the store has. */
interface Line {
  row: Row<'failedHandshakes'>;
  /** The count that is stored; 0 before the first flush. */
  stored: number;
  dirty: boolean;
}

/**
 * "Why can't my device connect?": one record per address, identity and failed check, with a count. Hostile input only
 * moves counters in memory; records reach the disk at most once a flush.
 */
export class FailedHandshakes {
  /** In the order of their last failure. */
  readonly #lines = new Map<string, Line>();
  /** Keys of the lines of each network, in the same order. */
  readonly #networks = new Map<string, Set<string>>();
  /** Records that made room and are still stored. */
  readonly #gone = new Set<HandshakeId>();
  /** Failures since the start, by check. */
  readonly #counts = new Map<Check, number>();
  readonly #store: Store;
  readonly #organisationId: OrganisationId;
  readonly #listener: ListenerName;
  #hour = 0;
  #journalled = 0;

  private constructor(store: Store, organisationId: OrganisationId, listener: ListenerName) {
    this.#store = store;
    this.#organisationId = organisationId;
    this.#listener = listener;
  }

  static async load(
    store: Store,
    organisationId: OrganisationId,
    listener: ListenerName = () => undefined,
  ): Promise<FailedHandshakes> {
    const failed = new FailedHandshakes(store, organisationId, listener);
    const rows = await store.list('failedHandshakes', {
      orderBy: 'lastAt',
      descending: true,
      limit: failedLimits.records,
    });
    for (const row of rows.reverse()) failed.#keep(lineKey(row), { row, stored: row.count, dirty: false });
    return failed;
  }

  /** Newest first. */
  list(): Row<'failedHandshakes'>[] {
    return [...this.#lines.values()].reverse().map(({ row }) => row);
  }

  /** Failures since the start, by check. */
  counts(): ReadonlyMap<Check, number> {
    return this.#counts;
  }

  count(refused: Refused): void {
    const { at, check, detail, ingress, identity, endpoint, handshake } = refused;
    const listener = ingress === undefined ? undefined : this.#listener(ingress);
    this.#counts.set(check, (this.#counts.get(check) ?? 0) + 1);
    const last = {
      lastAt: at,
      detail,
      ...(listener === undefined ? {} : { listener }),
      ...(handshake === undefined ? {} : { handshake }),
    };
    const who = {
      address: hostOf(refused.address),
      check,
      stage: handshake === undefined ? ('lwm2m' as const) : ('dtls' as const),
      ...(identity === undefined ? {} : { identity }),
      ...(endpoint === undefined ? {} : { endpoint }),
    };
    const key = lineKey(who);
    const known = this.#lines.get(key);
    if (known) {
      const { listener: _, handshake: __, ...row } = known.row;
      this.#drop(key, known);
      this.#keep(key, { ...known, row: { ...row, ...last, count: row.count + 1 }, dirty: true });
      return;
    }
    if (this.#lines.size >= failedLimits.records) this.#makeRoom();
    const row = {
      organisationId: this.#organisationId,
      handshakeId: newId.handshake(),
      firstAt: at,
      count: 1,
      ...who,
      ...last,
    };
    this.#keep(key, { row, stored: 0, dirty: true });
  }

  /** Writes what changed since the last flush; called once a second. What fails is written by the next. */
  async flush(now: Millis): Promise<void> {
    const { writesPerFlush } = failedLimits;
    const gone = [...this.#gone].slice(0, writesPerFlush);
    const dirty = [...this.#lines].filter(([, line]) => line.dirty).slice(0, writesPerFlush - gone.length);
    if (gone.length + dirty.length === 0) return;
    const changes: Change[] = gone.map((handshakeId) => ({ delete: 'failedHandshakes', key: { handshakeId } }));
    const journal: JournalDraft[] = [];
    for (const [, { row, stored }] of dirty) {
      changes.push({ put: 'failedHandshakes', row });
      if (digits(row.count) > digits(stored) && this.#mayJournal(now)) journal.push(this.#entry(row, now));
    }
    await this.#store.commit({ changes, journal });
    for (const handshakeId of gone) this.#gone.delete(handshakeId);
    for (const [key, { row }] of dirty) {
      const line = this.#lines.get(key);
      // One that made room while it was being written is stored now.
      if (line?.row.handshakeId !== row.handshakeId) this.#gone.add(row.handshakeId);
      else this.#lines.set(key, { ...line, stored: row.count, dirty: line.row !== row });
    }
  }

  #mayJournal(now: Millis): boolean {
    const hour = Math.floor(now / HOUR_MS);
    if (hour !== this.#hour) this.#journalled = 0;
    this.#hour = hour;
    this.#journalled += 1;
    return this.#journalled <= failedLimits.journalledPerHour;
  }

  /** Puts a line at the end of both orders. */
  #keep(key: string, line: Line): void {
    this.#lines.set(key, line);
    const network = networkOf(line.row.address);
    this.#networks.set(network, (this.#networks.get(network) ?? new Set()).add(key));
  }

  #drop(key: string, { row }: Line): void {
    this.#lines.delete(key);
    const network = networkOf(row.address);
    const keys = this.#networks.get(network);
    keys?.delete(key);
    if (keys?.size === 0) this.#networks.delete(network);
  }

  /** The network with most lines gives up its oldest, so that one flood does not push out what others showed. */
  #makeRoom(): void {
    let most: ReadonlySet<string> = new Set();
    for (const keys of this.#networks.values()) if (keys.size > most.size) most = keys;
    // Where all have the same number, it is the oldest line of all.
    const [key] = most.size > 1 ? most : this.#lines.keys();
    const line = key === undefined ? undefined : this.#lines.get(key);
    if (key === undefined || line === undefined) return;
    this.#drop(key, line);
    if (line.stored > 0) this.#gone.add(line.row.handshakeId);
  }

  #entry(row: Row<'failedHandshakes'>, at: Millis): JournalDraft {
    const { check, address, endpoint, count } = row;
    const presented = presentedOf(row);
    return {
      type: 'refusal.counted',
      at,
      organisationId: this.#organisationId,
      actor: { kind: 'server', name: 'link' },
      payload: {
        check,
        address,
        count,
        ...(presented === undefined ? {} : { identity: nameOf(presented) }),
        ...(endpoint === undefined ? {} : { endpoint }),
      },
    };
  }
}

/** A failure is journalled when its count gains a digit: at the first, tenth, hundredth. */
function digits(count: number): number {
  return count === 0 ? 0 : String(count).length;
}

/** The port differs at every try; the host says who it is. */
function hostOf(address: string): string {
  return address.replace(/:\d+$/, '');
}

function lineKey(
  line: Pick<Row<'failedHandshakes'>, 'address' | 'stage' | 'check'> & {
    identity?: string | undefined;
    endpoint?: string | undefined;
  },
): string {
  return JSON.stringify([line.address, line.stage, line.identity, line.endpoint, line.check]);
}
