import { type ObjectInstance, objectInstance } from '../instance.ts';
import { DEFAULT_RETRY, type RetryParameters } from '../registration.ts';
import { type ContentJson, singleValue } from '../resource.ts';

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
  /** Whether the server wants no Send (Mute Send, which a server can write); default true, as OMA Core has it. */
  readonly muteSend?: boolean;
  /** 1–65534; default 1. */
  readonly shortServerId?: number;
}

/** Resources of object 1 that the client itself acts on. */
export const ServerResource = {
  lifetime: 1,
  minimumPeriod: 2,
  maximumPeriod: 3,
  updateTrigger: 8,
  retryCount: 17,
  retryTimer: 18,
  sequenceDelay: 19,
  sequenceCount: 20,
  muteSend: 23,
} as const;

/** The present settings in an instance of object 1. Times in seconds. */
export class ServerSettings {
  readonly #slots: ObjectInstance['slots'];

  constructor(instance: ObjectInstance) {
    this.#slots = instance.slots;
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

  get muteSend(): boolean {
    return singleValue(this.#slots.get(ServerResource.muteSend)?.resource).value !== false;
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
    const { value } = singleValue(this.#slots.get(resourceId)?.resource);
    return typeof value === 'number' ? value : otherwise;
  }
}

/** An instance of object 1, Server (OMA Core Appendix E.2). */
export function serverInstance(options: ServerOptions = {}, id = 0): ObjectInstance {
  const { lifetime = 300, minimumPeriod = 0, maximumPeriod = 0, muteSend = true, shortServerId = 1 } = options;
  const retry = { ...DEFAULT_RETRY, ...options.retry };
  const values: Record<number, ContentJson> = {
    0: shortServerId,
    [ServerResource.lifetime]: lifetime,
    [ServerResource.minimumPeriod]: minimumPeriod,
    [ServerResource.maximumPeriod]: maximumPeriod,
    6: false,
    7: 'U',
    [ServerResource.retryCount]: retry.count,
    [ServerResource.retryTimer]: retry.timer,
    [ServerResource.sequenceDelay]: retry.sequenceDelay,
    [ServerResource.sequenceCount]: retry.sequenceCount,
    [ServerResource.muteSend]: muteSend,
  };
  // The client sends the Update itself when it sees that the trigger was executed.
  return objectInstance(1, id, { values, resources: { [ServerResource.updateTrigger]: { execute() {} } } });
}
