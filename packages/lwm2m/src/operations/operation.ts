/** Device management operations as data (OMA Core §6.3, §6.4). */

import type { Attributes } from '../attributes.ts';
import { ResponseCode } from '../codes.ts';
import type { ExecuteArg } from '../execute-args.ts';
import type { ResourceRecord } from '../formats/content.ts';
import type { NewInstance } from '../formats/new-instance.ts';
import { type LwM2mPath, level, PathLevel, ROOT_PATH } from '../path.ts';

/** What Observe adds to what is observed. */
interface ObserveParameters {
  /** When to notify, in place of all attributes that are attached to what is observed; since 1.2. */
  readonly attributes?: Attributes;
}

/** The paths of a composite operation. The `format` is that of the list, which is SenML or SenML-ETCH. */
interface PathList {
  readonly paths: readonly LwM2mPath[];
  readonly format: number;
}

/** One operation. `accept` and `format` are content formats, see `chooseFormat` and `compositeCandidates`. */
export type Operation =
  | { readonly kind: 'read'; readonly path: LwM2mPath; readonly accept?: number }
  | ({ readonly kind: 'observe'; readonly path: LwM2mPath; readonly accept?: number } & ObserveParameters)
  | ({ readonly kind: 'cancelObserve'; readonly path: LwM2mPath; readonly accept?: number } & ObserveParameters)
  | {
      /** Replace: what the records leave out is removed. */
      readonly kind: 'writeReplace';
      readonly path: LwM2mPath;
      readonly format: number;
      readonly records: readonly ResourceRecord[];
    }
  | {
      /** Partial: what the records leave out stays. */
      readonly kind: 'writePartial';
      readonly path: LwM2mPath;
      readonly format: number;
      readonly records: readonly ResourceRecord[];
    }
  | {
      readonly kind: 'discover';
      readonly path: LwM2mPath;
      /** How many levels below the path are wanted, 0 … 3; since 1.2, older devices ignore it. */
      readonly depth?: number;
    }
  | { readonly kind: 'writeAttributes'; readonly path: LwM2mPath; readonly attributes: Attributes }
  | ({ readonly kind: 'create'; readonly format: number } & NewInstance)
  | { readonly kind: 'delete'; readonly path: LwM2mPath }
  | { readonly kind: 'execute'; readonly path: LwM2mPath; readonly args: readonly ExecuteArg[] }
  /** What there is of some nodes, which need have nothing in common; what is missing or unreadable is left out. */
  | ({ readonly kind: 'readComposite'; readonly accept?: number } & PathList)
  | ({ readonly kind: 'observeComposite'; readonly accept?: number } & PathList & ObserveParameters)
  /** With the list, format and parameters of the observation that is to end. */
  | ({ readonly kind: 'cancelObserveComposite'; readonly accept?: number } & PathList & ObserveParameters)
  | {
      /** Partial, and all or nothing. In SenML-ETCH a record that holds `none` removes its resource instance. */
      readonly kind: 'writeComposite';
      readonly format: number;
      readonly records: readonly ResourceRecord[];
    };

export type OperationKind = Operation['kind'];

/** A CoAP request, as far as LwM2M decides about it. */
export interface OperationRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'FETCH' | 'IPATCH';
  /** Uri-Path options, the alternate path included. */
  readonly path: readonly string[];
  readonly query: readonly string[];
  readonly contentFormat?: number;
  readonly accept?: number;
  readonly observe?: 0 | 1;
  readonly payload: Uint8Array;
}

const { root, object, instance, resource, resourceInstance } = PathLevel;
const NODES = [object, instance, resource, resourceInstance];

/**
 * What every kind of operation promises: its method, the levels that it can be asked of, its success, and whether
 * repeating it changes nothing more.
 */
export const KINDS = {
  read: { method: 'GET', levels: NODES, success: ResponseCode.content, idempotent: true },
  observe: { method: 'GET', levels: NODES, success: ResponseCode.content, idempotent: true },
  cancelObserve: { method: 'GET', levels: NODES, success: ResponseCode.content, idempotent: true },
  writeReplace: {
    method: 'PUT',
    levels: [instance, resource, resourceInstance],
    success: ResponseCode.changed,
    idempotent: true,
  },
  writePartial: {
    method: 'POST',
    levels: [instance, resource],
    success: ResponseCode.changed,
    idempotent: false,
  },
  discover: {
    method: 'GET',
    levels: [object, instance, resource],
    success: ResponseCode.content,
    idempotent: true,
  },
  writeAttributes: { method: 'PUT', levels: NODES, success: ResponseCode.changed, idempotent: true },
  create: { method: 'POST', levels: [object], success: ResponseCode.created, idempotent: false },
  delete: {
    method: 'DELETE',
    levels: [instance, resourceInstance],
    success: ResponseCode.deleted,
    idempotent: false,
  },
  execute: { method: 'POST', levels: [resource], success: ResponseCode.changed, idempotent: false },
  readComposite: { method: 'FETCH', levels: [root], success: ResponseCode.content, idempotent: true },
  observeComposite: { method: 'FETCH', levels: [root], success: ResponseCode.content, idempotent: true },
  cancelObserveComposite: { method: 'FETCH', levels: [root], success: ResponseCode.content, idempotent: true },
  // iPATCH is idempotent (RFC 8132 §2.2): each record names its node in full, and a removed one stays removed.
  writeComposite: { method: 'IPATCH', levels: [root], success: ResponseCode.changed, idempotent: true },
} as const satisfies Record<OperationKind, KindOfOperation>;

interface KindOfOperation {
  readonly method: OperationRequest['method'];
  readonly levels: readonly PathLevel[];
  readonly success: ResponseCode;
  readonly idempotent: boolean;
}

/** Whether an operation may be sent again when its outcome is unknown. */
export function isIdempotent(operation: Pick<Operation, 'kind'>): boolean {
  return KINDS[operation.kind].idempotent;
}

/** The code that says that it was carried out: 2.05 for values, 2.04 for changes. */
export function successCode(operation: Pick<Operation, 'kind'>): ResponseCode {
  return KINDS[operation.kind].success;
}

/** The path that the request of an operation goes to; that of a composite one is the root (OMA Transport §6.4.4). */
export function targetOf(operation: Operation): LwM2mPath {
  return 'path' in operation ? operation.path : ROOT_PATH;
}

/** Whether a kind of operation can be asked of a path. */
export function allows(kind: OperationKind, path: LwM2mPath): boolean {
  const { levels }: KindOfOperation = KINDS[kind];
  return levels.includes(level(path));
}
