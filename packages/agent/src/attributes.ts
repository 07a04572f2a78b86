import { Code } from '@reeve/coap';
import { type Attributes, contradictionOf, type LwM2mPath, parent, ROOT_PATH } from '@reeve/lwm2m';
import { LIMITS } from './limits.ts';
import { type Outcome, refusal } from './outcome.ts';

/** Attributes that are set at one path; none is null. */
export type SetAttributes = Readonly<Partial<Record<keyof Attributes, number>>>;

/** The attributes among them that have a value. */
export function setAttributes(attributes: Attributes): SetAttributes {
  const set: Partial<Record<keyof Attributes, number>> = {};
  let name: keyof Attributes;
  for (name in attributes) {
    const value = attributes[name];
    if (typeof value === 'number') set[name] = value;
  }
  return set;
}

const INHERITED = ['pmin', 'pmax', 'epmin', 'epmax', 'con', 'hqmax'] as const;

/** Attributes that a node has from those above it; the others say something of the value of one resource. */
export type Inherited = (typeof INHERITED)[number];

/** The notification attributes that the server has attached (OMA Core §5.1). */
export class AttributeTable {
  readonly #attached = new Map<LwM2mPath, SetAttributes>();

  /** Attaches attributes; null takes one away. */
  write(path: LwM2mPath, changes: Attributes): Outcome {
    const attributes: Partial<Record<keyof Attributes, number>> = { ...this.#attached.get(path) };
    let name: keyof Attributes;
    for (name in changes) {
      const value = changes[name];
      if (value === undefined) continue;
      if (value === null) delete attributes[name];
      else attributes[name] = value;
    }
    const contradiction = contradictionOf(attributes);
    if (contradiction !== undefined) return refusal(Code.BadRequest, contradiction);
    if (Object.keys(attributes).length === 0) this.#attached.delete(path);
    else if (this.#attached.has(path) || this.#attached.size < LIMITS.attributePaths) {
      this.#attached.set(path, attributes);
    } else return refusal(Code.BadRequest, `attributes on ${LIMITS.attributePaths} paths already`);
    return { ok: true };
  }

  /** Detaches everything: the server is another. */
  clear(): void {
    this.#attached.clear();
  }

  /** What is attached to the path itself. */
  at(path: LwM2mPath): SetAttributes {
    return this.#attached.get(path) ?? {};
  }

  /** All that holds at a path, attached to it or inherited. */
  allHolding(path: LwM2mPath): SetAttributes {
    const inherited = INHERITED.flatMap((name) => {
      const value = this.holding(path, name);
      return value === undefined ? [] : [[name, value] as const];
    });
    return { ...this.at(path), ...Object.fromEntries(inherited) };
  }

  /** What holds at a path: what is attached to it, else to the nearest node above it (OMA Core §5.1.1). */
  holding(path: LwM2mPath, name: Inherited): number | undefined {
    if (this.#attached.size === 0) return undefined;
    for (let at = path; at !== ROOT_PATH; at = parent(at)) {
      const value = this.at(at)[name];
      if (value !== undefined) return value;
    }
    return undefined;
  }
}
