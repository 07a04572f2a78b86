import type { PackageFault } from './fault.ts';

/** Values of /5/0/3. */
export const FirmwareState = { idle: 0, downloading: 1, downloaded: 2, updating: 3 } as const;
export type FirmwareState = (typeof FirmwareState)[keyof typeof FirmwareState];

/** Values of /5/0/5. */
export const FirmwareResult = {
  none: 0,
  updated: 1,
  noStorage: 2,
  outOfMemory: 3,
  connectionLost: 4,
  integrity: 5,
  packageType: 6,
  invalidUri: 7,
  failed: 8,
  protocol: 9,
  cancelled: 10,
  deferred: 11,
} as const;
export type FirmwareResult = (typeof FirmwareResult)[keyof typeof FirmwareResult];

/** What a fault of the package makes the result. */
export const RESULT_OF_FAULT: Readonly<Record<PackageFault, FirmwareResult>> = {
  'no-storage': FirmwareResult.noStorage,
  'out-of-memory': FirmwareResult.outOfMemory,
  'connection-lost': FirmwareResult.connectionLost,
  integrity: FirmwareResult.integrity,
  'package-type': FirmwareResult.packageType,
  'invalid-uri': FirmwareResult.invalidUri,
  protocol: FirmwareResult.protocol,
};

/** What happens to a firmware update. */
export type FirmwareEvent =
  /** A package begins to come, or a URI to fetch it from was written. */
  | 'begin'
  /** All of it is here, and good. */
  | 'complete'
  /** It did not come, or is not good; the result says why. */
  | 'fault'
  /** The server takes the package back: an empty URI, or a package of nothing. */
  | 'reset'
  | 'cancel'
  | 'execute'
  /** It was executed, and the device puts it off. */
  | 'defer'
  | 'installed'
  | 'notInstalled';

/** Where an event leads; `fault` in place of the result of the fault. */
export interface FirmwareStep {
  readonly state: FirmwareState;
  readonly result: FirmwareResult | 'fault';
}

const { idle, downloading, downloaded, updating } = FirmwareState;
const BEGUN: FirmwareStep = { state: downloading, result: FirmwareResult.none };
const FAULT: FirmwareStep = { state: idle, result: 'fault' };
const RESET: FirmwareStep = { state: idle, result: FirmwareResult.none };
const CANCELLED: FirmwareStep = { state: idle, result: FirmwareResult.cancelled };
const NO = undefined;

/**
 * Every state and event (OMA Core Appendix E.6): undefined where nothing happens, which is a refusal if a server asked
 * for it. A reset counts in every state before the update itself: text and figure of the specification differ about that.
 * An update that fails leaves the package where it was, for another attempt.
 */
export const FIRMWARE_STEPS: Readonly<
  Record<FirmwareState, Readonly<Record<FirmwareEvent, FirmwareStep | undefined>>>
> = {
  [idle]: {
    ...{ begin: BEGUN, complete: NO, fault: FAULT, reset: RESET, cancel: NO },
    ...{ execute: NO, defer: NO, installed: NO, notInstalled: NO },
  },
  [downloading]: {
    ...{ begin: BEGUN, fault: FAULT, reset: RESET, cancel: CANCELLED },
    complete: { state: downloaded, result: FirmwareResult.none },
    ...{ execute: NO, defer: NO, installed: NO, notInstalled: NO },
  },
  [downloaded]: {
    ...{ begin: BEGUN, complete: NO, fault: FAULT, reset: RESET, cancel: CANCELLED },
    execute: { state: updating, result: FirmwareResult.none },
    defer: { state: downloaded, result: FirmwareResult.deferred },
    ...{ installed: NO, notInstalled: NO },
  },
  [updating]: {
    ...{ begin: NO, complete: NO, fault: FAULT, reset: NO, cancel: NO, execute: NO, defer: NO },
    installed: { state: idle, result: FirmwareResult.updated },
    notInstalled: { state: downloaded, result: FirmwareResult.failed },
  },
};
