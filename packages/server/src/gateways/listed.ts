import { parseLinks, parseRegistrationObjects } from '@reeve/lwm2m';
import type { LinkRecord } from '../link/port.ts';
import type { RegisteredObject } from '../store/tables.ts';
import { gatewayLimits } from './limits.ts';

/** The LwM2M Gateway object, an instance for each device behind the gateway (LwM2M Gateway §6.1). */
export const GATEWAY_OBJECT = 25;
/** Device ID, Prefix, and, since version 2.0, IoT Device Objects. */
const RESOURCE = { deviceId: 0, prefix: 1, objects: 3 } as const;

/** A device that a gateway names. */
export interface Listed {
  readonly endpoint: string;
  readonly prefix: string;
  /** None where the gateway does not say. */
  readonly objects: readonly RegisteredObject[];
}

/** An instance of the object that names no device that can be asked for anything. */
export interface Unlisted {
  readonly endpoint: string | undefined;
  readonly fault: string;
}

/** The devices that a gateway names in a report of its whole object. */
export function listedIn(records: readonly LinkRecord[]): { listed: Listed[]; unlisted: Unlisted[] } {
  const listed: Listed[] = [];
  const unlisted: Unlisted[] = [];
  const named = new Map<number, Map<number, string>>();
  for (const { path, stored } of records) {
    const [, objectId, instanceId, resourceId, ...below] = path.split('/').map(Number);
    if (objectId !== GATEWAY_OBJECT || instanceId === undefined || resourceId === undefined) continue;
    if (below.length > 0 || typeof stored.value !== 'string') continue;
    named.set(instanceId, (named.get(instanceId) ?? new Map()).set(resourceId, stored.value));
  }
  for (const resources of named.values()) {
    const endpoint = resources.get(RESOURCE.deviceId);
    const prefix = resources.get(RESOURCE.prefix);
    const objects = objectsOf(resources.get(RESOURCE.objects) ?? '', prefix);
    const fault = faultOf(listed, endpoint, prefix, objects);
    if (fault !== undefined || endpoint === undefined || prefix === undefined || !objects) {
      unlisted.push({ endpoint, fault: fault ?? 'it says too little' });
    } else listed.push({ endpoint, prefix, objects });
  }
  return { listed, unlisted };
}

function faultOf(
  listed: readonly Listed[],
  endpoint: string | undefined,
  prefix: string | undefined,
  objects: readonly RegisteredObject[] | undefined,
): string | undefined {
  if (!endpoint) return 'it has no Device ID';
  if (!prefix) return 'it has no prefix';
  // A number would be an object of the gateway itself.
  if (/^\d+$|\//.test(prefix) || Buffer.byteLength(prefix) > gatewayLimits.prefixBytes)
    return `"${prefix}" is no prefix`;
  if (!objects) return 'the list of its objects is malformed';
  if (listed.some((other) => other.prefix === prefix)) return `the prefix "${prefix}" is that of another device`;
  if (listed.some((other) => other.endpoint === endpoint)) return 'it is named twice';
  return listed.length >= gatewayLimits.devices ? `there are ${gatewayLimits.devices} before it` : undefined;
}

/** The objects of a list of links, which some gateways write with the prefix; undefined for what is no list. */
function objectsOf(text: string, prefix: string | undefined): readonly RegisteredObject[] | undefined {
  const parsed = parseLinks(text);
  if (!parsed.ok) return undefined;
  const above = `/${prefix}/`;
  const links = parsed.links.map((link) =>
    link.target.startsWith(above) ? { ...link, target: link.target.slice(above.length - 1) } : link,
  );
  return parseRegistrationObjects(links).objects.map(({ objectId, version, instances }) => ({
    objectId,
    instances: [...instances],
    ...(version === undefined ? {} : { version }),
  }));
}
