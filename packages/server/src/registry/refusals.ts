import type { Refusal } from '@reeve/contract';
import { type Millis, newId, type OrganisationId, type RefusalId } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
import type { LinkUp } from '../link/port.ts';
import type { Change, Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import { showIdentity } from './credentials.ts';

/** A refusal to be counted. */
export type Refused = Omit<Extract<LinkUp, { kind: 'refused' }>, 'kind'>;

/** Lines kept, and stored ones still to be deleted; the one not seen for longest goes first. */
const MAX_LINES = 1000;
/** Rows written per flush: a flood of strangers must not keep the disk busy. */
const MAX_WRITES = 100;
/** Entries journalled in an hour: the journal is kept for long, and strangers with ever new names must not fill the disk. */
const MAX_JOURNALLED = 1000;
const HOUR_MS = 3_600_000;

/** What to do about each check that a device can fail. Unknown checks get the last line. */
export const advice: Readonly<Record<string, string>> = {
  'unknown-identity': 'Add the device (`reeve device add ENDPOINT`), or correct the PSK identity on the device.',
  'wrong-key': 'The identity is known but the key differs: set it again on both sides (`reeve device key ENDPOINT`).',
  'no-common-suite':
    'The device offers no cipher suite that this server has: enable PSK with AES-128-CCM-8 or AES-128-GCM.',
  'endpoint-mismatch':
    'The endpoint name is not the one of this credential: correct it on the device, or add the device under that name.',
  'unknown-endpoint': 'No device has this endpoint name: `reeve device add ENDPOINT --nosec`.',
  'nosec-not-allowed': 'The device came without DTLS: give it a key, or add it with --nosec if that is what you want.',
  'identity-change': 'Another identity registered this device: check for a copied key or a cloned device.',
  'stale-registration': 'The device updates a registration that is over; it will register again by itself.',
  version: 'The device speaks a version of LwM2M that this server does not.',
  malformed: 'The device sends what the specification does not allow: capture it with `reeve trace` and ask its maker.',
  'block-wise':
    'The message came in blocks, which this version does not assemble yet: shorten the object list or raise the block size.',
  timeout: 'The handshake stopped half-way: look for lost datagrams, a firewall or an MTU below 1280.',
  alert: 'The device broke the handshake off: its own log says why; mostly it is the key or the cipher suite.',
  'forged-addresses':
    'Somebody floods the port from made-up addresses, which costs no memory here: filter it near its source.',
  limit: 'A limit of the server was reached: see docs/operations.md for the limits.',
};
const otherwise = 'See docs/operations.md, "Why can\'t my device connect?".';

/** A line, and what of it the store has. */
interface Line {
  row: Row<'refusals'>;
  /** The count that is stored; 0 before the first flush. */
  stored: number;
  dirty: boolean;
}

/**
 * "Why can't my device connect?": one line per address, identity and failed check, with a count. Hostile input only
 * moves counters in memory; lines reach the disk at most once a flush.
 */
export class Refusals {
  /** In the order of their last refusal. */
  readonly #lines = new Map<string, Line>();
  /** Lines that made room and are still stored. */
  readonly #gone = new Set<RefusalId>();
  readonly #store: Store;
  readonly #organisationId: OrganisationId;
  #hour = 0;
  #journalled = 0;

  private constructor(store: Store, organisationId: OrganisationId) {
    this.#store = store;
    this.#organisationId = organisationId;
  }

  static async load(store: Store, organisationId: OrganisationId): Promise<Refusals> {
    const refusals = new Refusals(store, organisationId);
    const rows = await store.list('refusals', { orderBy: 'lastAt', descending: true, limit: MAX_LINES });
    for (const row of rows.reverse()) refusals.#lines.set(lineKey(row), { row, stored: row.count, dirty: false });
    return refusals;
  }

  /** Newest first. */
  list(): Refusal[] {
    return [...this.#lines.values()].reverse().map(({ row: { organisationId: _, ...line } }) => line);
  }

  count(refused: Refused): void {
    const { at, check, detail, endpoint } = refused;
    const address = hostOf(refused.address);
    const identity = refused.identity === undefined ? undefined : showIdentity(refused.identity);
    const key = lineKey({ address, identity, endpoint, check });
    const known = this.#lines.get(key);
    // Re-inserted, so that the map's order is the order of the last refusal.
    this.#lines.delete(key);
    if (known) {
      const row = { ...known.row, lastAt: at, count: known.row.count + 1, detail };
      this.#lines.set(key, { ...known, row, dirty: true });
      return;
    }
    if (this.#lines.size >= MAX_LINES) this.#dropOldest();
    const row = {
      organisationId: this.#organisationId,
      refusalId: newId.refusal(),
      firstAt: at,
      lastAt: at,
      count: 1,
      address,
      ...(identity === undefined ? {} : { identity }),
      ...(endpoint === undefined ? {} : { endpoint }),
      check,
      detail,
      advice: advice[check] ?? otherwise,
    };
    this.#lines.set(key, { row, stored: 0, dirty: true });
  }

  /** Writes what changed since the last flush; called once a second. What fails is written by the next. */
  async flush(now: Millis): Promise<void> {
    const gone = [...this.#gone].slice(0, MAX_WRITES);
    const dirty = [...this.#lines].filter(([, line]) => line.dirty).slice(0, MAX_WRITES - gone.length);
    if (gone.length + dirty.length === 0) return;
    const changes: Change[] = gone.map((refusalId) => ({ delete: 'refusals', key: { refusalId } }));
    const journal: JournalDraft[] = [];
    for (const [, { row, stored }] of dirty) {
      changes.push({ put: 'refusals', row });
      if (digits(row.count) > digits(stored) && this.#mayJournal(now)) journal.push(this.#entry(row, now));
    }
    await this.#store.commit({ changes, journal });
    for (const refusalId of gone) this.#gone.delete(refusalId);
    for (const [key, { row }] of dirty) {
      const line = this.#lines.get(key);
      // One that made room while it was being written is stored now.
      if (line?.row.refusalId !== row.refusalId) this.#gone.add(row.refusalId);
      else this.#lines.set(key, { ...line, stored: row.count, dirty: line.row !== row });
    }
  }

  #mayJournal(now: Millis): boolean {
    const hour = Math.floor(now / HOUR_MS);
    if (hour !== this.#hour) this.#journalled = 0;
    this.#hour = hour;
    this.#journalled += 1;
    return this.#journalled <= MAX_JOURNALLED;
  }

  #dropOldest(): void {
    const [key, line] = this.#lines.entries().next().value ?? [];
    if (key === undefined || !line) return;
    this.#lines.delete(key);
    if (line.stored > 0) this.#gone.add(line.row.refusalId);
  }

  #entry({ check, address, identity, endpoint, count }: Row<'refusals'>, at: Millis): JournalDraft {
    return {
      type: 'refusal.counted',
      at,
      organisationId: this.#organisationId,
      actor: { kind: 'server', name: 'link' },
      payload: {
        check,
        address,
        count,
        ...(identity === undefined ? {} : { identity }),
        ...(endpoint === undefined ? {} : { endpoint }),
      },
    };
  }
}

/** A refusal is journalled when its count gains a digit: at the first, tenth, hundredth. */
function digits(count: number): number {
  return count === 0 ? 0 : String(count).length;
}

/** The port differs at every try; the host says who it is. */
function hostOf(address: string): string {
  return address.replace(/:\d+$/, '');
}

function lineKey(line: {
  address: string;
  identity?: string | undefined;
  endpoint?: string | undefined;
  check: string;
}): string {
  return JSON.stringify([line.address, line.identity, line.endpoint, line.check]);
}
