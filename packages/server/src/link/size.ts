import { encodeMessage, MessageType, Option, option, type RequestSpec } from '@reeve/coap';
import { ContentFormat, encodeContent, parsePath, ROOT_PATH } from '@reeve/lwm2m';
import { type Addressee, formatsOf, recordsOf, requestOf } from './encoder.ts';
import type { LinkOperation, LinkRecord } from './port.ts';

/** How much a request is, in CoAP messages: it may take several when its content goes up in blocks (RFC 7959). */
export interface RequestSize {
  readonly messages: number;
  /** Of all of them together. */
  readonly bytes: number;
  /** Content of the answer if it holds the values that are known of what is read. */
  readonly answerBytes?: number;
  /** What is read, and of which no value is known. */
  readonly unread: readonly string[];
}

const NOTHING = new Uint8Array(0);
const TOKEN = new Uint8Array(8);
/** Content of one message (RFC 7959 §2.2: the largest block). */
const BLOCK = 1024;

/**
 * What performing an operation sends, without retransmissions.
 *
 * @param refused content formats that the device has refused
 * @param known values of the device
 * @returns the size, or in words why the operation can't be sent
 */
export function sizeOf(
  operation: LinkOperation,
  device: Addressee,
  refused: ReadonlySet<number>,
  known: readonly LinkRecord[],
): RequestSize | string {
  const encoded = requestOf(operation, device, formatsOf(operation, device, refused)[0]);
  if (!encoded.ok) return encoded.reason;
  const { request } = encoded;
  const length = request.payload?.length ?? 0;
  const messages = Math.max(1, Math.ceil(length / BLOCK));
  const answer = answerBytes(operation, device, known);
  return {
    messages,
    bytes: length + messages * headerBytes(request, length, messages),
    ...(answer === undefined ? {} : { answerBytes: answer }),
    unread: askedOf(operation).filter((path) => !known.some((value) => isWithin(value, path))),
  };
}

function headerBytes({ code, options = [] }: RequestSpec, length: number, messages: number): number {
  const blocks = messages > 1 ? [option(Option.Block1, messages << 4), option(Option.RequestTag, NOTHING)] : [];
  const message = { type: MessageType.Confirmable, code, messageId: 0, token: TOKEN, payload: NOTHING };
  // Before content stands a marker (RFC 7252 §3).
  return encodeMessage({ ...message, options: [...options, ...blocks] }).length + (length > 0 ? 1 : 0);
}

/** The paths whose values come back. */
function askedOf(operation: LinkOperation): readonly string[] {
  if (operation.kind === 'read') return [operation.path];
  return operation.kind === 'read-composite' ? operation.paths : [];
}

const isWithin = ({ path }: LinkRecord, asked: string) =>
  asked === ROOT_PATH || path === asked || path.startsWith(`${asked}/`);

function answerBytes(operation: LinkOperation, device: Addressee, known: readonly LinkRecord[]): number | undefined {
  const asked = askedOf(operation);
  const records = recordsOf(known.filter((value) => asked.some((path) => isWithin(value, path))));
  if (records.length === 0 || typeof records === 'string') return undefined;
  const [format = ContentFormat.senmlCbor] = operation.kind === 'read' ? formatsOf(operation, device) : [];
  const path = (operation.kind === 'read' && parsePath(operation.path)) || ROOT_PATH;
  const content = encodeContent({ format, path, records });
  return content.ok ? content.bytes.length : undefined;
}
