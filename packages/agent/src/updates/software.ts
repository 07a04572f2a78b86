import type { ExecuteArg, Value } from '@reeve/lwm2m';
import { type ObjectInstance, objectInstance } from '../instance.ts';
import { isMultiple, type Resource } from '../resource.ts';
import type { PackageFault, PackageSink } from './fault.ts';
import { type IntakeMemory, NO_PACKAGE, PackageIntake } from './intake.ts';
import { type PackageScheme, uriFault } from './schemes.ts';
import {
  RESULT_OF_FAULT,
  SOFTWARE_STEPS,
  type SoftwareEvent,
  SoftwareResult,
  SoftwareState,
} from './software-states.ts';
import type { UpdateObject } from './update-object.ts';

/** What a piece of software is, to be kept over restarts of the device. */
export interface SoftwareMemory extends IntakeMemory {
  readonly state: SoftwareState;
  readonly result: SoftwareResult;
  readonly active: boolean;
}

/** What the device does about a piece of software. */
export interface SoftwareOptions {
  /** Of the object instance. */
  readonly id: number;
  readonly sink: PackageSink;
  /** What was saved last. */
  readonly memory?: SoftwareMemory;
  /** Keeps the memory, before the server hears of it. */
  readonly save?: (memory: SoftwareMemory) => void;
  /** The name and version of what is installed, or comes. */
  readonly describe: () => { readonly name: string; readonly version: string };
  /** The package is to be installed; `installed` is called when that is over. */
  readonly install: () => void;
  /** It is to go; `forUpdate`: another version comes in its place. */
  readonly uninstall: (forUpdate: boolean) => void;
  /** It is to run from now on, or not any more. */
  readonly activate: (active: boolean) => void;
  /** Schemes of the URIs that packages are fetched from; default: CoAP from the server itself. */
  readonly schemes?: readonly PackageScheme[];
}

const START: SoftwareMemory = {
  ...NO_PACKAGE,
  state: SoftwareState.initial,
  result: SoftwareResult.none,
  active: false,
};

/** The argument of Uninstall that says that another version comes. */
const FOR_UPDATE = 1;

/** An instance of object 9, Software Management. */
export class SoftwareUpdate implements UpdateObject {
  readonly instance: ObjectInstance;
  readonly intake: PackageIntake;
  readonly #options: SoftwareOptions;
  #memory: SoftwareMemory;

  constructor(options: SoftwareOptions) {
    const { id, sink, memory = START, describe } = options;
    this.#options = options;
    this.#memory = memory;
    this.intake = new PackageIntake(
      sink,
      {
        isOpen: () => this.#can('begin'),
        begun: (intake) => this.#handle('begin', undefined, intake),
        ended: (fault) => this.#handle(fault === undefined ? 'complete' : 'fault', fault),
      },
      memory.state === SoftwareState.downloading ? memory : undefined,
    );
    const active = (wanted: boolean): Resource => ({
      canExecute: () => this.#memory.state === SoftwareState.installed,
      execute: () => this.#activate(wanted),
    });
    this.instance = objectInstance(9, id, {
      resources: {
        0: { read: () => ({ type: 'string', value: describe().name }) },
        1: { read: () => ({ type: 'string', value: describe().version }) },
        ...{ 2: this.#package(), 3: this.#uri() },
        4: { canExecute: () => this.#can('install'), execute: () => this.#options.install() },
        6: { canExecute: () => this.#can('uninstall'), execute: (args) => this.#uninstall(args) },
        7: { read: () => integer(this.#memory.state) },
        9: { read: () => integer(this.#memory.result) },
        ...{ 10: active(true), 11: active(false) },
        12: { read: () => ({ type: 'boolean', value: this.#memory.active }) },
      },
    });
  }

  /** What it is now. */
  get memory(): SoftwareMemory {
    return this.#memory;
  }

  /** How the installation ended. */
  installed(succeeded: boolean): void {
    this.#handle(succeeded ? 'install' : 'notInstalled');
  }

  #package(): Resource {
    return {
      check: () => this.#can('begin'),
      write: (content) => {
        if (!isMultiple(content) && content.type === 'opaque') this.intake.takeWhole(content.value);
      },
      parts: this.intake,
    };
  }

  #uri(): Resource {
    return {
      check: () => this.#can('begin'),
      write: (content) => {
        const uri = isMultiple(content) || content.type !== 'string' ? '' : content.value;
        const fault = uriFault(uri, this.#options.schemes ?? ['coap', 'coaps']);
        if (fault === undefined) this.intake.fetch(uri);
        else this.#handle('fault', fault);
      },
    };
  }

  #can(event: SoftwareEvent): boolean {
    return SOFTWARE_STEPS[this.#memory.state][event] !== undefined;
  }

  #uninstall(args: readonly ExecuteArg[]): void {
    this.#options.uninstall(args.some(({ digit }) => digit === FOR_UPDATE));
    this.#memory = { ...this.#memory, active: false };
    this.#handle('uninstall');
  }

  #activate(active: boolean): void {
    this.#memory = { ...this.#memory, active };
    this.#options.save?.(this.#memory);
    this.#options.activate(active);
  }

  #handle(event: SoftwareEvent, fault?: PackageFault, intake?: IntakeMemory): void {
    const step = SOFTWARE_STEPS[this.#memory.state][event];
    if (step === undefined) return;
    const result = step.result === 'fault' ? RESULT_OF_FAULT[fault ?? 'integrity'] : step.result;
    const { uri, tag } = intake ?? (step.state === SoftwareState.initial ? NO_PACKAGE : this.#memory);
    this.#memory = { state: step.state, result, uri, tag, active: this.#memory.active };
    if (step.state === SoftwareState.initial) this.intake.stop();
    this.#options.save?.(this.#memory);
  }
}

function integer(value: number): Value {
  return { type: 'integer', value };
}
