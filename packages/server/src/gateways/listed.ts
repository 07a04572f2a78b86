import { parseLinks, parseRegistrationObjects } from '@reeve/lwm2m';
import type { LinkRecord } from '../link/port.ts';
import type { RegisteredObject } from '../store/tables.ts';
import { gatewayLimits } from './limits.ts';

/** The LwM2M Gateway object, an instance for each device behind the gateway (LwM2M Gateway §6.1). */
export const GATEWAY_OBJECT = 25;
/** Where gateways of version 1.0 of that object keep what the devices are reached for. */
export const ROUTING_OBJECT = 26;
/** Device ID, Prefix, and IoT Device Objects; before version 2.0 a link to an instance of the routing object. */
const RESOURCE = { deviceId: 0, prefix: 1, route: 2, objects: 3 } as const;
/** LwM2M Object ID, and Mapping Info: what it is reached at. */
const ROUTE = { objectId: 0, mapping: 1 } as const;

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

/** Whether a report of the whole object says of a device only where in the routing object its objects are. */
export function isRouted(records: readonly LinkRecord[]): boolean {
  return [...textsOf(records, GATEWAY_OBJECT).values()].some(
    (resources) => !resources.has(RESOURCE.objects) && routeOf(resources) !== undefined,
  );
}

/**
 * The devices that a gateway names in a report of its whole object.
 *
 * @param routing what the routing object says, where it is asked for that
 */
export function listedIn(
  records: readonly LinkRecord[],
  routing: readonly LinkRecord[] = [],
): { listed: Listed[]; unlisted: Unlisted[] } {
  const listed: Listed[] = [];
  const unlisted: Unlisted[] = [];
  const routes = textsOf(routing, ROUTING_OBJECT);
  for (const resources of textsOf(records, GATEWAY_OBJECT).values()) {
    const endpoint = resources.get(RESOURCE.deviceId);
    const prefix = resources.get(RESOURCE.prefix);
    const route = routes.get(routeOf(resources) ?? -1);
    const objects = objectsOf(resources.get(RESOURCE.objects) ?? linksOf(route), prefix);
    const fault = faultOf(listed, endpoint, prefix, objects);
    if (fault !== undefined || endpoint === undefined || prefix === undefined || !objects) {
      unlisted.push({ endpoint, fault: fault ?? 'it says too little' });
    } else listed.push({ endpoint, prefix, objects });
  }
  return { listed, unlisted };
}

type Texts = ReadonlyMap<number, string>;

/** The texts of an object's instances by resource, and its numbers as texts. */
function textsOf(records: readonly LinkRecord[], object: number): ReadonlyMap<number, Texts> {
  const found = new Map<number, Map<number, string>>();
  for (const { path, stored } of records) {
    const [, objectId, instanceId, resourceId, ...below] = path.split('/').map(Number);
    if (objectId !== object || instanceId === undefined || resourceId === undefined || below.length > 0) continue;
    const isNumber = object === ROUTING_OBJECT && typeof stored.value === 'number';
    if (typeof stored.value !== 'string' && !isNumber) continue;
    found.set(instanceId, (found.get(instanceId) ?? new Map()).set(resourceId, String(stored.value)));
  }
  return found;
}

/** The instance of the routing object that an instance links to. */
function routeOf(resources: Texts): number | undefined {
  const [object, instance] = (resources.get(RESOURCE.route) ?? '').split(':').map(Number);
  return object === ROUTING_OBJECT && instance !== undefined && Number.isInteger(instance) ? instance : undefined;
}

/** What a route leads to, as links: the object at least. */
function linksOf(route: Texts | undefined): string {
  const objectId = route?.get(ROUTE.objectId);
  const mapping = route?.get(ROUTE.mapping) ?? '';
  return [...(objectId === undefined ? [] : [`</${objectId}>`]), ...(mapping === '' ? [] : [mapping])].join();
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
