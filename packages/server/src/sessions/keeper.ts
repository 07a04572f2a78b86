import type { Decision } from '../decision.ts';
import type { DeviceId, Millis, OrganisationId } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
import type { LinkDown, LinkUp, SessionId, SessionInfo } from '../link/port.ts';
import { type Device, type Fleet, pages } from '../registry/fleet.ts';
import { showIdentity } from '../registry/proofs.ts';
import { receivedOf } from '../registry/terms.ts';
import { type Change, type Store, StoreError } from '../store/port.ts';
import type { Sealer } from '../store/sealing.ts';
import type { Row } from '../store/tables.ts';
import { sessionLimits } from './limits.ts';

type SessionRow = Row<'dtlsSessions'>;
type Opened = Extract<LinkUp, { kind: 'session-opened' }>;
type Moved = Extract<LinkUp, { kind: 'session-moved' }>;

interface Options {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly fleet: Fleet;
  readonly organisationId: OrganisationId;
  /** The device that whoever authenticated a session is; undefined once what admitted it is not good any more. */
  readonly deviceBehind: (session: Pick<SessionRow, 'identity' | 'credential'>) => DeviceId | undefined;
  readonly send: (message: LinkDown) => void;
  /** Days of `sessionLimits.keepDays`. */
  readonly keepDays?: number;
  /** A random integer below a bound. */
  readonly random: (below: number) => number;
  readonly now: () => Millis;
}

/** What memory holds of a session. */
interface Kept {
  session: Authenticated;
  sendLimit: number;
  readonly deviceId: DeviceId | undefined;
  readonly connectionId: string | undefined;
  readonly openedAt: Millis;
}

type Authenticated = SessionInfo & Required<Pick<SessionInfo, 'identity' | 'credential'>>;

/** A limit that the link asked for. */
interface Asked {
  upTo: number;
  /** The store is at it. */
  underWay: boolean;
}

/**
 * Keeps DTLS sessions in the store, so that a restart is invisible to devices: what a session may send with is reserved
 * before it is used, and what it has received is marked with the effect of each message. A session goes when its peer or
 * its credential goes, when its device is heard over another one, or after a long silence.
 */
export class SessionKeeper {
  readonly #o: Options;
  readonly #kept = new Map<SessionId, Kept>();
  /** Rows that the store could not take; tried again at each tick. */
  readonly #unsaved = new Map<SessionId, SessionRow>();
  /** Limits that the link asked for and did not get yet. */
  readonly #asked = new Map<SessionId, Asked>();

  private constructor(options: Options) {
    this.#o = options;
  }

