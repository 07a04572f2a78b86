import { isDeepStrictEqual } from 'node:util';
import { Code } from '@reeve/coap';
import { commitAll } from '../decision.ts';
import type { Lanes } from '../lanes.ts';
import type { RequestOutcome } from '../link/port.ts';
import type { Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import type { Device, Registration } from './fleet.ts';

/** What was learned of how a device has to be asked. */
export interface Quirks {
  readonly noFetch?: true;
  readonly noIpatch?: true;
  /** Ids of objects. */
  readonly byInstance?: readonly number[];
}

/** One thing that can be learned. */
export type Quirk =
  /** It takes no FETCH: of several paths it is asked for one at a time. */
  | { readonly kind: 'no-fetch' }
  /** It takes no iPATCH: several values are written one at a time, if whoever wants them written agrees. */
  | { readonly kind: 'no-ipatch' }
  /** An object is too long for its answers: it is read and observed instance by instance. */
  | { readonly kind: 'by-instance'; readonly objectId: number };

export const NO_FETCH: Quirk = { kind: 'no-fetch' };
export const NO_IPATCH: Quirk = { kind: 'no-ipatch' };
const NONE: Quirks = {};

/** What devices answer to a FETCH or iPATCH that have none; others acknowledge it and say nothing more. */
const METHOD_REFUSED: ReadonlySet<number> = new Set([Code.MethodNotAllowed, Code.NotImplemented]);
/** What devices answer that have no room for the whole of an answer; others break off in the midst of its parts. */
const TOO_LONG: ReadonlySet<number> = new Set([Code.InternalServerError, Code.RequestEntityTooLarge]);

/** Whether the outcome of what a quirk is about speaks for it. */
export function showsQuirk({ kind }: Quirk, outcome: RequestOutcome): boolean {
  if (outcome.kind === 'answered') {
    if (kind !== 'by-instance') return METHOD_REFUSED.has(outcome.code);
    return TOO_LONG.has(outcome.code) || (outcome.body.kind === 'records' && outcome.body.truncated);
  }
  return kind !== 'by-instance' && outcome.kind === 'timeout' && outcome.acknowledged === true;
}

/** Whether an outcome may speak for a quirk at all, whatever was asked for. */
export function showsAny(outcome: RequestOutcome): boolean {
  return showsQuirk(NO_FETCH, outcome) || showsQuirk({ kind: 'by-instance', objectId: 0 }, outcome);
}

interface Options {
  readonly store: Store;
  readonly lanes: Lanes;
}

/** How devices have to be asked: what was proved is stored with their registration, what is suspected is in memory. */
export class QuirkBook {
  readonly #o: Options;

  constructor(options: Options) {
    this.#o = options;
  }

  /** Whether the device has any quirk at all. */
  hasAny(device: Device): boolean {
    return device.registration?.quirks !== undefined || device.suspected !== undefined;
  }

  has(device: Device, quirk: Quirk): boolean {
    return isIn(device.registration?.quirks ?? NONE, quirk) || isIn(device.suspected ?? NONE, quirk);
  }

  /** Something speaks for a quirk: the device is not tried with the other way again. */
  suspect(device: Device, quirk: Quirk): void {
    device.suspected = withQuirk(device.suspected ?? NONE, quirk);
  }

  /** The device answers what it is asked because of a quirk. What is not saved is found out again after a restart. */
  prove(device: Device, quirk: Quirk): void {
    if (isIn(device.registration?.quirks ?? NONE, quirk)) return;
    void this.#o.lanes.run(device.row.deviceId, () => this.#learn(device, quirk)).catch(() => {});
  }

  async #learn({ registration }: Device, quirk: Quirk): Promise<void> {
    if (!registration) return;
    const { deviceId, quirks: before = NONE } = registration;
    const set = { quirks: withQuirk(before, quirk) };
    const changes = [{ patch: 'registrations', key: { deviceId }, set } as const];
    await commitAll(this.#o.store, [{ batch: { changes }, apply: () => Object.assign(registration, set) }]);
  }
}

function isIn({ noFetch, noIpatch, byInstance = [] }: Quirks, quirk: Quirk): boolean {
  switch (quirk.kind) {
    case 'no-fetch':
      return noFetch === true;
    case 'no-ipatch':
      return noIpatch === true;
    case 'by-instance':
      return byInstance.includes(quirk.objectId);
  }
}

function withQuirk(quirks: Quirks, quirk: Quirk): Quirks {
  if (isIn(quirks, quirk)) return quirks;
  switch (quirk.kind) {
    case 'no-fetch':
      return { ...quirks, noFetch: true };
    case 'no-ipatch':
      return { ...quirks, noIpatch: true };
    case 'by-instance':
      return { ...quirks, byInstance: [...(quirks.byInstance ?? []), quirk.objectId] };
  }
}

/** What is still believed of a device that registers anew: all of it, if it says the same of itself as before. */
export function keptQuirks(
  former: Registration | undefined,
  { version, contentFormats }: Pick<Row<'registrations'>, 'version' | 'contentFormats'>,
): Quirks | undefined {
  if (!former?.quirks || former.version !== version) return undefined;
  return isDeepStrictEqual(former.contentFormats, contentFormats) ? former.quirks : undefined;
}
