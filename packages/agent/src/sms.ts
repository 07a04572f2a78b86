import { Code, decodeMessage, MessageType, uriPath } from '@reeve/coap';
import type { Consequence } from './management.ts';
import { ServerResource } from './objects/server.ts';

/** What of an instance of object 1 decides what an SMS may do. */
interface Triggered {
  readonly serverId: number;
  /** Trigger, /1/x/21. */
  readonly allowsSms: boolean;
}

const TRIGGERS: Readonly<Record<string, Consequence>> = {
  [ServerResource.updateTrigger]: 'update',
  [ServerResource.bootstrapTrigger]: 'bootstrap',
};

/**
 * What an SMS sets off: the Execute of one of the two triggers of a server, if that may (OMA Core
 * Appendix E.2, Transport §6.6.3). Undefined for anything else, which is dropped: an SMS is never answered, and says
 * nothing of who sent it.
 */
export function triggerOf(octets: Uint8Array, { serverId, allowsSms }: Triggered): Consequence | undefined {
  const decoded = decodeMessage(octets);
  if (!allowsSms || !decoded.ok) return undefined;
  const { type, code, payload } = decoded.message;
  const isRequest = type === MessageType.Confirmable || type === MessageType.NonConfirmable;
  if (!isRequest || code !== Code.Post || payload.length > 0) return undefined;
  const [objectId, at, resourceId = '', ...below] = uriPath(decoded.message);
  const named = objectId === '1' && at === String(serverId) && below.length === 0;
  return named ? TRIGGERS[resourceId] : undefined;
}
