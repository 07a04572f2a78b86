import type { Value } from '@reeve/lwm2m';
import { type InstanceParts, type ObjectInstance, objectInstance } from '../instance.ts';
import { DEFAULT_RETRY, type RetryParameters } from '../registration.ts';
import { type Content, singleValue } from '../resource.ts';

/** How the client behaves towards a server. Times in seconds. */
export interface ServerOptions {
  /** Registration lifetime; 0 never ends; default 300. */
  readonly lifetime?: number;
  /** Default Minimum Period between two notifications; default 0. */
  readonly minimumPeriod?: number;
  /** Default Maximum Period between two notifications; none by default. */
  readonly maximumPeriod?: number;
  /** The Communication Retry resources; what is left out has the default of OMA Core table 6.2.1.1-1. */
  readonly retry?: Partial<RetryParameters>;
  /** How long the server wants to be left alone when it disables itself; default 86400. */
  readonly disableTimeout?: number;
  /** Whether notifications that fall due while the device is offline are told later; default true. */
  readonly storing?: boolean;
  /** Whether to ask the bootstrap server when all attempts to register have failed; default true. */
  readonly bootstrapOnFailure?: boolean;
  /** Whether the server wants no Send (Mute Send, which a server can write); default true, as OMA Core has it. */
  readonly muteSend?: boolean;
  /** Whether an SMS may wake the device or send it to its bootstrap server (Trigger); default false. */
  readonly smsTrigger?: boolean;
  /** 1–65534; default 1. */
  readonly shortServerId?: number;
  /** Servers that have one are registered with one after the other, the least first; the others at once. */
  readonly priority?: number;
  /** How long to wait before the first Register; default 0. */
  readonly initialDelay?: number;
  /** Whether those behind it in the order get no Register when that with this one has failed; default false. */
  readonly failureBlock?: boolean;
}

const DEFAULT_DISABLE_TIMEOUT = 86_400;

/** Resources of object 1 that the client itself acts on. */
export const ServerResource = {
  shortServerId: 0,
  lifetime: 1,
  minimumPeriod: 2,
  maximumPeriod: 3,
  disable: 4,
  disableTimeout: 5,
  storing: 6,
  binding: 7,
  updateTrigger: 8,
  bootstrapTrigger: 9,
  lastBootstrapped: 12,
  priority: 13,
  initialDelay: 14,
  failureBlock: 15,
  bootstrapOnFailure: 16,
  retryCount: 17,
  retryTimer: 18,
  sequenceDelay: 19,
  sequenceCount: 20,
  trigger: 21,
  muteSend: 23,
} as const;

/** Those that are times or counts. */
const DURATIONS = [
  ServerResource.lifetime,
  ServerResource.minimumPeriod,
  ServerResource.maximumPeriod,
  ServerResource.disableTimeout,
  ServerResource.initialDelay,
  ServerResource.retryCount,
  ServerResource.retryTimer,
  ServerResource.sequenceDelay,
  ServerResource.sequenceCount,
];

/** The present settings in an instance of object 1. Times in seconds. */
export class ServerSettings {
  readonly #instance: ObjectInstance | undefined;

  /** @param instance without one the defaults hold */
  constructor(instance: ObjectInstance | undefined) {
    this.#instance = instance;
  }

  /** 0 never ends. */
  get lifetime(): number {
    return this.#number(ServerResource.lifetime, 0);
  }

  get minimumPeriod(): number {
    return this.#number(ServerResource.minimumPeriod, 0);
  }

  /** 0 for none. */
  get maximumPeriod(): number {
    return this.#number(ServerResource.maximumPeriod, 0);
  }

  get disableTimeout(): number {
    return this.#number(ServerResource.disableTimeout, DEFAULT_DISABLE_TIMEOUT);
  }

  get storing(): boolean {
    return this.#flag(ServerResource.storing, true);
  }

  get bootstrapOnFailure(): boolean {
    return this.#flag(ServerResource.bootstrapOnFailure, true);
  }

  /** Registration Priority Order; undefined where the server stands in no order. */
  get priority(): number | undefined {
    const { value } = this.#value(ServerResource.priority);
    return typeof value === 'number' ? value : undefined;
  }

