import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { FrameDelivery, FrameLayout, FrameSource, FrameSourceSet } from '@reeve/contract';
import type { Decision } from '../decision.ts';
import { ReeveError } from '../errors.ts';
import type { FailedHandshakes } from '../handshakes/failed.ts';
import type { DeviceId, Millis, OrganisationId } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
import type { Lanes } from '../lanes.ts';
import type { RuleEngine } from '../policies/engine.ts';
import type { Device, Fleet } from '../registry/fleet.ts';
import { type Store, StoreError } from '../store/port.ts';
import type { SealedPlace, Sealer } from '../store/sealing.ts';
import type { Row } from '../store/tables.ts';
import type { Report } from '../telemetry/ingest.ts';
import type { Models } from '../telemetry/models.ts';
import { type Opened, openFrame } from './frame.ts';
import { readPayload } from './layout.ts';
import { frameLimits } from './limits.ts';
import { FrameRate } from './rate.ts';

export interface FramesOptions {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly fleet: Fleet;
  readonly lanes: Lanes;
  readonly models: Models;
  readonly engine: RuleEngine;
  readonly failedHandshakes: FailedHandshakes;
  /** Commits what a device reported, with what belongs to it. */
  readonly take: (device: Device, report: Report, also: readonly Decision[]) => Promise<void>;
  /** Shows that the device was heard. */
  readonly heard: (device: Device) => void;
  readonly now: () => Millis;
}

type Source = Row<'frameSources'>;
type Draft = Pick<JournalDraft, 'at' | 'organisationId' | 'actor'>;

/** AES-128. */
const KEY_BYTES = 16;

/** Frames of devices that cannot register: what each sends them with, and what they mean. */
export class Frames {
  readonly #o: FramesOptions;
  readonly #byLink = new Map<string, Source>();
  readonly #byDevice = new Map<DeviceId, Source>();
  readonly #layouts = new Map<string, FrameLayout>();
  readonly #rate = new FrameRate();

  private constructor(options: FramesOptions) {
    this.#o = options;
  }

  static async load(options: FramesOptions): Promise<Frames> {
    const frames = new Frames(options);
    for (const { name, layout } of await options.store.list('frameLayouts')) frames.#layouts.set(name, layout);
    for (const source of await options.store.list('frameSources')) frames.#keep(source);
    return frames;
  }

