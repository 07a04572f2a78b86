import {
  Code,
  contentFormat,
  decodeMessage,
  formatCode,
  locationPath,
  MessageType,
  observeValue,
  uriPath,
  uriQuery,
} from '@reeve/coap';
import { ContentFormat, decodeContent, ROOT_PATH } from '@reeve/lwm2m';
import { type Models, toStored } from '../telemetry/models.ts';

const METHODS: Readonly<Record<number, string>> = {
  1: 'GET',
  2: 'POST',
  3: 'PUT',
  4: 'DELETE',
  5: 'FETCH',
  7: 'iPATCH',
};
const TYPES = ['CON', 'NON', 'ACK', 'RST'] as const;
/** Bytes of payload shown. */
const SHOWN = 64;
/** Characters shown of the values in a payload. */
const SHOWN_VALUES = 400;

/** Out of these a device is given what may be secret, in a Bootstrap-Pack its keys: their content is not shown. */
const GIVING: ReadonlySet<number> = new Set([Code.Post, Code.Put, Code.Ipatch, Code.Content]);

/** One CoAP message in a line for people, from a device (in) or to it. */
export function traceLine(datagram: Uint8Array, models: Models, direction: 'in' | 'out'): string {
  const decoded = decodeMessage(datagram);
  if (!decoded.ok) return `not CoAP: ${decoded.error.detail}`;
  const { message } = decoded;
  const { type, code, messageId, token, payload } = message;
  const parts = [TYPES[type], `mid=${messageId}`];
  if (token.length > 0) parts.push(`token=${Buffer.from(token).toString('hex')}`);
  const isRequest = code >> 5 === 0 && code !== 0;
  parts.push(
    code === 0
      ? type === MessageType.Confirmable
        ? 'ping'
        : 'empty'
      : isRequest
        ? (METHODS[code] ?? formatCode(code))
        : formatCode(code),
  );
  if (isRequest) {
    const query = uriQuery(message);
    parts.push(`/${uriPath(message).join('/')}${query.length > 0 ? `?${query.join('&')}` : ''}`);
  }
  const location = locationPath(message);
  if (location.length > 0) parts.push(`location=/${location.join('/')}`);
  const observe = observeValue(message);
  if (observe !== undefined) parts.push(`observe=${observe}`);
  const format = contentFormat(message);
  if (format !== undefined) parts.push(`format=${format}`);
  if (payload.length > 0 && direction === 'out' && GIVING.has(code)) parts.push(`(${payload.length} bytes)`);
  else if (payload.length > 0)
    parts.push((format === ContentFormat.senmlCbor && showValues(payload, models)) || showPayload(payload));
  return parts.join(' ');
}

/** SenML CBOR is no text, but names its paths itself; undefined if it is damaged, or its paths begin elsewhere. */
function showValues(bytes: Uint8Array, models: Models): string | undefined {
  const resourceType = models.definitions.resourceTypes();
  const decoded = decodeContent({ format: ContentFormat.senmlCbor, bytes, path: ROOT_PATH, resourceType });
  if (!decoded.ok) return undefined;
  const values = decoded.records.map(({ path, value }) => {
    return `${path}=${JSON.stringify(models.describeStored(path, toStored(value), undefined))}`;
  });
  const text = values.join(' ');
  return text.length > SHOWN_VALUES ? `${text.slice(0, SHOWN_VALUES)}…` : text;
}

function showPayload(payload: Uint8Array): string {
  const bytes = Buffer.from(payload.subarray(0, SHOWN));
  const text = bytes.toString('utf8');
  const more = payload.length > SHOWN ? '…' : '';
  return /\p{C}|�/u.test(text) ? `hex:${bytes.toString('hex')}${more}` : `"${text}${more}"`;
}
