import { path as pathOf, ROOT_PATH } from '@reeve/lwm2m';
import type { RequestOutcome } from '../link/port.ts';
import type { Device, Registration } from '../registry/fleet.ts';
import { NO_FETCH, type Quirk, type QuirkBook, showsAny, showsQuirk } from '../registry/quirks.ts';
import { formatTarget, isComposite, parseTarget } from './target.ts';

/** Instances that an object may have to be observed instance by instance. */
export const MAX_INSTANCES = 100;

/** What a target is observed by, on a device that can't do it as a whole. */
interface Split {
  /** Because of what. */
  readonly quirk: Quirk;
  /** Targets, each with the parameters of the whole. */
  readonly parts: readonly string[];
}

/** The paths of a composite target, and the instances of an object; undefined for what is a whole or nothing. */
export function splitOf(text: string, objects: Registration['objects']): Split | undefined {
  const target = parseTarget(text);
  if (!target) return undefined;
  const partOf = (path: (typeof target.paths)[number]) => formatTarget({ ...target, paths: [path] });
  if (isComposite(target)) {
    return target.paths.includes(ROOT_PATH) ? undefined : { quirk: NO_FETCH, parts: target.paths.map(partOf) };
  }
  const object = objects.find(({ objectId }) => target.paths[0] === pathOf(objectId));
  if (!object) return undefined;
  const { objectId, instances } = object;
  if (instances.length === 0 || instances.length > MAX_INSTANCES) return undefined;
  return { quirk: { kind: 'by-instance', objectId }, parts: instances.map((id) => partOf(pathOf(objectId, id))) };
}

/**
 * How what is wanted is observed on each device. What it turns out not to be able to do as a whole is observed in parts
 * from then on; those of an object follow the instances that the device registers.
 */
export class Parts {
  readonly #quirks: QuirkBook;

  constructor(quirks: QuirkBook) {
    this.#quirks = quirks;
  }

  /** What is observed on the device for a target: the target itself, or its parts. */
  of(device: Device, target: string): readonly string[] {
    // Asked for at every contact, and most devices have no quirk.
    if (!this.#quirks.hasAny(device)) return [target];
    const split = splitOf(target, device.registration?.objects ?? []);
    if (!split || !this.#quirks.has(device, split.quirk)) return [target];
    return split.parts.flatMap((part) => this.of(device, part));
  }

  /** What is observed on the device for these targets. */
  ofAll(device: Device, targets: readonly string[]): readonly string[] {
    if (!this.#quirks.hasAny(device)) return targets;
    return [...new Set(targets.flatMap((target) => this.of(device, target)))];
  }

  /** Learns from what came of asking for a target. @returns whether it is to be observed in parts from now on */
  learn(device: Device, target: string, outcome: RequestOutcome): boolean {
    if (!showsAny(outcome)) return false;
    const split = splitOf(target, device.registration?.objects ?? []);
    if (!split || !showsQuirk(split.quirk, outcome)) return false;
    this.#quirks.suspect(device, split.quirk);
    return true;
  }

  /** Learns from a notification that ended the observation of a target: its object may have grown too long. */
  outgrown(device: Device, target: string, code: number): boolean {
    const split = splitOf(target, device.registration?.objects ?? []);
    if (split?.quirk.kind !== 'by-instance') return false;
    return this.learn(device, target, { kind: 'answered', code, body: { kind: 'empty' } });
  }

  /** The device observes a target: if that is a part, what was suspected is so. */
  prove(device: Device, target: string): void {
    if (!this.#quirks.hasAny(device)) return;
    const [, objectId] = /^\/(\d+)\/\d+(?:\?|$)/.exec(target) ?? [];
    const byInstance = { kind: 'by-instance', objectId: Number(objectId) } as const;
    for (const quirk of [NO_FETCH, byInstance]) {
      if (this.#quirks.has(device, quirk)) this.#quirks.prove(device, quirk);
    }
  }
}

/** How far from being observed, the furthest first: the state of all parts is that of the first. */
const STATES = ['refused', undefined, 'wanted', 'requested', 'live'] as const;

/** The part that stands for all of them; undefined if that is one that nothing was done for yet. */
export function furthest<Part extends { readonly state: Exclude<(typeof STATES)[number], undefined> }>(
  parts: readonly (Part | undefined)[],
): Part | undefined {
  return parts.toSorted((a, b) => STATES.indexOf(a?.state) - STATES.indexOf(b?.state))[0];
}
