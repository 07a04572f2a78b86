import type { Value } from '@reeve/lwm2m';
import { type ObjectInstance, objectInstance } from '../instance.ts';
import { type Content, isMultiple, type Resource, stored } from '../resource.ts';
import type { PackageFault, PackageSink } from './fault.ts';
import {
  FIRMWARE_STEPS,
  type FirmwareEvent,
  FirmwareResult,
  FirmwareState,
  RESULT_OF_FAULT,
} from './firmware-states.ts';
import { type IntakeMemory, NO_PACKAGE, PackageIntake } from './intake.ts';
import { type PackageScheme, PROTOCOL_OF_SCHEME, uriFault } from './schemes.ts';
import type { UpdateObject } from './update-object.ts';

/** What a firmware update is, to be kept over restarts of the device. */
export interface FirmwareMemory extends IntakeMemory {
  readonly state: FirmwareState;
  readonly result: FirmwareResult;
}

/** What the device does about its firmware. */
export interface FirmwareOptions {
  readonly sink: PackageSink;
  /** What was saved last. */
  readonly memory?: FirmwareMemory;
  /** Keeps the memory, before the server hears of it. */
  readonly save?: (memory: FirmwareMemory) => void;
  /**
   * The package is to be installed: `started`, and `installed` is called when it is over, by the next firmware after a
   * reboot; or `deferred`, and the server may ask again.
   */
  readonly install: () => 'started' | 'deferred';
  /** Schemes of the URIs that packages are fetched from; default: CoAP from the server itself. */
  readonly schemes?: readonly PackageScheme[];
  /** Whether a server may bring packages; default true. */
  readonly push?: boolean;
}

/** Values of /5/0/9. */
const DELIVERY = { pull: 0, push: 1, both: 2 } as const;

const START: FirmwareMemory = { ...NO_PACKAGE, state: FirmwareState.idle, result: FirmwareResult.none };

/** The one instance of object 5, Firmware Update (OMA Core Appendix E.6). */
export class FirmwareUpdate implements UpdateObject {
  readonly instance: ObjectInstance;
  readonly intake: PackageIntake;
  readonly #options: FirmwareOptions;
  readonly #schemes: readonly string[];
  #memory: FirmwareMemory;

  constructor(options: FirmwareOptions) {
    const { sink, memory = START, schemes = ['coap', 'coaps'], push = true } = options;
    this.#options = options;
    this.#schemes = schemes;
    this.#memory = memory;
    this.intake = new PackageIntake(
      sink,
      {
        isOpen: () => FIRMWARE_STEPS[this.#memory.state].begin !== undefined,
        begun: (intake) => this.#handle('begin', undefined, intake),
        ended: (fault) => this.#handle(fault === undefined ? 'complete' : 'fault', fault),
      },
      memory.state === FirmwareState.downloading ? memory : undefined,
    );
    const canPull = schemes.length > 0;
    this.instance = objectInstance(5, 0, {
      values: {
        8: schemes.map((scheme) => PROTOCOL_OF_SCHEME[scheme]),
        9: push && canPull ? DELIVERY.both : push ? DELIVERY.push : DELIVERY.pull,
      },
      resources: {
        ...{ 0: this.#package(push), 1: this.#uri() },
        2: { canExecute: () => this.#can('execute'), execute: () => this.#execute() },
        3: { read: () => integer(this.#memory.state) },
        5: { read: () => integer(this.#memory.result) },
        10: { canExecute: () => this.#can('cancel'), execute: () => this.#handle('cancel') },
        11: stored(integer(1)),
        13: stored({ type: 'unsigned', value: 0 }),
      },
    });
  }

  /** What it is now. */
  get memory(): FirmwareMemory {
    return this.#memory;
  }

  /** How the installation ended: well, with a fault of the package, which is gone then, or otherwise. */
  installed(outcome: 'updated' | 'failed' | PackageFault): void {
    if (outcome === 'updated') this.#handle('installed');
    else if (outcome === 'failed') this.#handle('notInstalled');
    else this.#handle('fault', outcome);
  }

  #package(push: boolean): Resource {
    return {
      check: (content) => push && (isReset(content) ? this.#can('reset') : this.#can('begin')),
      write: (content) => {
        if (isReset(content)) this.#handle('reset');
        else if (!isMultiple(content) && content.type === 'opaque') this.intake.takeWhole(content.value);
      },
      ...(push && { parts: this.intake }),
    };
  }

  #uri(): Resource {
    return {
      read: () => ({ type: 'string', value: this.#memory.uri }),
      check: () => this.#can('reset'),
      write: (content) => {
        const uri = isMultiple(content) || content.type !== 'string' ? '' : content.value;
        const fault = uri === '' ? undefined : uriFault(uri, this.#schemes);
        if (uri === '') this.#handle('reset');
        else if (fault !== undefined) this.#handle('fault', fault);
        else this.intake.fetch(uri);
      },
    };
  }

  #can(event: FirmwareEvent): boolean {
    return FIRMWARE_STEPS[this.#memory.state][event] !== undefined;
  }

  #execute(): void {
    const before = this.#memory;
    // A device that installs at once may be gone before it returns.
    this.#handle('execute');
    if (this.#options.install() === 'deferred') {
      this.#memory = before;
      this.#handle('defer');
    }
  }

  #handle(event: FirmwareEvent, fault?: PackageFault, intake?: IntakeMemory): void {
    const step = FIRMWARE_STEPS[this.#memory.state][event];
    if (step === undefined) return;
    const result = step.result === 'fault' ? RESULT_OF_FAULT[fault ?? 'integrity'] : step.result;
    const { uri, tag } = intake ?? (step.state === FirmwareState.idle ? NO_PACKAGE : this.#memory);
    this.#memory = { state: step.state, result, uri, tag };
    if (step.state === FirmwareState.idle) this.intake.stop();
    this.#options.save?.(this.#memory);
  }
}

function integer(value: number): Value {
  return { type: 'integer', value };
}

/** An empty package, or one NUL, takes back what there is. */
function isReset(content: Content): boolean {
  if (isMultiple(content) || content.type !== 'opaque') return true;
  return content.value.length === 0 || (content.value.length === 1 && content.value[0] === 0);
}
