import type { Refusal } from '@reeve/contract';
import { type Millis, newId, type OrganisationId } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
import type { LinkUp } from '../link/port.ts';
import type { Change, Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import { showIdentity } from './credentials.ts';

type Refused = Omit<Extract<LinkUp, { kind: 'refused' }>, 'kind'>;

/** Lines kept; the one not seen for longest goes first. */
const MAX_LINES = 1000;
/** Lines written per flush: a flood of strangers must not keep the disk busy. */
const MAX_WRITES = 100;

/** What to do about each check that a device can fail. Unknown checks get the last line. */
const advice: Readonly<Record<string, string>> = {
  'unknown-identity': 'Add the device (`reeve device add ENDPOINT`), or correct the PSK identity on the device.',
  'wrong-key': 'The identity is known but the key differs: set it again on both sides (`reeve device key ENDPOINT`).',
  'no-common-suite':
    'The device offers no cipher suite that this server has: enable PSK with AES-128-CCM-8 or AES-128-GCM.',
  'endpoint-mismatch':
    'The endpoint name is not the one of this credential: correct it on the device, or add the device under that name.',
  'unknown-endpoint': 'No device has this endpoint name: `reeve device add ENDPOINT`.',
  'nosec-not-allowed': 'The device came without DTLS: give it a key, or add it with --nosec if that is what you want.',
  'identity-change': 'Another identity registered this device: check for a copied key or a cloned device.',
  'stale-registration': 'The device updates a registration that is over; it will register again by itself.',
  version: 'The device speaks a version of LwM2M that this server does not.',
  malformed: 'The device sends what the specification does not allow: capture it with `reeve trace` and ask its maker.',
  'block-wise':
    'The message came in blocks, which this version does not assemble yet: shorten the object list or raise the block size.',
  timeout: 'The handshake stopped half-way: look for lost datagrams, a firewall or an MTU below 1280.',
  limit: 'A limit of the server was reached: see docs/operations.md for the limits.',
};
const otherwise = 'See docs/operations.md, "Why can\'t my device connect?".';

/**
 * "Why can't my device connect?": one line per address, identity and failed check, with a count. Hostile input only
 * moves counters in memory; lines reach the disk at most once a flush.
 */
export class Refusals {
  readonly #lines = new Map<string, Row<'refusals'>>();
  readonly #dirty = new Set<string>();
  readonly #store: Store;
  readonly #organisationId: OrganisationId;

  constructor(store: Store, organisationId: OrganisationId) {
    this.#store = store;
    this.#organisationId = organisationId;
  }

  static async load(store: Store, organisationId: OrganisationId): Promise<Refusals> {
    const refusals = new Refusals(store, organisationId);
    for (const row of await store.list('refusals', { orderBy: 'lastAt', limit: MAX_LINES })) {
      refusals.#lines.set(lineKey(row), row);
    }
    return refusals;
  }

  /** Newest first. */
  list(): Refusal[] {
    return [...this.#lines.values()].reverse().map(({ organisationId: _, ...line }) => line);
  }

  count(refused: Refused): void {
    const host = hostOf(refused.address);
    const identity = refused.identity === undefined ? undefined : showIdentity(refused.identity);
    const key = lineKey({ address: host, identity, endpoint: refused.endpoint, check: refused.check });
    const known = this.#lines.get(key);
    if (known) {
      known.lastAt = refused.at;
      known.count += 1;
      known.detail = refused.detail;
      this.#lines.delete(key);
      this.#lines.set(key, known);
    } else {
      this.#lines.set(key, {
        organisationId: this.#organisationId,
        refusalId: newId.refusal(),
        firstAt: refused.at,
        lastAt: refused.at,
        count: 1,
        address: host,
        ...(identity === undefined ? {} : { identity }),
        ...(refused.endpoint === undefined ? {} : { endpoint: refused.endpoint }),
        check: refused.check,
        detail: refused.detail,
        advice: advice[refused.check] ?? otherwise,
      });
    }
    this.#dirty.add(key);
  }

  /** Writes what changed since the last flush; called once a second. */
  async flush(now: Millis): Promise<void> {
    const changes: Change[] = [];
    const journal: JournalDraft[] = [];
    while (this.#lines.size > MAX_LINES) {
      const [oldest, row] = this.#lines.entries().next().value ?? [];
      if (oldest === undefined || !row) break;
      this.#lines.delete(oldest);
      if (!this.#dirty.delete(oldest) || row.count > 1) {
        changes.push({ delete: 'refusals', key: { refusalId: row.refusalId } });
      }
    }
    for (const key of this.#dirty) {
      if (changes.length >= MAX_WRITES) break;
      this.#dirty.delete(key);
      const row = this.#lines.get(key);
      if (!row) continue;
      changes.push({ put: 'refusals', row: { ...row } });
      if (isRound(row.count)) {
        journal.push({
          type: 'refusal.counted',
          at: now,
          organisationId: this.#organisationId,
          actor: { kind: 'server', name: 'link' },
          payload: {
            check: row.check,
            address: row.address,
            count: row.count,
            ...(row.identity === undefined ? {} : { identity: row.identity }),
            ...(row.endpoint === undefined ? {} : { endpoint: row.endpoint }),
          },
        });
      }
    }
    if (changes.length > 0) await this.#store.commit({ changes, journal });
  }
}

/** 1, 10, 100 …: the counts that are worth a line in the journal. */
function isRound(count: number): boolean {
  return /^10*$/.test(String(count));
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
