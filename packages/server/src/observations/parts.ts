import { ROOT_PATH } from '@reeve/lwm2m';
import { formatTarget, isComposite, parseTarget } from './target.ts';

/** The targets of each path of a composite one by itself; undefined if it is none, or of the device as a whole. */
export function partsOf(text: string): readonly string[] | undefined {
  const target = parseTarget(text);
  if (!target || !isComposite(target) || target.paths.includes(ROOT_PATH)) return undefined;
  return target.paths.map((path) => formatTarget({ ...target, paths: [path] }));
}

/** What is observed on a device that takes no FETCH, for these targets. */
export function inParts(targets: readonly string[]): readonly string[] {
  return [...new Set(targets.flatMap((target) => partsOf(target) ?? [target]))];
}

/** How far from being observed, the furthest first: the state of all parts is that of the first. */
const STATES = ['refused', undefined, 'wanted', 'requested', 'live'] as const;

/** The part that stands for all of them; undefined if that is one that nothing was done for yet. */
export function furthest<Part extends { readonly state: Exclude<(typeof STATES)[number], undefined> }>(
  parts: readonly (Part | undefined)[],
): Part | undefined {
  return parts.toSorted((a, b) => STATES.indexOf(a?.state) - STATES.indexOf(b?.state))[0];
}
