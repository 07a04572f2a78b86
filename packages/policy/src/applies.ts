import { type LwM2mPath, segments } from '@reeve/lwm2m';
import type { Applies } from './document/policy-schema.ts';
import { listWords } from './document/schema.ts';
import type { CompiledPolicy } from './policy.ts';

/** What is known of a device that a policy may select it by. */
export interface DeviceFacts {
  readonly labels: Readonly<Record<string, string>>;
  readonly manufacturer?: string | undefined;
  readonly model?: string | undefined;
  readonly site?: string | undefined;
  readonly owner?: string | undefined;
}

/** An object that a device offers, with its instances; none listed where the device did not say. */
export interface OfferedObject {
  readonly objectId: number;
  readonly instances: readonly number[];
}

const LOCK_AND_WIPE = 8;

/** Whether a policy is for a device: every condition that it writes holds. No conditions select every device. */
export function matches(applies: Applies, device: DeviceFacts): boolean {
  const { labels = {}, ...attributes } = applies;
  return (
    Object.entries(labels).every(([name, allowed]) => isOneOf(allowed, own(device.labels, name))) &&
    (['manufacturer', 'model', 'site', 'owner'] as const).every((name) => isOneOf(attributes[name], device[name]))
  );
}

/** What a device lacks for a policy to work on it, in words; empty when nothing. */
export function lacks(policy: CompiledPolicy, offered: readonly OfferedObject[]): string[] {
  const missing = new Map<string, string[]>();
  for (const { id, needs, respond } of policy.rules) {
    const objects = needs.flatMap(({ path }) => instanceOf(path));
    if (respond.some((response) => response !== 'alarm')) objects.push({ objectId: LOCK_AND_WIPE, instanceId: 0 });
    for (const { objectId, instanceId } of objects) {
      if (offers(offered, objectId, instanceId)) continue;
      const path = `/${objectId}/${instanceId}`;
      missing.set(path, [...(missing.get(path) ?? []), id]);
    }
  }
  return [...missing].map(([path, rules]) => `no ${path}, needed by ${listWords(rules, 'and')}`);
}

function isOneOf(allowed: readonly string[] | undefined, value: string | undefined): boolean {
  return allowed === undefined || (value !== undefined && allowed.includes(value));
}

function own(labels: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(labels, name) ? labels[name] : undefined;
}

function instanceOf(path: LwM2mPath): { objectId: number; instanceId: number }[] {
  const [objectId, instanceId] = segments(path);
  return objectId === undefined || instanceId === undefined ? [] : [{ objectId, instanceId }];
}

function offers(offered: readonly OfferedObject[], objectId: number, instanceId: number): boolean {
  return offered.some(
    (object) =>
      object.objectId === objectId && (object.instances.length === 0 || object.instances.includes(instanceId)),
  );
}
