import { randomBytes } from 'node:crypto';
import type { UpdateState } from '@reeve/contract';
import type { Identity } from '../access/identity.ts';
import type { Artifacts } from '../artifacts/artifacts.ts';
import { ReeveError } from '../errors.ts';
import { type DeviceId, type Millis, newId, type UpdateId } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
import type { LinkOperation, RequestOutcome } from '../link/port.ts';
import { requestBytes } from '../pacing/cost.ts';
import type { Pacer } from '../pacing/pacer.ts';
import { carrierOf, type Device, type Fleet } from '../registry/fleet.ts';
import { howUnanswered, isReachable } from '../registry/reach.ts';
import type { Store } from '../store/port.ts';
import type { Sealer } from '../store/sealing.ts';
import type { Row } from '../store/tables.ts';
import type { Report } from '../telemetry/ingest.ts';
import { answerOf, askOf, FIRMWARE_VERSION } from './asks.ts';
import { draftOf, entryOf } from './entries.ts';
import { updateLimits } from './limits.ts';
import { follow, type Next, type Order, type UpdateStep } from './steps.ts';

type UpdateRow = Row<'updates'>;
type ArtifactRow = Row<'artifacts'>;

interface Options {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly fleet: Fleet;
  readonly artifacts: Artifacts;
  readonly pacer: Pacer;
  readonly perform: (device: Device, operation: LinkOperation) => Promise<RequestOutcome>;
  /** The device said what it is. */
  readonly received: (device: Device, report: Report) => Promise<void>;
  /** The device did not answer. */
  readonly lost: (device: Device, how: 'timeout' | 'not-sent') => void;
  /** Where a device may fetch, without the token: by scheme, best first for the device. */
  readonly origins: (device: Device) => ReadonlyMap<string, string>;
  readonly now: () => Millis;
}

/** What somebody wants a device to be updated with. */
export interface Wanted {
  readonly artifact: ArtifactRow;
  readonly instance?: number;
  readonly method?: UpdateRow['method'];
  readonly scheme?: UpdateRow['scheme'];
  readonly expireSeconds?: number;
}

/** An update that runs. */
interface Running {
  row: UpdateRow;
  readonly token: string;
  /** When the device is asked again; infinite until it is heard. */
  askAt: number;
  polls: number;
  busy: boolean;
  /** Bytes as of the last commit. */
  saved: number;
}

/**
 * Updates of devices with artifacts (objects 5 and 9): each is a step in the store, and what is asked of the device next
 * follows from it. So an update goes on after a restart, a loss and a new registration of the device.
 */
export class Updates {
  readonly #o: Options;
  readonly #running = new Map<UpdateId, Running>();
  readonly #byToken = new Map<string, Running>();
  #closed = false;

  private constructor(options: Options) {
    this.#o = options;
  }

  static async load(options: Options): Promise<Updates> {
    const updates = new Updates(options);
    for (const row of await options.store.list('updates', { where: { state: 'running' } })) {
      updates.#add(row, Buffer.from(options.sealer.open(row.sealedToken, placeOf(row))).toString());
    }
    return updates;
  }

  close(): void {
    this.#closed = true;
  }

  /** An update as it is now. */
  current(row: UpdateRow): UpdateRow {
    return this.#running.get(row.updateId)?.row ?? row;
  }

  /** Whether an update that runs needs an artifact. */
  needs(artifactId: string): boolean {
    return [...this.#running.values()].some(({ row }) => row.artifactId === artifactId);
  }

  /** @throws ReeveError `wrong-state`, `too-many` */
  async start(device: Device, wanted: Wanted, { organisationId, actor }: Identity): Promise<UpdateRow> {
    const { artifact, instance = 0, method = 'auto', scheme, expireSeconds } = wanted;
    const path = `/${artifact.kind === 'firmware' ? 5 : 9}/${instance}`;
    const { deviceId, endpoint } = device.row;
    if (artifact.ready === 0) throw new ReeveError('wrong-state', 'The artifact is not here yet: upload it first');
    if ([...this.#running.values()].some(({ row }) => row.deviceId === deviceId && row.path === path)) {
      throw new ReeveError('wrong-state', `${path} of ${endpoint} is being updated: see \`reeve update ls\``);
    }
    if (this.#running.size >= updateLimits.running) {
      throw new ReeveError('too-many', `${updateLimits.running} updates are running: wait for some to end`);
    }
    const at = this.#o.now();
    const updateId = newId.update();
    const token = randomBytes(16).toString('base64url');
    const row: UpdateRow = {
      ...{ organisationId, deviceId, updateId, path, method, artifactId: artifact.artifactId, bytes: artifact.bytes },
      ...{ artifact: `${artifact.name} ${artifact.version}`, state: 'running', step: { kind: 'checking' }, done: 0 },
      ...{ startedAt: at, startedBy: actor.name, changedAt: at },
      expiresAt: at + (expireSeconds === undefined ? updateLimits.expiryMs : expireSeconds * 1000),
      sealedToken: this.#o.sealer.seal(Buffer.from(token), placeOf({ updateId })),
      ...(scheme && { scheme }),
    };
    const payload = { updateId, artifact: row.artifact, path };
    await this.#o.store.commit({
      changes: [{ put: 'updates', row }],
      journal: [{ type: 'update.started', at, organisationId, deviceId, actor, payload }],
    });
    this.#add(row, token);
    this.heard(device);
    return row;
  }