  get initialDelay(): number {
    return this.#number(ServerResource.initialDelay, 0);
  }

  get failureBlock(): boolean {
    return this.#flag(ServerResource.failureBlock, false);
  }

  get allowsSms(): boolean {
    return this.#flag(ServerResource.trigger, false);
  }

  get muteSend(): boolean {
    return this.#flag(ServerResource.muteSend, true);
  }

  get retry(): RetryParameters {
    return {
      count: this.#number(ServerResource.retryCount, DEFAULT_RETRY.count),
      timer: this.#number(ServerResource.retryTimer, DEFAULT_RETRY.timer),
      sequenceDelay: this.#number(ServerResource.sequenceDelay, DEFAULT_RETRY.sequenceDelay),
      sequenceCount: this.#number(ServerResource.sequenceCount, DEFAULT_RETRY.sequenceCount),
    };
  }

  #number(resourceId: number, otherwise: number): number {
    const { value } = this.#value(resourceId);
    return typeof value === 'number' ? value : otherwise;
  }

  #flag(resourceId: number, otherwise: boolean): boolean {
    const { value } = this.#value(resourceId);
    return typeof value === 'boolean' ? value : otherwise;
  }

  #value(resourceId: number): Value {
    return singleValue(this.#instance?.slots.get(resourceId)?.resource);
  }
}

/** An instance of object 1, Server (OMA Core Appendix E.2). */
export function serverInstance(options: ServerOptions = {}, id = 0): ObjectInstance {
  const { lifetime = 300, minimumPeriod = 0, maximumPeriod = 0, muteSend = true, shortServerId = 1 } = options;
  const { disableTimeout = DEFAULT_DISABLE_TIMEOUT, storing = true, bootstrapOnFailure = true } = options;
  const retry = { ...DEFAULT_RETRY, ...options.retry };
  return serverInstanceOf(id, {
    [ServerResource.shortServerId]: shortServerId,
    [ServerResource.lifetime]: lifetime,
    [ServerResource.minimumPeriod]: minimumPeriod,
    [ServerResource.maximumPeriod]: maximumPeriod,
    [ServerResource.disableTimeout]: disableTimeout,
    [ServerResource.storing]: storing,
    [ServerResource.binding]: 'U',
    [ServerResource.bootstrapOnFailure]: bootstrapOnFailure,
    [ServerResource.retryCount]: retry.count,
    [ServerResource.retryTimer]: retry.timer,
    [ServerResource.sequenceDelay]: retry.sequenceDelay,
    [ServerResource.sequenceCount]: retry.sequenceCount,
    [ServerResource.muteSend]: muteSend,
    ...given(ServerResource.trigger, options.smsTrigger),
    ...given(ServerResource.priority, options.priority),
    ...given(ServerResource.initialDelay, options.initialDelay),
    ...given(ServerResource.failureBlock, options.failureBlock),
  });
}

function given(resourceId: number, value: number | boolean | undefined): NonNullable<InstanceParts['values']> {
  return value === undefined ? {} : { [resourceId]: value };
}

/** An instance of object 1 that holds all this, and has what a server can execute. */
export function serverInstanceOf(
  id: number,
  values: NonNullable<InstanceParts['values']>,
  resources: NonNullable<InstanceParts['resources']> = {},
): ObjectInstance {
  // The client itself does what they are for when it sees that one was executed.
  const executable = { execute() {} };
  const { disable, updateTrigger, bootstrapTrigger } = ServerResource;
  const instance = objectInstance(1, id, {
    values,
    resources: { ...resources, [disable]: executable, [updateTrigger]: executable, [bootstrapTrigger]: executable },
  });
  for (const resourceId of DURATIONS) {
    const resource = instance.slots.get(resourceId)?.resource;
    if (resource) resource.check ??= isDuration;
  }
  return instance;
}

/** Its definition knows no range, but a device that was told less than nothing could not register. */
function isDuration(content: Content): boolean {
  return !('value' in content) || typeof content.value !== 'number' || content.value >= 0;
}
