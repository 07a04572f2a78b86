import type { CommandPriority } from '@reeve/contract';
import type { DeviceId, Millis } from '../ids.ts';
import type { Device } from '../registry/fleet.ts';
import { isReachable } from '../registry/reach.ts';
import type { Store } from '../store/port.ts';
import { Bucket } from './bucket.ts';
import { Budgets } from './budgets.ts';
import { type DownlinkLimits, defaultDownlink } from './limits.ts';

/** Who wants to send a device something. */
const askers = ['commands', 'observations', 'identity', 'gateway', 'updates'] as const;
export type Asker = (typeof askers)[number];

/** What came of asking: send now, or don't before the device is heard again. */
export type Turn = 'go' | 'later';

/** Which limit holds something back: of the device's site, or of the server as a whole. */
export type Held = 'site' | 'server';

/** What holds a request of each priority back; whatever is sent is charged to all of it. */
const heldBy: Readonly<Record<CommandPriority, { readonly budget: boolean; readonly rate: boolean }>> = {
  urgent: { budget: false, rate: false },
  normal: { budget: true, rate: false },
  background: { budget: true, rate: true },
};

const SWEEP_MS = 60_000;

/** A request that waits for its turn. */
interface Waiter {
  readonly device: Device;
  readonly asker: Asker;
  readonly bytes: number;
  readonly since: Millis;
  readonly held: Held;
  readonly line: Line;
  readonly resolve: (turn: Turn) => void;
}

/** Those of one site that wait, first come first served. */
interface Line {
  readonly bucket: Bucket;
  readonly waiters: Set<Waiter>;
}

interface Options {
  readonly store: Store;
  readonly limits: Partial<DownlinkLimits> | undefined;
  readonly now: () => Millis;
}

/** How much waits, for how long, and what was sent. */
export interface PacerFigures {
  readonly waiting: Readonly<Record<Asker, number>>;
  readonly oldestMs: number;
  /** Sites that are remembered. */
  readonly sites: number;
  readonly sentBytes: Readonly<Record<CommandPriority, number>>;
}

/**
 * Spreads what the server sends of its own accord, per site and in all, and keeps devices to what they may be sent in a
 * day. Whoever is about to send a request asks first. What waits is given its turn by `tick`, sites in rotation, if its
 * device can still be reached then; otherwise it is left to the device's next contact.
 */
export class Pacer {
  readonly #siteRate: number;
  readonly #siteRates: ReadonlyMap<string, number>;
  readonly #now: () => Millis;
  readonly #budgets: Budgets;
  readonly #all: Bucket;
  readonly #lines = new Map<string | undefined, Line>();
  /** Lines in which somebody waits; the one whose turn it is first. */
  readonly #busy = new Set<Line>();
  readonly #waiters = new Map<string, Waiter>();
  readonly #sentBytes: Record<CommandPriority, number> = { urgent: 0, normal: 0, background: 0 };
  /** Somebody waits for the server's own limit: nobody may overtake. */
  #behind = false;
  /** When sites are looked for that can be forgotten. */
  #sweepAt: Millis = 0;

  private constructor({ limits, now }: Options, budgets: Budgets) {
    const { bytesPerSecond, siteBytesPerSecond, sites } = { ...defaultDownlink, ...limits };
    this.#siteRate = siteBytesPerSecond;
    this.#siteRates = new Map(Object.entries(sites));
    this.#now = now;
    this.#budgets = budgets;
    this.#all = new Bucket(bytesPerSecond, now());
  }

  static async load(options: Options): Promise<Pacer> {
    return new Pacer(options, await Budgets.load(options.store));
  }

  /**
   * Asks whether a request of so many bytes may be sent, and charges it if so. An answer that can be given at once is
   * no promise, so that what is asked for within one turn of the event loop leaves within it.
   */
  ask(device: Device, priority: CommandPriority, bytes: number, asker: Asker): Turn | Promise<Turn> {
    const now = this.#now();
    if (!this.affords(device, priority, bytes)) return 'later';
    const held = heldBy[priority].rate ? this.#held(device, now) : undefined;
    if (held) return this.#wait(device, bytes, asker, held, now);
    this.#charge(device, priority, bytes, now);
    return 'go';
  }

  /** Whether the device's budget allows it. */
  affords(device: Device, priority: CommandPriority, bytes: number): boolean {
    return !heldBy[priority].budget || this.#budgets.affords(device, bytes, this.#now());
  }

  /** Bytes that the device was sent today; counted for devices with a budget. */
  usedToday(device: Device): number {
    return this.#budgets.used(device, this.#now());
  }

