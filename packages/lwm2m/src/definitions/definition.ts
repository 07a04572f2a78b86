/** What the registry says of objects and resources (OMA Core §7.3, Appendices D and E), as data. */

import type { ResourceType } from '../value.ts';

/** What a LwM2M server may do with a resource; `''` is for the bootstrap server alone. */
export type Operations = '' | 'R' | 'W' | 'RW' | 'E';

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

/** An object through its versions, oldest first: each lists the resources that it adds or changes. */
export interface ObjectHistory {
  readonly id: number;
  readonly name: string;
  readonly multiple?: true;
  readonly mandatory?: true;
  readonly versions: readonly (readonly [version: string, added: readonly ResourceDefinition[]])[];
}

type Details = Partial<Omit<ResourceDefinition, 'id' | 'name' | 'operations' | 'type'>>;

/** One line of an object's table. */
export function resource(
  id: number,
  name: string,
  operations: Operations,
  type: ResourceType,
  { multiple = false, mandatory = false, ...details }: Details = {},
): ResourceDefinition {
  return { id, name, operations, type, multiple, mandatory, ...details };
}

/** Shorthand of the tables. */
export const MANDATORY = { mandatory: true } as const;
export const MULTIPLE = { multiple: true } as const;
export const SECONDS = { units: 's' } as const;

/** Every version of an object in full. */
export function expand({ versions, ...history }: ObjectHistory): ObjectDefinition[] {
  const { id, name, multiple = false, mandatory = false } = history;
  const resources = new Map<number, ResourceDefinition>();
  return versions.map(([version, added]) => {
    for (const one of added) resources.set(one.id, one);
    return { id, name, version, multiple, mandatory, resources: new Map(resources) };
  });
}
