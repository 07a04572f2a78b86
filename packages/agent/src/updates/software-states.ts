import type { PackageFault } from './fault.ts';

/** Values of /9/x/7; 2, downloaded and not verified, lasts no time here. */
export const SoftwareState = { initial: 0, downloading: 1, delivered: 3, installed: 4 } as const;
export type SoftwareState = (typeof SoftwareState)[keyof typeof SoftwareState];

/** Values of /9/x/9. */
export const SoftwareResult = {
  none: 0,
  downloading: 1,
  installed: 2,
  delivered: 3,
  noStorage: 50,
  outOfMemory: 51,
  connectionLost: 52,
  integrity: 53,
  packageType: 54,
  invalidUri: 56,
  ownError: 57,
  notInstalled: 58,
} as const;
export type SoftwareResult = (typeof SoftwareResult)[keyof typeof SoftwareResult];

/** What a fault of the package makes the result; the object has none of its own for a scheme that is not spoken. */
export const RESULT_OF_FAULT: Readonly<Record<PackageFault, SoftwareResult>> = {
  'no-storage': SoftwareResult.noStorage,
  'out-of-memory': SoftwareResult.outOfMemory,
  'connection-lost': SoftwareResult.connectionLost,
  integrity: SoftwareResult.integrity,
  'package-type': SoftwareResult.packageType,
  'invalid-uri': SoftwareResult.invalidUri,
  protocol: SoftwareResult.ownError,
};

/** What happens to a piece of software. */
export type SoftwareEvent = 'begin' | 'complete' | 'fault' | 'install' | 'notInstalled' | 'uninstall';

/** Where an event leads; `fault` in place of the result of the fault. */
interface SoftwareStep {
  readonly state: SoftwareState;
  readonly result: SoftwareResult | 'fault';
}

const { initial, downloading, delivered, installed } = SoftwareState;
const BEGUN: SoftwareStep = { state: downloading, result: SoftwareResult.downloading };
const FAULT: SoftwareStep = { state: initial, result: 'fault' };
const GONE: SoftwareStep = { state: initial, result: SoftwareResult.none };
const NO = undefined;

/** Every state and event: undefined where nothing happens, which is a refusal if a server asked for it. */
export const SOFTWARE_STEPS: Readonly<
  Record<SoftwareState, Readonly<Record<SoftwareEvent, SoftwareStep | undefined>>>
> = {
  [initial]: { begin: BEGUN, complete: NO, fault: FAULT, install: NO, notInstalled: NO, uninstall: NO },
  [downloading]: {
    ...{ begin: BEGUN, fault: FAULT, install: NO, notInstalled: NO, uninstall: GONE },
    complete: { state: delivered, result: SoftwareResult.delivered },
  },
  [delivered]: {
    ...{ begin: BEGUN, complete: NO, fault: FAULT, uninstall: GONE },
    install: { state: installed, result: SoftwareResult.installed },
    notInstalled: { state: delivered, result: SoftwareResult.notInstalled },
  },
  [installed]: { begin: NO, complete: NO, fault: NO, install: NO, notInstalled: NO, uninstall: GONE },
};
