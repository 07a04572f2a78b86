import { type ObjectInstance, objectInstance } from '../instance.ts';
import type { ContentJson } from '../resource.ts';

/** How the client behaves towards a server. Times in seconds. */
export interface ServerOptions {
  /** Registration lifetime; 0 never ends; default 300. */
  readonly lifetime?: number;
  /** Default Minimum Period between two notifications; default 0. */
  readonly minimumPeriod?: number;
  /** Default Maximum Period between two notifications; none by default. */
  readonly maximumPeriod?: number;
  /** The Communication Retry resources; what is left out has the default of OMA Core table 6.2.1.1-1. */
  readonly retry?: {
    readonly count?: number;
    readonly timer?: number;
    readonly sequenceDelay?: number;
    readonly sequenceCount?: number;
  };
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
} as const;

/** An instance of object 1, Server (OMA Core Appendix E.2). */
export function serverInstance(options: ServerOptions = {}, id = 0): ObjectInstance {
  const { lifetime = 300, minimumPeriod = 0, maximumPeriod = 0, retry = {}, shortServerId = 1 } = options;
  const values: Record<number, ContentJson> = {
    0: shortServerId,
    [ServerResource.lifetime]: lifetime,
    [ServerResource.minimumPeriod]: minimumPeriod,
    [ServerResource.maximumPeriod]: maximumPeriod,
    6: false,
    7: 'U',
    [ServerResource.retryCount]: retry.count ?? 5,
    [ServerResource.retryTimer]: retry.timer ?? 60,
    [ServerResource.sequenceDelay]: retry.sequenceDelay ?? 86_400,
    [ServerResource.sequenceCount]: retry.sequenceCount ?? 1,
  };
  // The client sends the Update itself when it sees that the trigger was executed.
  return objectInstance(1, id, { values, resources: { [ServerResource.updateTrigger]: { execute() {} } } });
}
