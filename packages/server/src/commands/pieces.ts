import { Code } from '@reeve/coap';
import { ROOT_PATH } from '@reeve/lwm2m';
import type { LinkOperation, LinkRecord, RequestOutcome } from '../link/port.ts';
import type { Registration } from '../registry/fleet.ts';
import { NO_FETCH, NO_IPATCH, type Quirk, showsQuirk } from '../registry/quirks.ts';

type Read = Extract<LinkOperation, { kind: 'read' }>;
type Write = Extract<LinkOperation, { kind: 'write' }>;

/** How an operation goes in pieces, on a device that can't do it as a whole. */
export type Pieces =
  /** Their answers say together what that to the whole would. */
  | { readonly kind: 'reads' /** Because of what. */; readonly quirk: Quirk; readonly operations: Several<Read> }
  /** Each may be done or not, whatever becomes of the others. */
  | { readonly kind: 'writes'; readonly quirk: Quirk; readonly operations: Several<PieceOfWrite> };

type Several<Each> = readonly [Each, ...Each[]];

/** One value, under its own path. */
interface PieceOfWrite {
  readonly path: string;
  readonly operation: Write;
}

/** The pieces of an operation; undefined for one that is a whole or nothing. */
export function piecesOf(operation: LinkOperation, objects: Registration['objects']): Pieces | undefined {
  switch (operation.kind) {
    case 'read-composite':
      return operation.paths.includes(ROOT_PATH) ? undefined : reads(operation.paths, NO_FETCH);
    case 'write-composite': {
      const [first, ...others] = operation.inPieces ? operation.records.map(pieceOf) : [];
      return first && { kind: 'writes', quirk: NO_IPATCH, operations: [first, ...others] };
    }
    case 'read': {
      const object = objects.find(({ objectId }) => operation.path === `/${objectId}`);
      if (!object) return undefined;
      const { objectId, instances } = object;
      const paths = instances.map((instanceId) => `/${objectId}/${instanceId}`);
      return reads(paths, { kind: 'by-instance', objectId });
    }
    default:
      return undefined;
  }
}

function reads(paths: readonly string[], quirk: Quirk): Pieces | undefined {
  const [first, ...others] = paths.map((path) => ({ kind: 'read', path }) as const);
  return first && { kind: 'reads', quirk, operations: [first, ...others] };
}

/**
 * A resource is replaced. One of its instances is merged into the object instance instead, which makes it if it is not
 * there yet, as a Write-Composite does (LwM2M Core §6.3.3).
 */
function pieceOf(record: LinkRecord): PieceOfWrite {
  const { path } = record;
  const [, objectId, instanceId, , resourceInstanceId] = path.split('/');
  const operation: Write =
    resourceInstanceId === undefined
      ? { kind: 'write', mode: 'replace', path, records: [record] }
      : { kind: 'write', mode: 'partial', path: `/${objectId}/${instanceId}`, records: [record] };
  return { path, operation };
}

/** Whether an operation that ended so as a whole is to be done in pieces. */
export function endsInPieces({ kind, quirk }: Pieces, whole: RequestOutcome): boolean {
  if (showsQuirk(quirk, whole)) return true;
  // Fewer values might have been taken together: nothing is learned from that.
  return kind === 'writes' && whole.kind === 'answered' && whole.code === Code.RequestEntityTooLarge;
}