  /** @throws ReeveError `wrong-state` once it is being installed */
  async cancel(row: UpdateRow): Promise<UpdateRow> {
    const running = this.#running.get(row.updateId);
    if (!running) throw new ReeveError('wrong-state', `The update is over: it ${row.state}`);
    if (AFTER_EXECUTION.has(running.row.step.kind)) {
      throw new ReeveError('wrong-state', 'The device was told to install it: that can not be taken back');
    }
    await this.#end(running, 'cancelled', 'somebody cancelled it');
    const device = this.#o.fleet.get(row.deviceId);
    if (device && isReachable(device, this.#o.now())) {
      // If it does not get there, the next update begins with it.
      const reset = await this.#ask({ ...running.row, step: { kind: 'resetting' } }, running, undefined);
      if (reset) void this.#o.perform(device, reset);
    }
    return running.row;
  }

  /** The device was heard: what waits for it goes on. */
  heard(device: Device): void {
    for (const running of this.#running.values()) {
      if (running.row.deviceId !== device.row.deviceId) continue;
      if (running.askAt === Number.POSITIVE_INFINITY) running.askAt = this.#o.now();
      this.#pump(running);
    }
  }

  async tick(now: Millis): Promise<void> {
    for (const running of this.#running.values()) {
      if (running.row.expiresAt <= now && !running.busy) {
        await this.#end(running, 'failed', `its time was over: ${running.row.detail ?? 'the device was not heard'}`);
      } else if (running.askAt <= now) this.#pump(running);
    }
  }

  /** Drops the updates that ended before a time. */
  async prune(before: Millis): Promise<void> {
    const old = await this.#o.store.list('updates', { orderBy: 'startedAt', limit: 500 });
    const gone = old.filter(({ endedAt }) => endedAt !== undefined && endedAt < before);
    if (gone.length === 0) return;
    await this.#o.store.commit({ changes: gone.map(({ updateId }) => ({ delete: 'updates', key: { updateId } })) });
  }

  /** What a token stands for; `deviceId`: only if it was given to this device. */
  byToken(token: string, deviceId?: DeviceId): { readonly row: UpdateRow; readonly artifact: ArtifactRow } | undefined {
    const running = this.#byToken.get(token);
    if (!running || (deviceId !== undefined && running.row.deviceId !== deviceId)) return undefined;
    const artifact = this.#artifactOf(running.row);
    return artifact && { row: running.row, artifact };
  }

  /** Bytes up to here were served for a token. */
  served(token: string, done: number): void {
    const running = this.#byToken.get(token);
    if (running && done > running.row.done) running.row = { ...running.row, done: Math.min(done, running.row.bytes) };
  }

  #add(row: UpdateRow, token: string): void {
    const running: Running = { row, token, askAt: 0, polls: 0, busy: false, saved: row.done };
    this.#running.set(row.updateId, running);
    this.#byToken.set(token, running);
  }

