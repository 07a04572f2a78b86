/** CoAP codes that LwM2M operations answer with, as the byte on the wire (RFC 7252 §5.9). */
export const ResponseCode = {
  created: 0x41,
  deleted: 0x42,
  changed: 0x44,
  content: 0x45,
  badRequest: 0x80,
  notFound: 0x84,
  methodNotAllowed: 0x85,
  notAcceptable: 0x86,
  preconditionFailed: 0x8c,
  unsupportedContentFormat: 0x8f,
} as const;
export type ResponseCode = (typeof ResponseCode)[keyof typeof ResponseCode];

/** Why a request can't be carried out: the code to answer with, and the reason in words. */
export interface RequestError {
  readonly code: ResponseCode;
  readonly detail: string;
}

export type RequestResult<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly error: RequestError };

/** A refused request. */
export function reject(code: ResponseCode, detail: string): { readonly ok: false; readonly error: RequestError } {
  return { ok: false, error: { code, detail } };
}
