import {
  coerce,
  type ExecuteArg,
  formatValue,
  NONE,
  type ResourceDefinition,
  type Value,
  type ValueJson,
  valueFromJson,
} from '@reeve/lwm2m';

/** What a resource holds: one value or, for a multiple resource, values by resource instance id. */
export type Content = Value | ReadonlyMap<number, Value>;

/**
 * Content as a program writes it: numbers, strings, times in Unix seconds, opaque values in base64. The values of a
 * multiple resource come as an array; they get the ids 0, 1, …
 */
export type ContentJson = ValueJson | readonly ValueJson[];

/** What stands behind one resource. What a server may do with it is decided by its definition. */
export interface Resource {
  /** The present content. Called for each Read and notification. */
  read?(): Content;
  /** Whether content of right type and range may be written; nothing is written when any part of a Write may not. */
  check?(content: Content): boolean;
  /** Takes new content, from a server or from the device's own application. */
  write?(content: Content): void;
  /** Goes back to the content of the start: a Write that replaces the object instance left the resource out. */
  reset?(): void;
  /** Takes a long opaque value part by part as it comes (RFC 7959 §2.5), so that it is never held whole. */
  readonly parts?: PartsTaker;
  /** Whether it may be executed now; without it always. */
  canExecute?(): boolean;
  /** Does what the resource is for. */
  execute?(args: readonly ExecuteArg[]): void;
}

/** A part of a value that a server writes. */
export interface Part {
  /** Bytes ahead of it. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Whether others follow. */
  readonly more: boolean;
  /** Bytes of the whole, if the server said so. */
  readonly size: number | undefined;
  /** What parts of one value have in common (Request-Tag, RFC 9175 §3), in hex; empty without one. */
  readonly tag: string;
}

/** What became of a part: `gap` when those ahead of it are not here, `busy` when nothing can be written now. */
export type PartOutcome = 'taken' | 'gap' | 'busy';

/** Where the parts of a value go. */
export interface PartsTaker {
  take(part: Part): PartOutcome;
}

/** A resource that holds its content itself. */
export function stored(initial: Content): Resource {
  let content = initial;
  return {
    read: () => content,
    write: (next) => {
      content = next;
    },
    reset: () => {
      content = initial;
    },
  };
}

/** Tells a multiple resource's content from a single value. */
export function isMultiple(content: Content): content is ReadonlyMap<number, Value> {
  return content instanceof Map;
}

/**
 * Reads content that a program wrote.
 *
 * @throws RangeError when it does not fit the resource's definition
 */
export function contentFromJson(definition: ResourceDefinition, json: ContentJson): Content {
  const single = (one: ValueJson): Value => {
    const value = valueFromJson(definition.type, one);
    if (value !== undefined && inRange(definition, value)) return value;
    throw new RangeError(`${definition.name} cannot be ${JSON.stringify(one)}`);
  };
  if (!definition.multiple) {
    if (isArray(json)) throw new RangeError(`${definition.name} has one value`);
    return single(json);
  }
  if (!isArray(json)) throw new RangeError(`${definition.name} has several values`);
  return new Map(json.map((one, id) => [id, single(one)]));
}

function isArray(json: ContentJson): json is readonly ValueJson[] {
  return Array.isArray(json);
}

/** A value as the definition wants it, or why it can't be (OMA Core §7.3.1): its type, then its range. */
export function fit(
  definition: ResourceDefinition,
  value: Value,
): { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly detail: string } {
  const typed = coerce(value, definition.type);
  if (typed === undefined) return { ok: false, detail: `${definition.name} is ${definition.type}, not ${value.type}` };
  if (inRange(definition, typed)) return { ok: true, value: typed };
  return { ok: false, detail: `${definition.name} cannot be ${formatValue(typed)}` };
}

function inRange({ range }: ResourceDefinition, value: Value): boolean {
  if (range === undefined) return true;
  const size = magnitude(value);
  return size === undefined || (size >= range[0] && size <= range[1]);
}

/** What a range limits: the number itself, or the length in bytes. */
function magnitude(value: Value): number | bigint | undefined {
  switch (value.type) {
    case 'integer':
    case 'unsigned':
    case 'float':
      return value.value;
    case 'string':
      return new TextEncoder().encode(value.value).length;
    case 'opaque':
      return value.value.length;
    default:
      return undefined;
  }
}

/** Content as one value; that of a multiple or unreadable resource is `none`. */
export function singleValue(resource: Resource | undefined): Value {
  const content = resource?.read?.();
  return content === undefined || isMultiple(content) ? NONE : content;
}
