import { ReeveError } from '../errors.ts';
import type { DeviceId, Millis } from '../ids.ts';
import type { RuleEngine } from '../policies/engine.ts';
import { type Device, pages } from '../registry/fleet.ts';
import type { Store } from '../store/port.ts';

/** Targets observed per device, of rules and people together. */
const MAX_OBSERVED = 100;

/** Who wants what observed: rules, by what they need, and people, by what they asked for. */
export class Wishes {
  readonly #store: Store;
  readonly #engine: RuleEngine;
  readonly #people = new Map<DeviceId, Map<string, Set<string>>>();

  private constructor(store: Store, engine: RuleEngine) {
    this.#store = store;
    this.#engine = engine;
  }

  static async load(store: Store, engine: RuleEngine): Promise<Wishes> {
    const wishes = new Wishes(store, engine);
    for await (const { deviceId, path, person } of pages(store, 'wantedObservations')) {
      wishes.#put(deviceId, path, person);
    }
    return wishes;
  }

  /** Targets wanted of a device, each with who wants it, at most `MAX_OBSERVED`; rules come first. */
  of(deviceId: DeviceId): Map<string, string[]> {
    const wanted = new Map<string, string[]>();
    for (const { path, policies } of this.#engine.needs(deviceId)) wanted.set(path, [...policies]);
    for (const [path, people] of this.#people.get(deviceId) ?? []) {
      if (wanted.size >= MAX_OBSERVED && !wanted.has(path)) continue;
      wanted.set(path, [...(wanted.get(path) ?? []), ...people]);
    }
    return wanted;
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
    const paths = this.#people.get(deviceId);
    paths?.get(path)?.delete(person);
    if (paths?.get(path)?.size === 0) paths.delete(path);
  }

  forget(deviceId: DeviceId): void {
    this.#people.delete(deviceId);
  }

  #put(deviceId: DeviceId, path: string, person: string): void {
    const paths = this.#people.get(deviceId) ?? new Map<string, Set<string>>();
    paths.set(path, (paths.get(path) ?? new Set()).add(person));
    this.#people.set(deviceId, paths);
  }
}
