import { ReeveError } from '../errors.ts';
import type { DeviceId, Millis } from '../ids.ts';
import type { RuleEngine } from '../policies/engine.ts';
import { type Device, type Fleet, pages } from '../registry/fleet.ts';
import { Shared } from '../shared.ts';
import type { Store } from '../store/port.ts';

/** Targets observed per device, of rules and people together. */
const MAX_OBSERVED = 100;

/** What one person asked for. */
export interface Wish {
  readonly path: string;
  readonly person: string;
}

/** What people asked for of a device. */
export interface Wished {
  readonly wishes: readonly Wish[];
  /** The targets alone, some perhaps twice. */
  readonly targets: readonly string[];
}

const NOTHING: Wished = { wishes: [], targets: [] };

/** Who wants what observed: rules, by what they need, and people, by what they asked for. */
export class Wishes {
  readonly #store: Store;
  readonly #fleet: Fleet;
  readonly #engine: RuleEngine;
  /** Most devices of a fleet have the same list. */
  readonly #lists = new Shared<Wished>();

  private constructor(store: Store, fleet: Fleet, engine: RuleEngine) {
    this.#store = store;
    this.#fleet = fleet;
    this.#engine = engine;
  }

  static async load(store: Store, fleet: Fleet, engine: RuleEngine): Promise<Wishes> {
    const wishes = new Wishes(store, fleet, engine);
    for await (const { deviceId, path, person } of pages(store, 'wantedObservations')) {
      wishes.#put(deviceId, path, person);
    }
    return wishes;
  }

  /** Targets wanted of a device, each with who wants it, at most `MAX_OBSERVED`; rules come first. */
  of(deviceId: DeviceId): Map<string, string[]> {
    const wanted = new Map<string, string[]>();
    for (const { path, policies } of this.#engine.needs(deviceId)) wanted.set(path, [...policies]);
    for (const { path, person } of this.#people(deviceId).wishes) {
      if (wanted.size >= MAX_OBSERVED && !wanted.has(path)) continue;
      wanted.set(path, [...(wanted.get(path) ?? []), person]);
    }
    return wanted;
  }

  /** Those targets alone, some perhaps twice: asked for at every contact. */
  targets({ row: { deviceId }, wished = NOTHING }: Device): readonly string[] {
    return this.#engine.of(deviceId).length > 0 ? [...this.of(deviceId).keys()] : wished.targets;
  }

  /** Stored before this resolves. @throws ReeveError `too-many` */
  async add({ row: { organisationId, deviceId } }: Device, path: string, person: string, at: Millis): Promise<void> {
    const wanted = this.of(deviceId);
    if (!wanted.has(path) && wanted.size >= MAX_OBSERVED) {
      throw new ReeveError('too-many', `At most ${MAX_OBSERVED} paths of a device are observed: end some first`);
    }
    const row = { organisationId, deviceId, path, person, createdAt: at };
    await this.#store.commit({ changes: [{ put: 'wantedObservations', row }] });
    this.#put(deviceId, path, person);
  }

  /** Stored before this resolves. */
  async remove(deviceId: DeviceId, path: string, person: string): Promise<void> {
    await this.#store.commit({ changes: [{ delete: 'wantedObservations', key: { deviceId, path, person } }] });
    const left = this.#people(deviceId).wishes.filter((wish) => wish.path !== path || wish.person !== person);
    this.#set(deviceId, left);
  }

  #put(deviceId: DeviceId, path: string, person: string): void {
    const known = this.#people(deviceId).wishes;
    if (known.some((one) => one.path === path && one.person === person)) return;
    this.#set(deviceId, [...known, { path, person }]);
  }

  #people(deviceId: DeviceId): Wished {
    return this.#fleet.get(deviceId)?.wished ?? NOTHING;
  }

  #set(deviceId: DeviceId, wishes: readonly Wish[]): void {
    const device = this.#fleet.get(deviceId);
    if (!device) return;
    const targets = () => wishes.map(({ path }) => path);
    device.wished = this.#lists.of(JSON.stringify(wishes), () => ({ wishes, targets: targets() }));
  }
}
