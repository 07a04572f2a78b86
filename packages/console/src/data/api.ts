import { ApiError, createApi } from '@reeve/contract';

/** The API of the server that this page came from; the session cookie is sent by the browser. */
export const api = createApi('');

/** Something that failed in the page itself, in words for people. */
export class Failure extends Error {}

/** Whether a call failed only because nobody is signed in. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.problem.status === 401;
}

/** A failed call in one line: the server's advice, or that it could not be reached. */
export function describeError(error: unknown): string {
  if (error instanceof Failure) return error.message;
  if (!(error instanceof ApiError)) return 'The server cannot be reached.';
  const details = error.problem.errors?.map(({ at, message }) => `${at}: ${message}`) ?? [];
  return [error.message, ...details].join(' · ');
}

/** What the server says is wrong with what was sent, each with its place in it. */
export function describeErrors(error: unknown): string[] {
  const places = error instanceof ApiError ? (error.problem.errors ?? []) : [];
  if (places.length === 0) return [describeError(error)];
  return places.map(({ at, message }) => [at.replace(/^body\/?/, ''), message].filter(Boolean).join(': '));
}

/** Whether a sign-in link was refused because it had been used before or is too old. */
export function isSpentLink(error: unknown): boolean {
  return error instanceof ApiError && error.problem.code === 'link-invalid';
}

/** Whether a failed call may succeed when it is tried again: the server was not reached, or had trouble itself. */
export function mayPass(error: unknown): boolean {
  return !(error instanceof ApiError) || error.problem.status >= 500;
}
