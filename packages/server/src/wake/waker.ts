import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { WakeFor } from '@reeve/contract';
import type { Bus } from '../bus/port.ts';
import { after } from '../clock.ts';
import { priorityOf } from '../commands/priority.ts';
import type { CommandQueue } from '../commands/queue.ts';
import { type DeviceId, type Millis, newId } from '../ids.ts';
import { smsTrigger } from '../link/sms-trigger.ts';
import { send } from '../notices/send.ts';
import { carrierOf, type Device, type Fleet } from '../registry/fleet.ts';
import type { Store } from '../store/port.ts';
import { wakeLimits } from './limits.ts';

/** Who sends SMS for the server. */
export interface SmsConfig {
  /** Each message is posted there. */
  readonly url: string;
  /** File of the secret that posts are signed with. */
  readonly secretFile: string;
  /** What devices are woken for that have no setting of their own; default `urgent`. */
  readonly wake?: WakeFor;
  /** See {@link wakeLimits}. */
  readonly minutesBetween?: number;
  /** See {@link wakeLimits}. */
  readonly perDay?: number;
  /** See {@link wakeLimits}. */
  readonly perHour?: number;
}

export interface WakerOptions {
  readonly store: Store;
  readonly bus: Bus;
  readonly fleet: Fleet;
  readonly commands: CommandQueue;
  readonly fetch: typeof globalThis.fetch;
  readonly now: () => Millis;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * Wakes sleeping devices for which a command waits, by an SMS that asks for an Update (LwM2M Transport §6.6.3). That a
 * message was handed to the gateway is on record with the command; whether it arrived shows by the device's Update.
 */
export class Waker {
  readonly #o: WakerOptions;
  readonly #sms: SmsConfig & Required<Pick<SmsConfig, 'wake' | 'minutesBetween' | 'perDay' | 'perHour'>>;
  readonly #key: KeyObject;
  readonly #stopping = new AbortController();
  /** Devices that are not to be looked at before. */
  readonly #notBefore = new Map<DeviceId, Millis>();
  readonly #unwatch: () => void;
  #pausedUntil: Millis = 0;
  #failures = 0;
  /** When messages of the last hour went out. */
  #recent: Millis[] = [];

  private constructor(sms: SmsConfig, key: KeyObject, options: WakerOptions) {
    const { minutesBetween, perDay, perHour } = wakeLimits;
    this.#o = options;
    this.#sms = { wake: 'urgent', minutesBetween, perDay, perHour, ...sms };
    this.#key = key;
    this.#unwatch = options.bus.watch((entries) => {
      for (const { type, deviceId } of entries)
        if (type === 'command.queued' && deviceId) this.#notBefore.delete(deviceId);
    });
  }

  /** @throws Error if the file of the secret can't be read, or is empty */
  static async open(sms: SmsConfig, options: WakerOptions): Promise<Waker> {
    const secret = (await readFile(sms.secretFile, 'utf8')).trim();
    if (secret === '') throw new Error(`${sms.secretFile} is empty: it must hold the secret that SMS are signed with`);
    return new Waker(sms, createSecretKey(Buffer.from(secret)), options);
  }

  stop(): void {
    this.#unwatch();
    this.#stopping.abort();
  }

  /** Wakes whom it is time to wake, one after the other; called every second, never beside itself. */
  async tick(): Promise<void> {
    for (const deviceId of this.#o.commands.waiting()) {
      const now = this.#o.now();
      if (this.#stopping.signal.aborted || now < this.#pausedUntil) return;
      if (now < (this.#notBefore.get(deviceId) ?? 0)) continue;
      const device = this.#o.fleet.get(deviceId);
      if (device && this.#o.commands.whyWaiting(device).reason === 'asleep') {
        this.#notBefore.set(deviceId, now + wakeLimits.lookAgain);
        await this.#consider(device, now);
      }
    }
    for (const [deviceId, until] of this.#notBefore) if (until <= this.#o.now()) this.#notBefore.delete(deviceId);
  }

  /** Wakes a device, or the gateway that it is behind, if it may be woken for what waits for it. */
  async #consider(device: Device, now: Millis): Promise<void> {
    const { store, commands } = this.#o;
    const { minutesBetween, perDay, perHour } = this.#sms;
    const { row, registration } = carrierOf(device);
    const { organisationId, deviceId, wake = this.#sms.wake } = row;
    const number = row.smsNumber ?? telephone(registration?.sms);
    if (number === undefined || wake === 'never') return;
    const command = await commands.next(device.row.deviceId);
    if (!command || !(priorityOf(command) === 'urgent' || (priorityOf(command) === 'normal' && wake === 'normal')))
      return;
    const day = Math.floor(now / DAY);
    const before = await store.get('wakeUps', { deviceId });
    const count = before?.day === day ? before.count : 0;
    const next = before ? before.lastAt + minutesBetween * 60_000 : now;
    if (now < next || count >= perDay) return;
    this.#recent = this.#recent.filter((at) => at > now - HOUR);
    if (this.#recent.length >= perHour) return;
    // Counted before it is sent: a crash in between costs one message, and never sends one too many.
    await store.commit({
      changes: [{ put: 'wakeUps', row: { organisationId, deviceId, lastAt: now, day, count: count + 1 } }],
    });
    this.#recent.push(now);
    const instanceId = registration?.objects.find(({ objectId }) => objectId === 1)?.instances[0] ?? 0;
    const error = await this.#send(number, smsTrigger(instanceId, randomBytes));
    if (this.#stopping.signal.aborted && error !== undefined) return;
    this.#pause(error !== undefined);
    await commands.noteWake(command.commandId, { number, ...(error === undefined ? {} : { error }) });
  }

  #send(number: string, payload: Uint8Array): Promise<string | undefined> {
    const { fetch, now } = this.#o;
    const bytes = Buffer.from(payload);
    const id = newId.delivery();
    const body = JSON.stringify({ id, number, hex: bytes.toString('hex'), base64: bytes.toString('base64') });
    const { url } = this.#sms;
    return send({ url, key: this.#key, id, body }, { fetch, after, now, signal: this.#stopping.signal });
  }

  /** After a failure everybody waits: whatever is wrong with the gateway is wrong for the next device too. */
  #pause(failed: boolean): void {
    this.#failures = failed ? this.#failures + 1 : 0;
    if (!failed) return;
    const { firstPause, longestPause } = wakeLimits;
    this.#pausedUntil = this.#o.now() + Math.min(firstPause * 2 ** (this.#failures - 1), longestPause);
  }
}

/** The number in what a device registered; other identifiers are for networks that we can't ask. */
function telephone(sms: string | undefined): string | undefined {
  return sms !== undefined && /^\+?\d{6,15}$/.test(sms) ? sms : undefined;
}
