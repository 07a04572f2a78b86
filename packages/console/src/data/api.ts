import { ApiError, createApi } from '@reeve/contract';

/** The API of the server that this page came from; the session cookie is sent by the browser. */
export const api = createApi('');

/** Whether a call failed only because nobody is signed in. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.problem.status === 401;
}

/** A failed call in one line: the server's advice, or that it could not be reached. */
export function describeError(error: unknown): string {
  if (!(error instanceof ApiError)) return 'The server cannot be reached.';
  const details = error.problem.errors?.map(({ at, message }) => `${at}: ${message}`) ?? [];
  return [error.message, ...details].join(' · ');
}

/** Whether a sign-in link was refused because it had been used before or is too old. */
export function isSpentLink(error: unknown): boolean {
  return error instanceof ApiError && error.problem.code === 'link-invalid';
}

/** Whether a failed call may succeed when it is tried again: the server was not reached, or had trouble itself. */
export function mayPass(error: unknown): boolean {
  return !(error instanceof ApiError) || error.problem.status >= 500;
}
