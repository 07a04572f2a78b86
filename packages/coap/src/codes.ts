/**
 * A message code as the header's byte carries it: three bits of class, five of detail (RFC 7252 §3).
 *
 * @param codeClass 0 request, 2 success, 4 client error, 5 server error
 * @param detail 0–31
 */
export function code(codeClass: number, detail: number): number {
  return (codeClass << 5) | detail;
}

/** The codes of RFC 7252 §12.1, RFC 7959 §2.9, RFC 8132 §4, RFC 8516 and RFC 8768 that Reeve names. */
export const Code = {
  Empty: 0,
  Get: code(0, 1),
  Post: code(0, 2),
  Put: code(0, 3),
  Delete: code(0, 4),
  Fetch: code(0, 5),
  Patch: code(0, 6),
  Ipatch: code(0, 7),
  Created: code(2, 1),
  Deleted: code(2, 2),
  Valid: code(2, 3),
  Changed: code(2, 4),
  Content: code(2, 5),
  Continue: code(2, 31),
  BadRequest: code(4, 0),
  Unauthorized: code(4, 1),
  BadOption: code(4, 2),
  Forbidden: code(4, 3),
  NotFound: code(4, 4),
  MethodNotAllowed: code(4, 5),
  NotAcceptable: code(4, 6),
  RequestEntityIncomplete: code(4, 8),
  Conflict: code(4, 9),
  PreconditionFailed: code(4, 12),
  RequestEntityTooLarge: code(4, 13),
  UnsupportedContentFormat: code(4, 15),
  UnprocessableEntity: code(4, 22),
  TooManyRequests: code(4, 29),
  InternalServerError: code(5, 0),
  NotImplemented: code(5, 1),
  BadGateway: code(5, 2),
  ServiceUnavailable: code(5, 3),
  GatewayTimeout: code(5, 4),
  ProxyingNotSupported: code(5, 5),
  HopLimitReached: code(5, 8),
} as const;

/** What a code is, by its class (RFC 7252 §3): 3.xx counts as a response, classes 1, 6 and 7 are reserved. */
export type CodeKind = 'empty' | 'request' | 'response' | 'reserved';

const KIND_OF_CLASS: readonly CodeKind[] = [
  'request',
  'reserved',
  'response',
  'response',
  'response',
  'response',
  'reserved',
  'reserved',
];

/** Sorts a code into empty, request, response or reserved. */
export function codeKind(value: number): CodeKind {
  return value === Code.Empty ? 'empty' : (KIND_OF_CLASS[value >> 5] ?? 'reserved');
}

/** Whether a response code says success (2.xx). */
export function isSuccess(value: number): boolean {
  return value >> 5 === 2;
}

/** Whether a method is safe, so that doing it twice changes nothing (RFC 7252 §5.1, RFC 8132 §2). */
export function isSafeMethod(value: number): boolean {
  return value === Code.Get || value === Code.Fetch;
}

/** Writes a code as people do: `2.05`. */
export function formatCode(value: number): string {
  return `${value >> 5}.${String(value & 31).padStart(2, '0')}`;
}
