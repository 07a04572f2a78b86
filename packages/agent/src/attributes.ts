import { Code } from '@reeve/coap';
import { type Attributes, contradictionOf, type LwM2mPath, parent, ROOT_PATH } from '@reeve/lwm2m';
import { LIMITS } from './limits.ts';
import { type Outcome, refusal } from './outcome.ts';

/** Attributes that are set at one path; none is null. */
export type SetAttributes = Readonly<Partial<Record<keyof Attributes, number>>>;

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

  /** What is attached to the path itself. */
  at(path: LwM2mPath): SetAttributes {
    return this.#attached.get(path) ?? {};
  }

  /** The period that holds at a path: its own, else the nearest above it. */
  period(path: LwM2mPath, name: 'pmin' | 'pmax'): number | undefined {
    if (this.#attached.size === 0) return undefined;
    for (let at = path; at !== ROOT_PATH; at = parent(at)) {
      const value = this.at(at)[name];
      if (value !== undefined) return value;
    }
    return undefined;
  }
}
