import { Code } from '@reeve/coap';
import { type LwM2mPath, level, PathLevel, type ResourceRecord, segments, type Value } from '@reeve/lwm2m';
import type { ObjectInstance, Slot } from './instance.ts';
import { LIMITS } from './limits.ts';
import { type Outcome, refusal } from './outcome.ts';
import { type Content, fit, isMultiple } from './resource.ts';

/** What a Write will do; nothing in it can fail any more. */
export interface WritePlan {
  readonly writes: ReadonlyMap<Slot, Content>;
  /** Resources that a replacing Write left out. */
  readonly resets: readonly Slot[];
}

/**
 * Checks every part of a Write before any is done (OMA Core §6.3.3): 4.05 for a resource that a server may not write,
 * 4.04 for a target that is not there, 4.00 for a value of wrong type or range. Resources that the device does not have
 * are ignored in a Write to an object instance.
 */
export function planWrite(
  instance: ObjectInstance,
  target: LwM2mPath,
  records: readonly ResourceRecord[],
  mode: 'replace' | 'partial',
): Outcome<WritePlan> {
  const writes = new Map<Slot, Content>();
  const wholeInstance = level(target) === PathLevel.instance;
  // A payload may be empty: an empty multiple resource has no other form in SenML.
  const parts: readonly ResourceRecord[] =
    records.length > 0 || wholeInstance ? records : [{ path: target, value: { type: 'none', value: null } }];
  for (const record of parts) {
    const [, , resourceId = -1, resourceInstanceId] = segments(record.path);
    const slot = instance.slots.get(resourceId);
    if (slot === undefined) {
      if (wholeInstance) continue;
      return refusal(Code.NotFound, `there is no ${record.path}`);
    }
    const { definition, resource } = slot;
    if (!definition.operations.includes('W') || resource.write === undefined) {
      return refusal(Code.MethodNotAllowed, `${definition.name} cannot be written`);
    }
    const before = writes.get(slot);
    const merged = definition.multiple
      ? withInstance(slot, before ?? base(slot, target, mode), resourceInstanceId, record.value, target)
      : singleContent(slot, before, resourceInstanceId, record.value);
    if (!merged.ok) return merged;
    writes.set(slot, merged.content);
  }
  for (const [{ definition, resource }, content] of writes) {
    if (resource.check?.(content) === false)
      return refusal(Code.BadRequest, `${definition.name} refuses its new value`);
  }
  return { ok: true, writes, resets: wholeInstance && mode === 'replace' ? leftOut(instance, writes) : [] };
}

type Merged = Outcome<{ readonly content: Content }>;

function singleContent(slot: Slot, before: Content | undefined, id: number | undefined, value: Value): Merged {
  const { definition } = slot;
  if (before !== undefined) return refusal(Code.BadRequest, `${definition.name} stands there twice`);
  if (id !== undefined) return refusal(Code.BadRequest, `${definition.name} has no instances`);
  const fitted = fit(definition, value);
  return fitted.ok ? { ok: true, content: fitted.value } : refusal(Code.BadRequest, fitted.detail);
}

/** What instances are added to: all that are there, unless the whole resource is replaced. */
function base({ resource }: Slot, target: LwM2mPath, mode: 'replace' | 'partial'): Content {
  const keep = mode === 'partial' || level(target) === PathLevel.resourceInstance;
  return (keep ? resource.read?.() : undefined) ?? new Map<number, Value>();
}

function withInstance(
  { definition }: Slot,
  before: Content,
  id: number | undefined,
  value: Value,
  target: LwM2mPath,
): Merged {
  const values = new Map(isMultiple(before) ? before : []);
  if (id === undefined) {
    return value.type === 'none'
      ? { ok: true, content: values }
      : refusal(Code.BadRequest, `${definition.name} has several values`);
  }
  if (level(target) === PathLevel.resourceInstance && !values.has(id)) {
    return refusal(Code.NotFound, `there is no ${target}`);
  }
  if (value.type === 'none') {
    // SenML-ETCH removes with null (RFC 8790 §3.2.2).
    return values.delete(id)
      ? { ok: true, content: values }
      : refusal(Code.NotFound, `${definition.name} has no instance ${id}`);
  }
  const fitted = fit(definition, value);
  if (!fitted.ok) return refusal(Code.BadRequest, fitted.detail);
  values.set(id, fitted.value);
  return values.size <= LIMITS.resourceInstances
    ? { ok: true, content: values }
    : refusal(Code.BadRequest, `${definition.name} would have ${values.size} values`);
}

function leftOut(instance: ObjectInstance, writes: ReadonlyMap<Slot, Content>): Slot[] {
  return [...instance.slots.values()].filter((slot) => slot.definition.operations.includes('W') && !writes.has(slot));
}