  /** Which limit holds back what was asked for. */
  heldOf(deviceId: DeviceId, asker: Asker): Held | undefined {
    return this.#waiters.get(keyOf(deviceId, asker))?.held;
  }

  /** Takes back what was asked for: something else is to be asked for in its place. */
  recall(deviceId: DeviceId, asker: Asker): void {
    const waiter = this.#waiters.get(keyOf(deviceId, asker));
    if (waiter) this.#leave(waiter, 'later');
  }

  forget(deviceId: DeviceId): void {
    for (const asker of askers) this.recall(deviceId, asker);
    this.#budgets.forget(deviceId);
  }

  /** Gives those their turn for whom there is room again; called ten times a second. */
  tick(now: Millis): void {
    if (now >= this.#sweepAt) this.#sweep(now);
    this.#behind = false;
    for (let blocked = 0; blocked < this.#busy.size; ) {
      if (!this.#all.hasSome(now)) {
        this.#behind = true;
        return;
      }
      const [line] = this.#busy;
      const [first] = line?.waiters ?? [];
      if (!line || !first) return;
      // To the end of the rotation.
      this.#busy.delete(line);
      this.#busy.add(line);
      if (!line.bucket.hasSome(now)) {
        blocked += 1;
        continue;
      }
      blocked = 0;
      this.#serve(first, now);
    }
  }

  figures(now: Millis): PacerFigures {
    const waiting: Record<Asker, number> = { commands: 0, observations: 0, identity: 0, gateway: 0, updates: 0 };
    let oldest = now;
    for (const { asker, since } of this.#waiters.values()) {
      waiting[asker] += 1;
      oldest = Math.min(oldest, since);
    }
    return { waiting, oldestMs: now - oldest, sites: this.#lines.size, sentBytes: { ...this.#sentBytes } };
  }

  /** What a request without urgency has to wait for: limits, and those who wait for them already. */
  #held(device: Device, now: Millis): Held | undefined {
    const { bucket, waiters } = this.#line(device);
    if (waiters.size > 0) {
      const [before] = waiters;
      if (before) return before.held;
    }
    if (!bucket.hasSome(now)) return 'site';
    return this.#behind || !this.#all.hasSome(now) ? 'server' : undefined;
  }

  #wait(device: Device, bytes: number, asker: Asker, held: Held, since: Millis): Promise<Turn> {
    const { deviceId } = device.row;
    this.recall(deviceId, asker);
    const line = this.#line(device);
    return new Promise((resolve) => {
      const waiter: Waiter = { device, asker, bytes, since, held, line, resolve };
      this.#waiters.set(keyOf(deviceId, asker), waiter);
      line.waiters.add(waiter);
      this.#busy.add(line);
      if (held === 'server') this.#behind = true;
    });
  }

  #serve(waiter: Waiter, now: Millis): void {
    const { device, bytes } = waiter;
    const may = isReachable(device, now) && this.affords(device, 'background', bytes);
    if (may) this.#charge(device, 'background', bytes, now);
    this.#leave(waiter, may ? 'go' : 'later');
  }

  #leave(waiter: Waiter, turn: Turn): void {
    const { line, asker, device } = waiter;
    this.#waiters.delete(keyOf(device.row.deviceId, asker));
    line.waiters.delete(waiter);
    if (line.waiters.size === 0) this.#busy.delete(line);
    waiter.resolve(turn);
  }

  #charge(device: Device, priority: CommandPriority, bytes: number, now: Millis): void {
    this.#all.take(bytes, now);
    this.#line(device).bucket.take(bytes, now);
    this.#budgets.charge(device, bytes, now);
    this.#sentBytes[priority] += bytes;
  }

  /** Forgets sites that are as if nothing had been sent there. */
  #sweep(now: Millis): void {
    this.#sweepAt = now + SWEEP_MS;
    for (const [site, { bucket, waiters }] of this.#lines) {
      if (waiters.size === 0 && bucket.isFull(now)) this.#lines.delete(site);
    }
  }

  #line({ row: { site } }: Device): Line {
    const known = this.#lines.get(site);
    if (known) return known;
    // Devices that belong nowhere share no link.
    const rate = site === undefined ? Number.POSITIVE_INFINITY : (this.#siteRates.get(site) ?? this.#siteRate);
    const line: Line = { bucket: new Bucket(rate, this.#now()), waiters: new Set() };
    this.#lines.set(site, line);
    return line;
  }
}

function keyOf(deviceId: DeviceId, asker: Asker): string {
  return `${asker} ${deviceId}`;
}