  get layouts(): readonly FrameLayout[] {
    return [...this.#layouts.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  layout(name: string): FrameLayout | undefined {
    return this.#layouts.get(name);
  }

  /** Devices that use a layout. */
  using(name: string): number {
    return [...this.#byDevice.values()].filter(({ layouts }) => layouts.includes(name)).length;
  }

  of(deviceId: DeviceId): FrameSource | undefined {
    const source = this.#byDevice.get(deviceId);
    return source && this.#shown(source);
  }

  /**
   * Takes a frame; what it says is stored when this resolves. A frame that was taken before is taken again without
   * effect, since networks repeat.
   *
   * @throws ReeveError `no-such-thing` for a link that no device has, `too-many`, `frame-refused`
   */
  async take(organisationId: OrganisationId, { link, data, time }: FrameDelivery): Promise<void> {
    const at = this.#o.now();
    const { perSecond, perHour } = frameLimits;
    if (!this.#rate.admitAny(at)) throw this.#tooMany(`more than ${perSecond} frames came in a second`);
    const source = this.#byLink.get(link);
    const device = source && this.#o.fleet.get(source.deviceId);
    if (!source || !device || source.organisationId !== organisationId) {
      const detail = `No device has the link "${link}"`;
      this.#count('bad-frame', detail);
      throw new ReeveError('no-such-thing', `${detail}: see \`reeve frame set\``);
    }
    if (!this.#rate.admit(source.deviceId, at)) {
      throw this.#tooMany(`more than ${perHour} frames came in an hour`, device);
    }
    await this.#o.lanes.run(source.deviceId, () => this.#open(device, Buffer.from(data, 'hex'), time));
  }

  async #open(device: Device, bytes: Uint8Array, time: number | undefined): Promise<void> {
    const source = this.#byDevice.get(device.row.deviceId);
    if (!source) return;
    const { newest, before } = source;
    const opened = openFrame(bytes, this.#keyOf(source), { newest, before });
    switch (opened.kind) {
      case 'repeated':
        return;
      case 'malformed':
        throw this.#refuse(device, `${bytes.length} octets are no frame`);
      case 'forged':
        throw this.#refuse(device, 'no number that may come next fits its tag');
      case 'frame':
        await this.#accept(device, source, opened, time);
    }
  }

  async #accept(device: Device, source: Source, opened: Extract<Opened, { kind: 'frame' }>, time?: number) {
    const { frame, late, used } = opened;
    const name = source.layouts[frame.layout];
    const layout = name === undefined ? undefined : this.#layouts.get(name);
    if (!layout) throw this.#refuse(device, `the device has no layout ${frame.layout}`);
    const records = readPayload(layout, frame.payload, this.#o.models);
    if (typeof records === 'string') throw this.#refuse(device, records);
    const at = this.#o.now();
    const next: Source = { ...source, ...used, lastAt: at };
    const counted: Decision = {
      batch: { changes: [{ patch: 'frameSources', key: { deviceId: source.deviceId }, set: { ...used, lastAt: at } }] },
      apply: () => this.#keep(next),
    };
    const contact = this.#o.engine.contact(device, at);
    const stamped = time === undefined ? records : records.map((record) => ({ ...record, time: time * 1000 }));
    const body = { kind: 'records', records: stamped, truncated: false } as const;
    await this.#o.take(device, { path: '/', body, fresh: !late, receivedAt: at }, [
      counted,
      ...(contact ? [contact] : []),
    ]);
    this.#o.heard(device);
  }

  #refuse({ row }: Device, detail: string): ReeveError {
    this.#count('bad-frame', detail, row.endpoint);
    return new ReeveError('frame-refused', `A frame of ${row.endpoint} was refused: ${detail}`);
  }

