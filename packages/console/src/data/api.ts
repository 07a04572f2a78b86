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

/** Whether the server understood a call and said no, as opposed to having trouble itself. */
export function isRefused(error: unknown): boolean {
  return error instanceof ApiError && error.problem.status >= 400 && error.problem.status < 500;
}
