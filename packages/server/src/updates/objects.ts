/** The two objects that take packages, in the words that both share. */

/** What an object instance says of its package. */
type Phase = 'idle' | 'downloading' | 'downloaded' | 'installing' | 'installed';

/** What its result says: nothing yet, done, put off, or what is wrong. */
type Verdict = { readonly kind: 'none' | 'good' | 'deferred' } | { readonly kind: 'bad'; readonly words: string };

/** What was read of an object instance. */
export interface Said {
  readonly phase: Phase;
  readonly verdict: Verdict;
  /** Schemes of URIs that it fetches from; undefined: it does not say. */
  readonly schemes?: readonly string[];
  /** Undefined: it does not say. */
  readonly delivery?: 'pull' | 'push' | 'both';
}

/** Resource ids and meanings of one of the objects. */
export interface UpdateObjectProfile {
  readonly package: number;
  readonly uri: number;
  readonly execute: number;
  readonly state: number;
  readonly result: number;
  /** What takes back a package: an empty URI, or an execution. */
  readonly reset: { readonly write: number } | { readonly execute: number };
  /** Executed once it is installed, so that it runs. */
  readonly activate?: number;
  readonly phases: readonly Phase[];
  readonly verdicts: Readonly<Record<number, Verdict>>;
}

const NONE: Verdict = { kind: 'none' };
const GOOD: Verdict = { kind: 'good' };
const bad = (words: string): Verdict => ({ kind: 'bad', words });

/** Object 5 (OMA Core Appendix E.6): every result of all its versions. */
const firmware: UpdateObjectProfile = {
  ...{ package: 0, uri: 1, execute: 2, state: 3, result: 5, reset: { write: 1 } },
  phases: ['idle', 'downloading', 'downloaded', 'installing'],
  verdicts: {
    0: NONE,
    1: GOOD,
    2: bad('not enough flash memory'),
    3: bad('out of RAM'),
    4: bad('the connection was lost during the download'),
    5: bad('the integrity check failed'),
    6: bad('the package type is not supported'),
    7: bad('the URI is invalid'),
    8: bad('the update itself failed'),
    9: bad('the protocol of the URI is not supported'),
    10: bad('the device cancelled it'),
    11: { kind: 'deferred' },
  },
};

/** Object 9 (OMA Software Management). */
const software: UpdateObjectProfile = {
  ...{ package: 2, uri: 3, execute: 4, state: 7, result: 9, reset: { execute: 6 }, activate: 10 },
  phases: ['idle', 'downloading', 'downloading', 'downloaded', 'installed'],
  verdicts: {
    0: NONE,
    1: NONE,
    2: GOOD,
    3: NONE,
    50: bad('not enough storage'),
    51: bad('out of memory'),
    52: bad('the connection was lost during the download'),
    53: bad('the integrity check failed'),
    54: bad('the package type is not supported'),
    56: bad('the URI is invalid'),
    57: bad('the device says that there is an error of its own'),
    58: bad('the installation failed'),
    59: bad('the uninstallation failed'),
  },
};

const PROFILES: ReadonlyMap<string, UpdateObjectProfile> = new Map([
  ['5', firmware],
  ['9', software],
]);

/** The profile of an object instance's path such as `/5/0`. @throws RangeError for another object */
export function profileOf(path: string): UpdateObjectProfile {
  const profile = PROFILES.get(path.split('/')[1] ?? '');
  if (profile === undefined) throw new RangeError(`${path} takes no packages`);
  return profile;
}

/** Values of /5/0/8. */
export const SCHEMES: readonly string[] = ['coap', 'coaps', 'http', 'https', 'coap+tcp', 'coaps+tcp'];
/** Values of /5/0/9. */
const DELIVERIES = ['pull', 'push', 'both'] as const;

/** Reads what an object instance says; undefined when it says no state. */
export function read(
  path: string,
  records: readonly { readonly path: string; readonly stored: { readonly value: unknown } }[],
): Said | undefined {
  const profile = profileOf(path);
  const numbers = (id: number): number[] =>
    records.flatMap(({ path: at, stored: { value } }) =>
      (at === `${path}/${id}` || at.startsWith(`${path}/${id}/`)) && value !== null ? [Number(value)] : [],
    );
  const phase = profile.phases[numbers(profile.state)[0] ?? -1];
  if (phase === undefined) return undefined;
  const [result = 0] = numbers(profile.result);
  const verdict = profile.verdicts[result] ?? bad(`the device says result ${result}`);
  if (profile !== firmware) return { phase, verdict };
  const protocols = numbers(8);
  const delivery = DELIVERIES[numbers(9)[0] ?? -1];
  return {
    ...{ phase, verdict },
    // Values that nobody knows yet are ignored.
    ...(protocols.length > 0 && { schemes: protocols.flatMap((protocol) => SCHEMES[protocol] ?? []) }),
    ...(delivery && { delivery }),
  };
}
