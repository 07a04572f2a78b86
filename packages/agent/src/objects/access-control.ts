import type { Value } from '@reeve/lwm2m';
import { type ObjectInstance, objectInstance } from '../instance.ts';
import { stored } from '../resource.ts';

/** Bits of an access right (/2/x/2). */
export const Right = { read: 1, write: 2, execute: 4, delete: 8, create: 16 } as const;
export type Right = (typeof Right)[keyof typeof Right];

/** Stands for all instances of an object (/2/x/1), and for no server (/2/x/3). */
export const NONE = 65_535;

/** Who may do what with an object instance, or create instances of an object. */
export interface AccessControlOptions {
  readonly objectId: number;
  /** Left out, it is about who may create instances of the object. */
  readonly instanceId?: number;
  /** Short id of the server that may do everything, unless `rights` name it, and that may change this; default none. */
  readonly owner?: number;
  /** Sums of `Right` by short server id; those of 0 are for every server that is not named. */
  readonly rights?: Readonly<Record<number, number>>;
}

/** Resources of object 2. */
export const AccessControlResource = { objectId: 0, instanceId: 1, rights: 2, owner: 3 } as const;

/** An instance of object 2, Access Control (OMA Core Appendix E.3). It counts where a device has several servers. */
export function accessControlInstance(options: AccessControlOptions, id = 0): ObjectInstance {
  const { objectId, instanceId = NONE, owner = NONE, rights = {} } = options;
  const entries = Object.entries(rights).map(([server, value]): [number, Value] => [
    Number(server),
    { type: 'integer', value },
  ]);
  return objectInstance(2, id, {
    values: {
      [AccessControlResource.objectId]: objectId,
      [AccessControlResource.instanceId]: instanceId,
      [AccessControlResource.owner]: owner,
    },
    resources: { [AccessControlResource.rights]: stored(new Map(entries)) },
  });
}