  #artifactOf({ organisationId, artifactId }: UpdateRow): ArtifactRow | undefined {
    return this.#o.artifacts.get(organisationId, artifactId);
  }

  #pump(running: Running): void {
    const device = this.#o.fleet.get(running.row.deviceId);
    if (this.#closed || running.busy || running.askAt > this.#o.now()) return;
    if (!device) return void this.#end(running, 'failed', 'the device was removed').catch(() => {});
    if (!isReachable(device, this.#o.now())) return;
    running.busy = true;
    this.#run(device, running).then(
      () => (running.busy = false),
      () => {
        // The store fails, its health says why: the next tick tries again.
        running.busy = false;
        running.askAt = this.#o.now() + updateLimits.leastPollMs;
      },
    );
  }

  /** Asks the device one thing after the other, as long as it can be reached and need not be waited for. */
  async #run(device: Device, running: Running): Promise<void> {
    while (!this.#closed && running.row.state === 'running' && running.askAt <= this.#o.now()) {
      if (!isReachable(device, this.#o.now())) return;
      const { row } = running;
      const operation = await this.#ask(row, running, device);
      if (!operation) return this.#end(running, 'failed', 'the artifact is gone');
      const carrier = carrierOf(device);
      const turn = await this.#o.pacer.ask(device, 'background', requestBytes(operation, carrier.session), 'updates');
      if (turn === 'later') {
        running.askAt = Number.POSITIVE_INFINITY;
        return;
      }
      const { session, lastHeard } = carrier;
      const outcome = await this.#o.perform(device, operation);
      // It may have been cancelled meanwhile.
      if (this.#closed || running.row.state !== 'running') return;
      const how = howUnanswered(outcome);
      if (how && carrier.session === session && carrier.lastHeard === lastHeard) this.#o.lost(device, how);
      if (row.step.kind === 'verifying') await this.#keepVersion(device, outcome);
      const answer = answerOf(row, outcome);
      if (answer) await this.#apply(running, follow(row.step, answer, this.#orderOf(device, row)));
      else await this.#unanswered(running, outcome);
    }
  }

  /** Which firmware it runs now is a value of the device like any other: views and rules go by it. */
  async #keepVersion(device: Device, outcome: RequestOutcome): Promise<void> {
    if (outcome.kind !== 'answered' || outcome.body.kind !== 'records') return;
    await this.#o.received(device, {
      path: FIRMWARE_VERSION,
      body: outcome.body,
      fresh: true,
      receivedAt: this.#o.now(),
    });
  }

  async #ask(row: UpdateRow, { token }: Running, device: Device | undefined): Promise<LinkOperation | undefined> {
    const artifact = this.#artifactOf(row);
    if (!artifact) return undefined;
    const means = {
      bytesAt: (offset: number, length: number) => this.#o.artifacts.read(artifact, offset, length),
      uri: (scheme: string) => {
        const origin = device && this.#o.origins(device).get(scheme);
        return origin && `${origin}/artifacts/${token}`;
      },
    };
    return askOf(row, means).catch(() => undefined);
  }

  #orderOf(device: Device, row: UpdateRow): Order {
    const { path, bytes, method, scheme } = row;
    const schemes = [...this.#o.origins(device).keys()].filter((each) => scheme === undefined || each === scheme);
    return { path, bytes, method, schemes, version: this.#artifactOf(row)?.version ?? '' };
  }

  /** The device may have done what it was asked: what it says of itself tells. */
  async #unanswered(running: Running, outcome: RequestOutcome): Promise<void> {
    const { step } = running.row;
    if (outcome.kind === 'unencodable') return this.#end(running, 'failed', outcome.reason);
    if (outcome.kind === 'timeout' && step.kind === 'executing') {
      await this.#step(running, { kind: 'installing', executions: step.executions + 1 });
    }
    await this.#save(running);
    running.askAt = Number.POSITIVE_INFINITY;
  }

  async #apply(running: Running, next: Next): Promise<void> {
    const { store, now } = this.#o;
    switch (next.kind) {
      case 'end':
        return this.#end(running, next.state, next.detail);
      case 'wait': {
        const wait = next.long ? updateLimits.deferredMs : updateLimits.leastPollMs * 1.5 ** running.polls++;
        running.askAt = now() + Math.min(wait, next.long ? wait : updateLimits.longestPollMs);
        if (next.why === running.row.detail) return;
        running.row = { ...running.row, detail: next.why, changedAt: now() };
        await store.commit({ changes: [{ put: 'updates', row: running.row }] });
        return;
      }
      case 'step':
        return this.#step(running, next.step);
    }
  }

  async #step(running: Running, step: UpdateStep): Promise<void> {
    const { row } = running;
    const { detail: _, ...rest } = row;
    const entry = entryOf(row.step, step);
    const done = step.kind === 'pushing' ? step.offset : step.kind === 'executing' ? row.bytes : row.done;
    running.row = {
      ...rest,
      step,
      done,
      changedAt: this.#o.now(),
      ...(entry?.delivery && { delivery: entry.delivery }),
    };
    if (step.kind === row.step.kind && Math.abs(done - running.saved) < updateLimits.savedEvery) return;
    running.polls = 0;
    // A device that was just told to do something needs a moment before it can say how far it is.
    if (POLLED.has(step.kind)) running.askAt = this.#o.now() + updateLimits.leastPollMs;
    await this.#save(running, entry ? [draftOf(running.row, entry, this.#o.now())] : []);
  }

  async #save(running: Running, journal: JournalDraft[] = []): Promise<void> {
    const { row } = running;
    await this.#o.store.commit({ changes: [{ put: 'updates', row }], journal });
    running.saved = row.done;
  }

  async #end(running: Running, state: Exclude<UpdateState, 'running'>, detail: string): Promise<void> {
    const at = this.#o.now();
    const done = state === 'succeeded' || state === 'unconfirmed' ? running.row.bytes : running.row.done;
    const row: UpdateRow = { ...running.row, state, detail, done, changedAt: at, endedAt: at };
    await this.#o.store.commit({
      changes: [{ put: 'updates', row }],
      journal: [draftOf(row, { type: 'update.ended', state, detail }, at)],
    });
    running.row = row;
    this.#running.delete(row.updateId);
    this.#byToken.delete(running.token);
  }
}

/** Steps that read how far the device is. */
const POLLED: ReadonlySet<UpdateStep['kind']> = new Set(['downloading', 'installing']);
const AFTER_EXECUTION: ReadonlySet<UpdateStep['kind']> = new Set([
  'executing',
  'installing',
  'verifying',
  'activating',
]);

function placeOf({ updateId }: Pick<UpdateRow, 'updateId'>) {
  return { table: 'updates', row: updateId, column: 'sealedToken' };
}
