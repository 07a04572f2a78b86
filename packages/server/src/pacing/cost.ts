import type { LinkOperation, LinkRecord, SessionInfo } from '../link/port.ts';

/** Headers of a request in bytes: IPv4 and UDP; CoAP with an 8-byte token and a content format or Accept. */
const DATAGRAM = 28;
const COAP = 4 + 8 + 6;
/** Record header, explicit nonce and tag of AES-CCM, and a Connection ID (RFC 6655, RFC 9146). */
const DTLS = 13 + 8 + 8 + 8;
/** What a format adds to each value: its name, type and length. */
const PER_VALUE = 6;

/** About how many bytes a request to a device is on its way, with its headers and without retransmissions. */
export function requestBytes(operation: LinkOperation, session: SessionInfo | undefined): number {
  const headers = COAP + datagramHeaders(session);
  const path = 'path' in operation ? operation.path.length : 0;
  return headers + path + payloadBytes(operation);
}

/** What goes around each CoAP message, in bytes. */
export function datagramHeaders(session: SessionInfo | undefined): number {
  return DATAGRAM + (session?.transport === 'coap' ? 0 : DTLS);
}

function payloadBytes(operation: LinkOperation): number {
  switch (operation.kind) {
    case 'read-composite':
      return operation.paths.reduce((sum, path) => sum + path.length + PER_VALUE, 0);
    case 'write':
    case 'write-composite':
    case 'create':
      return operation.records.reduce((sum, record) => sum + valueBytes(record), 0);
    case 'write-part':
      return operation.bytes.length;
    case 'execute':
      return operation.arguments?.length ?? 0;
    case 'write-attributes':
      return Object.entries(operation.attributes).reduce(
        (sum, [name, value]) => sum + name.length + 2 + `${value}`.length,
        0,
      );
    default:
      return 0;
  }
}

function valueBytes({ path, stored: { type, value } }: LinkRecord): number {
  const size =
    typeof value !== 'string' ? 8 : type === 'opaque' ? Math.ceil((value.length * 3) / 4) : Buffer.byteLength(value);
  return path.length + PER_VALUE + size;
}