  /** Reads what was kept, hands it down to the link, and lets devices be reached over it. */
  static async restore(options: Options, bind: (device: Device, session: SessionInfo) => void): Promise<SessionKeeper> {
    const keeper = new SessionKeeper(options);
    const { store } = options;
    let rows: SessionRow[] = [];
    const revive = () => Promise.all(rows.map((row) => keeper.#revive(row, bind)));
    for await (const row of pages(store, 'dtlsSessions')) {
      rows.push(row);
      if (rows.length < sessionLimits.revivedAtOnce) continue;
      await revive();
      rows = [];
    }
    await revive();
    return keeper;
  }

  /** How many sessions are kept. */
  get size(): number {
    return this.#kept.size;
  }

  /** The sessions of a device, the newest first. */
  of(deviceId: DeviceId): Kept[] {
    return [...this.#kept.values()]
      .filter((kept) => kept.deviceId === deviceId)
      .sort((a, b) => b.openedAt - a.openedAt);
  }

  /** What is kept of a session, if that says the same: every message from another thread brings texts of its own. */
  held(session: SessionInfo): SessionInfo {
    const kept = this.#kept.get(session.sessionId)?.session;
    return kept && kept.address === session.address && kept.ingress === session.ingress ? kept : session;
  }

  /** Stores a session; called before anything that comes over it is handled, so that no effect is stored before it. */
  opened({ session, at, snapshot }: Opened): void {
    if (!snapshot || !isAuthenticated(session)) return;
    const { sessionId, identity, credential, address, ingress } = session;
    const deviceId = this.#o.deviceBehind(session);
    const { connectionId, sendLimit } = snapshot;
    this.#kept.set(sessionId, { session, sendLimit, deviceId, connectionId, openedAt: at });
    this.#save({
      organisationId: this.#o.organisationId,
      sessionId,
      ...(deviceId === undefined ? {} : { deviceId }),
      identity,
      credential,
      ...(connectionId === undefined ? {} : { connectionId }),
      address,
      ingress,
      sendLimit,
      openedAt: at,
      sealedSnapshot: this.#o.sealer.seal(snapshot.bytes, placeOf(sessionId)),
    });
  }

  /** The session is over. */
  closed(sessionId: SessionId, at: Millis): void {
    const kept = this.#kept.get(sessionId);
    if (!kept) return;
    const why = this.#whyEnded(kept, at);
    this.#forget(sessionId);
    const journal = why === undefined ? [] : [ended(kept, this.#o.organisationId, at, why)];
    // A row that stays behind is looked at again after a restart.
    this.#o.store.commit({ changes: [deletion(sessionId)], journal }).catch(() => {});
  }

  /**
   * Reserves numbers to send with. The store compares before it sets: of two processes that believe to own a session one
   * gets the numbers, and on the other's side the session ends.
   */
  reserve(sessionId: SessionId, upTo: number): void {
    const kept = this.#kept.get(sessionId);
    if (!kept) {
      this.#o.send({ kind: 'drop-session', sessionId });
      return;
    }
    const asked = this.#asked.get(sessionId) ?? { upTo, underWay: false };
    asked.upTo = Math.max(upTo, asked.upTo);
    this.#asked.set(sessionId, asked);
    // One at a time: a link that asks again while the answer is on its way is no other process.
    if (!asked.underWay) void this.#reserve(kept, asked);
  }

  async #reserve(kept: Kept, asked: Asked): Promise<void> {
    const { sessionId } = kept.session;
    const { upTo } = asked;
    asked.underWay = true;
    const unsaved = this.#unsaved.get(sessionId);
    this.#unsaved.delete(sessionId);
    const change: Change = unsaved
      ? { put: 'dtlsSessions', row: { ...unsaved, sendLimit: upTo } }
      : reservation(sessionId, kept, upTo);
    try {
      await this.#o.store.commit({ changes: [change] });
    } catch (error) {
      asked.underWay = false;
      if (this.#kept.get(sessionId) !== kept) return;
      if (unsaved) this.#unsaved.set(sessionId, unsaved);
      const outrun = error instanceof StoreError && error.kind === 'conflict' && !this.#unsaved.has(sessionId);
      // Whatever else it is: the next tick tries again.
      if (!outrun) return;
      this.#forget(sessionId);
      this.#o.send({ kind: 'drop-session', sessionId });
      return;
    }
    kept.sendLimit = upTo;
    this.#o.send({ kind: 'reserved', sessionId, upTo });
    if (asked.upTo > upTo) await this.#reserve(kept, asked);
    else this.#asked.delete(sessionId);
  }

  /** The change that follows a peer to its new address; committed with what else tells of it. */
  moved({ session, snapshot }: Moved): Change[] {
    const { sessionId, address, ingress } = session;
    const kept = this.#kept.get(sessionId);
    if (!kept || !isAuthenticated(session)) return [];
    const set = { address, ingress, sealedSnapshot: this.#o.sealer.seal(snapshot, placeOf(sessionId)) };
    kept.session = session;
    const unsaved = this.#unsaved.get(sessionId);
    if (unsaved) Object.assign(unsaved, set);
    return [{ patch: 'dtlsSessions', key: { sessionId }, set }];
  }

  /**
   * What a contact of a device changes: nothing, unless it comes over another session than the one before, whose row
   * goes with the same commit. So one session at most of those that a device was heard over is ever restored.
   */
  heard(device: Device, { sessionId }: SessionInfo): Decision | undefined {
    const former = device.registration?.sessionId;
    if (former === sessionId || receivedOf(device)?.sessionId !== sessionId) return undefined;
    return this.#replacing(former);
  }

  /** In a function of its own: what `apply` refers to would be allocated for every message otherwise. */
  #replacing(former: SessionId | undefined): Decision {
    return {
      batch: { changes: former === undefined ? [] : [deletion(former)] },
      apply: () => {
        if (former === undefined || !this.#kept.has(former)) return;
        this.#forget(former);
        this.#o.send({ kind: 'close-session', sessionId: former });
      },
    };
  }

  /** Tries again what the store could not take; called every second. */
  tick(): void {
    for (const row of [...this.#unsaved.values()]) {
      // One that wants more is saved with what it wants.
      if (this.#asked.has(row.sessionId)) continue;
      this.#unsaved.delete(row.sessionId);
      this.#save(row);
    }
    for (const [sessionId, asked] of this.#asked) {
      const kept = this.#kept.get(sessionId);
      if (kept && !asked.underWay) void this.#reserve(kept, asked);
    }
  }

  /** Ends sessions that were silent for too long; called every minute. */
  expire(now: Millis): void {
    for (const kept of this.#kept.values()) {
      if (this.#endsAt(kept) <= now) this.#o.send({ kind: 'close-session', sessionId: kept.session.sessionId });
    }
  }

  /** Takes a session over from the process before, with a few numbers to send with; or deletes it, if it is over. */
  async #revive(row: SessionRow, bind: (device: Device, session: SessionInfo) => void): Promise<void> {
    const { sessionId, identity, credential, address, ingress } = row;
    const session = { sessionId, transport: 'coaps', address, ingress, identity, credential } as const;
    const { store, fleet, random, now, send } = this.#o;
    const deviceId = this.#o.deviceBehind(row);
    const device = deviceId && fleet.get(deviceId);
    const { connectionId, openedAt } = row;
    const kept: Kept = { session, connectionId, sendLimit: row.sendLimit, openedAt, deviceId: device?.row.deviceId };
    const snapshot = device && this.#endsAt(kept) > now() ? this.#open(row) : undefined;
    if (!device || !snapshot) {
      await store.commit({ changes: [deletion(sessionId)] });
      return;
    }
    const sendFrom = row.sendLimit + random(sessionLimits.restartJump);
    const sendLimit = sendFrom + sessionLimits.restartBlock;
    // Where another process is quicker the session is its own.
    const taken = await store.commit({ changes: [reservation(sessionId, row, sendLimit)] }).then(
      () => true,
      () => false,
    );
    if (!taken) return;
    kept.sendLimit = sendLimit;
    this.#kept.set(sessionId, kept);
    const known = receivedOf(device);
    const received = known?.sessionId === sessionId ? { received: known.record } : {};
    send({ kind: 'restore-session', session, snapshot, sendFrom, sendLimit, ...received });
    bind(device, session);
    if ('received' in received) fleet.setSession(device, session);
  }

  #open({ sessionId, sealedSnapshot }: SessionRow): Uint8Array | undefined {
    try {
      return this.#o.sealer.open(sealedSnapshot, placeOf(sessionId));
    } catch {
      return undefined;
    }
  }

  #save(row: SessionRow): void {
    this.#o.store.commit({ changes: [{ put: 'dtlsSessions', row }] }).catch(() => {
      if (this.#kept.has(row.sessionId)) this.#unsaved.set(row.sessionId, row);
    });
  }

  #forget(sessionId: SessionId): void {
    this.#kept.delete(sessionId);
    this.#unsaved.delete(sessionId);
    this.#asked.delete(sessionId);
  }

  /** When a silent session ends; never while a registration without an end is kept over it. */
  #endsAt({ session: { sessionId }, deviceId, openedAt }: Kept): Millis {
    const keepMs = (this.#o.keepDays ?? sessionLimits.keepDays) * 24 * 3_600_000;
    const registration = deviceId && this.#o.fleet.get(deviceId)?.registration;
    if (registration?.sessionId !== sessionId) return openedAt + keepMs;
    const { state, lifetime, lastContactAt } = registration;
    if (state !== 'registered') return lastContactAt + keepMs;
    return lifetime === 0 ? Number.POSITIVE_INFINITY : lastContactAt + lifetime * 1000 + keepMs;
  }

  /** Why the server ended a session; undefined if the device did, or was heard over another one. */
  #whyEnded(kept: Kept, at: Millis): string | undefined {
    if (this.#o.deviceBehind(kept.session) === undefined) return 'its credential is not good any more';
    return this.#endsAt(kept) <= at ? 'the device was silent for too long' : undefined;
  }
}

function isAuthenticated(session: SessionInfo): session is Authenticated {
  return session.identity !== undefined && session.credential !== undefined;
}

function placeOf(sessionId: SessionId) {
  return { table: 'dtlsSessions', row: sessionId, column: 'sealedSnapshot' };
}

/** Fails where another process has reserved something since. */
function reservation(sessionId: SessionId, { sendLimit }: Pick<Kept, 'sendLimit'>, upTo: number): Change {
  return { patch: 'dtlsSessions', key: { sessionId }, set: { sendLimit: upTo }, when: { sendLimit } };
}

function deletion(sessionId: SessionId): Change {
  return { delete: 'dtlsSessions', key: { sessionId } };
}

function ended({ session, deviceId }: Kept, organisationId: OrganisationId, at: Millis, reason: string): JournalDraft {
  const { identity, address } = session;
  return {
    type: 'session.ended',
    at,
    organisationId,
    ...(deviceId === undefined ? {} : { deviceId }),
    actor: { kind: 'server', name: 'sessions' },
    payload: { identity: showIdentity(identity), address, reason },
  };
}
