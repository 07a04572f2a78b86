/** What the registry says of objects and resources (OMA Core §7.3, Appendices D and E), as data. */

import type { ResourceType } from '../value.ts';

/** What a LwM2M server may do with a resource; `''` is for the bootstrap server alone. */
export const OPERATIONS = ['', 'R', 'W', 'RW', 'E'] as const;
export type Operations = (typeof OPERATIONS)[number];

/** One resource of one version of an object. */
export interface ResourceDefinition {
  readonly id: number;
  readonly name: string;
  readonly operations: Operations;
  readonly type: ResourceType;
  /** Whether it may have several instances. */
  readonly multiple: boolean;
  readonly mandatory: boolean;
  /** Least and largest number, or length in bytes of a string or opaque. */
  readonly range?: readonly [least: number, largest: number];
  /** SenML unit of the value (RFC 8428 §12.1), else the unit in words. */
  readonly units?: string;
  /** Names of a number's values, for people. */
  readonly names?: Readonly<Record<number, string>>;
}

/** One version of an object. */
export interface ObjectDefinition {
  readonly id: number;
  readonly name: string;
  readonly version: string;
  readonly multiple: boolean;
  readonly mandatory: boolean;
  readonly resources: ReadonlyMap<number, ResourceDefinition>;
}

/** The object's URN (OMA Core §7.2.1): its class follows from the range of ids, and version 1.0 is left out. */
export function urnOf({ id, version }: Pick<ObjectDefinition, 'id' | 'version'>): string {
  const authority = id < 1024 ? 'oma' : id >= 2048 && id <= 10_240 ? 'ext' : 'x';
  return `urn:oma:lwm2m:${authority}:${id}${version === '1.0' ? '' : `:${version}`}`;
}
