/** Operations as the CoAP requests that ask a device for them (OMA Transport §6.4.4, §6.4.5). */

import { type Attributes, formatAttributes } from '../attributes.ts';
import { formatExecuteArgs } from '../execute-args.ts';
import { encodeContent, encodePaths } from '../formats/codec.ts';
import { ContentFormat, encodeUtf8, type FormatError, type FormatResult } from '../formats/content.ts';
import { encodeNewInstance } from '../formats/new-instance.ts';
import { commonAncestor } from '../path.ts';
import { allows, KINDS, type Operation, type OperationRequest, targetOf } from './operation.ts';
import { uriPath } from './uri.ts';

type Built = FormatResult<{ readonly request: OperationRequest }>;

const NO_PAYLOAD = new Uint8Array(0);

/**
 * The request that asks a device for an operation.
 * @param rootPath the device's alternate path, then its prefix if it is behind a gateway; `/` for neither
 * @param prefix of a device behind a gateway, which LwM2M CBOR names apart from the alternate path
 * @returns an error for records that the format can't carry, arguments that have no form, or a path of the wrong level
 */
export function toRequest(operation: Operation, rootPath = '/', prefix?: string): Built {
  const { kind } = operation;
  const target = targetOf(operation);
  if (!allows(kind, target)) return callerError('path', `${kind} on ${target}`);
  const { method } = KINDS[kind];
  const path = [...uriPath(rootPath), ...uriPath(target)];
  const request = (more: Partial<OperationRequest>): Built => ({
    ok: true,
    request: { method, path, query: [], payload: NO_PAYLOAD, ...more },
  });
  const withContent = (
    content: FormatResult<{ readonly bytes: Uint8Array }>,
    contentFormat: number,
    more: Partial<OperationRequest> = {},
  ): Built => (content.ok ? request({ contentFormat, payload: content.bytes, ...more }) : content);
  switch (operation.kind) {
    case 'read':
      return request(accepting(operation));
    case 'observe':
      return request({ ...accepting(operation), ...observing(operation, 0) });
    case 'cancelObserve':
      return request({ ...accepting(operation), ...observing(operation, 1) });
    case 'writeReplace':
    case 'writePartial':
      return withContent(encodeContent({ ...operation, rootPath, prefix }), operation.format);
    case 'create':
      return withContent(encodeNewInstance(operation.format, operation, { rootPath, prefix }), operation.format);
    case 'delete':
      return request({});
    case 'discover':
      return request({
        accept: ContentFormat.linkFormat,
        ...(operation.depth !== undefined && { query: [`depth=${operation.depth}`] }),
      });
    case 'writeAttributes':
      return request({ query: formatAttributes(operation.attributes) });
    case 'execute': {
      if (operation.args.length === 0) return request({});
      const args = formatExecuteArgs(operation.args);
      return args.ok ? request({ contentFormat: ContentFormat.text, payload: encodeUtf8(args.text) }) : args;
    }
    case 'readComposite':
    case 'observeComposite':
    case 'cancelObserveComposite': {
      const { format, paths } = operation;
      if (paths.length === 0) return callerError('value', 'a composite operation without paths');
      const more =
        operation.kind === 'readComposite' ? {} : observing(operation, operation.kind === 'observeComposite' ? 0 : 1);
      return withContent(encodePaths(format, paths, rootPath), format, { ...accepting(operation), ...more });
    }
    case 'writeComposite': {
      const { format, records } = operation;
      const base = commonAncestor(records.map((record) => record.path));
      if (base === undefined) return callerError('value', 'a composite write without values');
      return withContent(encodeContent({ format, path: base, records, rootPath, prefix }), format);
    }
  }
}

function accepting({ accept }: { readonly accept?: number }): Partial<OperationRequest> {
  return accept === undefined ? {} : { accept };
}

function observing({ attributes }: { readonly attributes?: Attributes }, observe: 0 | 1): Partial<OperationRequest> {
  return attributes === undefined ? { observe } : { observe, query: formatAttributes(attributes) };
}

function callerError(kind: FormatError['kind'], detail: string): { readonly ok: false; readonly error: FormatError } {
  return { ok: false, error: { kind, fault: 'caller', detail } };
}
