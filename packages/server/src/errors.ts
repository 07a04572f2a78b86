/** Whose fault an error is, which decides what the reader can do about it. */
type Fault = 'caller' | 'device' | 'server';

interface ErrorSpec {
  readonly status: number;
  readonly title: string;
  readonly fault: Fault;
}

/**
 * Every error code of the API. `docs/errors.md` lists the same codes, and a test holds the two together. Codes are
 * stable; titles may be reworded.
 */
export const errors = {
  'not-signed-in': { status: 401, title: 'Sign in first', fault: 'caller' },
  'link-invalid': { status: 401, title: 'The sign-in link is used or too old', fault: 'caller' },
  'insufficient-scope': { status: 403, title: 'The token has too narrow a scope', fault: 'caller' },
  'forbidden-origin': { status: 403, title: 'The request came from another site', fault: 'caller' },
  'invalid-request': { status: 400, title: 'The request does not fit its schema', fault: 'caller' },
  'invalid-policy': { status: 422, title: 'The policy document has errors', fault: 'caller' },
  'invalid-model': { status: 422, title: 'The object definition has errors', fault: 'caller' },
  'invalid-value': { status: 422, title: 'The value does not fit the resource', fault: 'caller' },
  'no-such-route': { status: 404, title: 'No such route', fault: 'caller' },
  'no-such-device': { status: 404, title: 'No such device', fault: 'caller' },
  'no-such-thing': { status: 404, title: 'Not found', fault: 'caller' },
  'endpoint-taken': { status: 409, title: 'The endpoint name is taken', fault: 'caller' },
  'identity-taken': { status: 409, title: 'The identity is taken', fault: 'caller' },
  'name-taken': { status: 409, title: 'The name is taken', fault: 'caller' },
  'wrong-state': { status: 409, title: 'Not possible in this state', fault: 'caller' },
  'nosec-off': { status: 409, title: 'The server runs without --nosec', fault: 'caller' },
  'frame-refused': { status: 422, title: 'The frame was refused', fault: 'device' },
  'too-large': { status: 413, title: 'The request body is too large', fault: 'caller' },
  'too-many': { status: 429, title: 'A limit is reached', fault: 'caller' },
  'store-full': { status: 503, title: 'The disk is full: nothing was saved', fault: 'server' },
  'store-failing': { status: 503, title: 'The store does not answer: nothing was saved', fault: 'server' },
  internal: { status: 500, title: 'A fault of the server', fault: 'server' },
} as const satisfies Record<string, ErrorSpec>;

export type ErrorCode = keyof typeof errors;

/** An error that crosses the API: a code of the table, and what to do in words. */
export class ReeveError extends Error {
  readonly code: ErrorCode;
  /** Where in the request or document, and what is wrong there. */
  readonly places: readonly { readonly at: string; readonly message: string }[];

  constructor(
    code: ErrorCode,
    detail: string,
    places: readonly { at: string; message: string }[] = [],
    options?: ErrorOptions,
  ) {
    super(detail, options);
    this.name = 'ReeveError';
    this.code = code;
    this.places = places;
  }
}
