import { ROOT_PATH } from '@reeve/lwm2m';
import type { LinkOperation } from '../link/port.ts';
import type { Registration } from '../registry/fleet.ts';
import { NO_FETCH, type Quirk } from '../registry/quirks.ts';

/** How an operation goes in pieces, on a device that can't do it as a whole. */
export interface Pieces {
  /** Because of what. */
  readonly quirk: Quirk;
  readonly operations: readonly [LinkOperation, ...LinkOperation[]];
}

/** The pieces of an operation, which say together what it would; undefined for one that is a whole or nothing. */
export function piecesOf(operation: LinkOperation, objects: Registration['objects']): Pieces | undefined {
  if (operation.kind === 'read-composite') {
    return operation.paths.includes(ROOT_PATH) ? undefined : reads(operation.paths, NO_FETCH);
  }
  const [, id] = (operation.kind === 'read' && /^\/(\d+)$/.exec(operation.path)) || [];
  const object = objects.find(({ objectId }) => id === `${objectId}`);
  if (!object) return undefined;
  const { objectId, instances } = object;
  const paths = instances.map((instanceId) => `/${objectId}/${instanceId}`);
  return reads(paths, { kind: 'by-instance', objectId });
}

function reads(paths: readonly string[], quirk: Quirk): Pieces | undefined {
  const [first, ...others] = paths.map((path) => ({ kind: 'read', path }) as const);
  return first && { quirk, operations: [first, ...others] };
}