  #tooMany(detail: string, device?: Device): ReeveError {
    this.#count('limit', detail, device?.row.endpoint);
    return new ReeveError('too-many', `${device?.row.endpoint ?? 'The server'} takes no frames for now: ${detail}`);
  }

  #count(check: 'bad-frame' | 'limit', detail: string, endpoint?: string): void {
    const who = endpoint === undefined ? {} : { endpoint };
    this.#o.failedHandshakes.count({ at: this.#o.now(), address: 'callback of a network', check, detail, ...who });
  }

  /**
   * Lets a device send frames, or changes how. Must run in the device's lane.
   * @returns the key in hex, if it was made here
   * @throws ReeveError `identity-taken` for a link of another device, `no-such-thing` for an unknown layout
   */
  async set(device: Device, { link, layouts, key }: FrameSourceSet, draft: Draft): Promise<string | undefined> {
    const { deviceId, organisationId } = device.row;
    const holder = this.#byLink.get(link);
    if (holder && holder.deviceId !== deviceId) throw linkTaken(link);
    const unknown = layouts.find((name) => !this.#layouts.has(name));
    if (unknown !== undefined) {
      throw new ReeveError('no-such-thing', `There is no layout "${unknown}": see \`reeve frame layouts\``);
    }
    const known = this.#byDevice.get(deviceId);
    // With the key that it has it goes on counting: what it sent before would be taken once more.
    const kept = known && (key === undefined || this.#hasKey(known, key)) ? known : undefined;
    const secret = key === undefined ? randomBytes(KEY_BYTES) : Buffer.from(key, 'hex');
    // A new key counts from 1.
    const keyed = kept
      ? { sealedKey: kept.sealedKey, newest: kept.newest, before: kept.before }
      : { sealedKey: this.#o.sealer.seal(secret, placeOf(deviceId)), newest: 0, before: 0 };
    const lastAt = known?.lastAt === undefined ? {} : { lastAt: known.lastAt };
    const row: Source = { organisationId, deviceId, link, layouts: [...layouts], ...keyed, ...lastAt };
    const journal: JournalDraft[] = [{ ...draft, deviceId, type: 'frames.set', payload: { link, newKey: !kept } }];
    await this.#o.store.commit({ changes: [{ put: 'frameSources', row }], journal }).catch((error) => {
      // Another request was quicker.
      throw error instanceof StoreError && error.kind === 'conflict' ? linkTaken(link) : error;
    });
    this.#drop(known);
    this.#keep(row);
    return kept || key !== undefined ? undefined : secret.toString('hex');
  }

  /** Takes frames of a device no longer. */
  async remove(device: Device, draft: Draft): Promise<void> {
    const { deviceId } = device.row;
    const known = this.#byDevice.get(deviceId);
    if (!known) throw new ReeveError('no-such-thing', `${device.row.endpoint} sends no frames`);
    await this.#o.store.commit({
      changes: [{ delete: 'frameSources', key: { deviceId } }],
      journal: [{ ...draft, deviceId, type: 'frames.removed', payload: { link: known.link } }],
    });
    this.forget(deviceId);
  }

  /** The device is gone. */
  forget(deviceId: DeviceId): void {
    this.#rate.forget(deviceId);
    this.#drop(this.#byDevice.get(deviceId));
  }

  async setLayout(layout: FrameLayout, draft: Draft): Promise<void> {
    const { organisationId } = draft;
    const { name } = layout;
    await this.#o.store.commit({
      changes: [{ put: 'frameLayouts', row: { organisationId, name, layout } }],
      journal: [{ ...draft, type: 'frame-layout.set', payload: { name } }],
    });
    this.#layouts.set(name, layout);
    for (const source of this.#byDevice.values()) this.#tell(source);
  }

  async removeLayout(name: string, draft: Draft): Promise<void> {
    const { organisationId } = draft;
    await this.#o.store.commit({
      changes: [{ delete: 'frameLayouts', key: { organisationId, name } }],
      journal: [{ ...draft, type: 'frame-layout.removed', payload: { name } }],
    });
    this.#layouts.delete(name);
  }

  #keep(source: Source): void {
    this.#byLink.set(source.link, source);
    this.#byDevice.set(source.deviceId, source);
    this.#tell(source);
  }

  #drop(source: Source | undefined): void {
    if (!source) return;
    this.#byLink.delete(source.link);
    this.#byDevice.delete(source.deviceId);
    const device = this.#o.fleet.get(source.deviceId);
    if (device) delete device.frames;
  }

  /** Tells the registry when the device was heard, and how often that should be. */
  #tell({ deviceId, layouts, lastAt }: Source): void {
    const device = this.#o.fleet.get(deviceId);
    if (!device) return;
    const periods = layouts.flatMap((name) => this.#layouts.get(name)?.every ?? []);
    device.frames = {
      ...(lastAt === undefined ? {} : { lastAt }),
      ...(periods.length === 0 ? {} : { every: Math.min(...periods) }),
    };
  }

  #keyOf({ deviceId, sealedKey }: Source): KeyObject {
    return createSecretKey(this.#o.sealer.open(sealedKey, placeOf(deviceId)));
  }

  #hasKey(source: Source, key: string): boolean {
    try {
      return this.#keyOf(source).equals(createSecretKey(Buffer.from(key, 'hex')));
    } catch {
      // One that does not open is no key any more.
      return false;
    }
  }

  #shown({ deviceId, link, layouts, newest, lastAt }: Source): FrameSource {
    const endpoint = this.#o.fleet.get(deviceId)?.row.endpoint ?? deviceId;
    return { endpoint, link, layouts, newest, ...(lastAt === undefined ? {} : { lastAt }) };
  }
}

function linkTaken(link: string): ReeveError {
  return new ReeveError('identity-taken', `The link "${link}" is that of another device`);
}

function placeOf(deviceId: DeviceId): SealedPlace {
  return { table: 'frameSources', row: deviceId, column: 'sealedKey' };
}
