/** Versions of the LwM2M enabler, and what each implies for the versions of its objects. */

/** The versions of LwM2M that are understood; 1.1.1, 1.2.1 and 1.2.2 call themselves 1.1 and 1.2 on the wire. */
export const ENABLER_VERSIONS = ['1.0', '1.1', '1.2'] as const;
export type EnablerVersion = (typeof ENABLER_VERSIONS)[number];

/** Object versions that a device means when its registration names none (OMA Core §7.2.2, Table E-1). */
const DEFAULTS: Readonly<Record<EnablerVersion, Readonly<Record<number, string>>>> = {
  '1.0': {},
  '1.1': { 0: '1.1', 1: '1.1', 3: '1.1', 4: '1.2' },
  '1.2': { 0: '1.2', 1: '1.2', 2: '1.1', 3: '1.2', 4: '1.3', 5: '1.1', 21: '2.0' },
};

/** The version of an object that a device of that enabler has unless its registration says otherwise. */
export function defaultVersion(enabler: EnablerVersion, objectId: number): string {
  return DEFAULTS[enabler][objectId] ?? '1.0';
}
