import {
  block1Option,
  block2,
  block2Option,
  blockBytes,
  type CoapMessage,
  Code,
  Option,
  option,
  type RequestSpec,
  type ResponseSpec,
  uriPath,
} from '@reeve/coap';
import { ContentFormat, parsePath } from '@reeve/lwm2m';
import type { Facts, Read } from './inbound.ts';
import type { TransferDown, WritePart } from './transfer-port.ts';

/** The first segment of the paths under which devices fetch what is kept for them. */
const FETCHED_BELOW = 'artifacts';
/** The largest size exponent of a part in a datagram. */
const LARGEST = 6;

/** Whether a request is for something that is never held whole. */
export function isFetch(message: CoapMessage): boolean {
  return message.code === Code.Get && uriPath(message)[0] === FETCHED_BELOW;
}

/** Reads such a request. */
export function readFetch(message: CoapMessage, facts: Facts): Read {
  const [, token, ...more] = uriPath(message);
  if (token === undefined || more.length > 0) return { kind: 'refused', code: Code.NotFound };
  const { num, szx } = block2(message) ?? { num: 0, szx: LARGEST };
  return { kind: 'message', message: { kind: 'fetch', token, num, szx: Math.min(szx, LARGEST), ...facts } };
}

/** The answer with a part (RFC 7959 §2.4); 4.00 for one that lies behind the end. */
export function partOf({ bytes, num, szx, size, etag }: TransferDown): ResponseSpec {
  const end = num * blockBytes(szx) + bytes.length;
  if (bytes.length === 0 && size > 0) return { code: Code.BadRequest };
  return {
    code: Code.Content,
    options: [
      option(Option.ETag, Buffer.from(etag, 'hex')),
      option(Option.ContentFormat, ContentFormat.opaque),
      block2Option({ num, szx, more: end < size }),
      ...(num === 0 ? [option(Option.Size2, size)] : []),
    ],
    payload: bytes,
  };
}

/** The request that writes a part; undefined for a path that is none. */
export function requestOfPart(part: WritePart, rootPath: string): RequestSpec | undefined {
  const path = parsePath(part.path);
  if (path === undefined) return undefined;
  const { offset, bytes, size, szx, tag } = part;
  const segments = `${rootPath}${path}`.split('/').filter((segment) => segment !== '');
  const more = offset + bytes.length < size;
  return {
    code: Code.Put,
    options: [
      ...segments.map((segment) => option(Option.UriPath, segment)),
      option(Option.ContentFormat, ContentFormat.opaque),
      block1Option({ num: offset / blockBytes(szx), more, szx }),
      ...(offset === 0 ? [option(Option.Size1, size)] : []),
      option(Option.RequestTag, Buffer.from(tag, 'hex')),
    ],
    payload: bytes,
    inParts: true,
  };
}
