import type { Problem } from '@reeve/contract';
import type { FastifyError } from 'fastify';
import { type ErrorCode, errors, ReeveError } from '../errors.ts';
import { LaneFullError } from '../lanes.ts';
import { StoreError, type StoreErrorKind } from '../store/port.ts';

/** A request can be wrong in very many places: so many are told. */
const MAX_PLACES = 20;

/** An error as RFC 9457 writes it. */
export function problemOf(error: ReeveError): Problem {
  const { status, title } = errors[error.code];
  return {
    type: `urn:reeve:error:${error.code}`,
    title,
    status,
    code: error.code,
    ...(error.message ? { detail: error.message } : {}),
    ...(error.places.length > 0 ? { errors: [...error.places] } : {}),
  };
}

/** Why the store refused, as far as it is known to callers. A conflict or a value
 * that a capability did not foresee is our fault. */
const storeErrors: Readonly<Record<StoreErrorKind, ErrorCode>> = {
  full: 'store-full',
  failing: 'store-failing',
  busy: 'store-failing',
  closed: 'store-failing',
  conflict: 'internal',
  invalid: 'internal',
};

/** Words for what fastify refuses by itself, by its error code. */
const fastifyErrors: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['too-large', 'The request body is too large'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['invalid-request', 'The body must be JSON: send content-type application/json'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['invalid-request', 'The body is empty; it must be JSON'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['invalid-request', 'The body is not valid JSON'],
  FST_ERR_BAD_URL: ['invalid-request', 'The path holds a percent sign that encodes nothing'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid-request', 'The body is not as long as its content-length'],
};

/**
 * The error to answer for whatever was thrown.
 *
 * @param id names the fault in the server's log; the answer to the caller tells no more about it
 */
export function toReeveError(thrown: unknown, id: string): ReeveError {
  if (thrown instanceof ReeveError) return thrown;
  if (thrown instanceof StoreError && storeErrors[thrown.kind] !== 'internal') {
    return new ReeveError(storeErrors[thrown.kind], 'Nothing was changed. Try again later', [], { cause: thrown });
  }
  if (thrown instanceof LaneFullError) {
    return new ReeveError('too-many', 'The device sends more than can be stored. Try again later', [], {
      cause: thrown,
    });
  }
  if (isFastifyError(thrown)) {
    if (thrown.validation) return invalidRequest(thrown);
    const known = fastifyErrors[thrown.code];
    if (known) return new ReeveError(known[0], known[1], [], { cause: thrown });
    if (thrown.statusCode && thrown.statusCode < 500) {
      return new ReeveError('invalid-request', 'The request is malformed', [], { cause: thrown });
    }
  }
  return new ReeveError('internal', `Something went wrong; the server's log tells more under ${id}`, [], {
    cause: thrown,
  });
}

/** Each place in the request that does not fit, e.g. `body/name`. */
function invalidRequest({ validation = [], validationContext = 'body' }: FastifyError): ReeveError {
  const places = validation
    // Said again, with more words, by the object that the field is in.
    .filter(({ keyword }) => keyword !== 'boolean')
    .slice(0, MAX_PLACES)
    .map(({ instancePath, message = 'does not fit', params }) => ({
      at: validationContext + instancePath,
      message: Array.isArray(params.additionalProperties)
        ? `${message}: ${params.additionalProperties.join(', ')}`
        : message,
    }));
  const [first] = places;
  return new ReeveError('invalid-request', first ? `${first.at} ${first.message}` : 'The request is malformed', places);
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
