import { ApiError, type Problem } from '@reeve/contract';
import type { ExitName } from './exit-codes.ts';

/** Why a command did not work, for people: what happened, and what to do next. */
export class Failure extends Error {
  readonly exit: ExitName;
  /** The next step, if there is one. */
  readonly hint: string | undefined;

  constructor(exit: ExitName, message: string, hint?: string) {
    super(message);
    this.name = 'Failure';
    this.exit = exit;
    this.hint = hint;
  }
}

/** Whatever was thrown, as a failure that people can read; never with a stack trace. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  if (thrown instanceof ApiError) return ofProblem(thrown);
  return new Failure('failed', thrown instanceof Error ? thrown.message : String(thrown));
}

/** The error that an answer other than success tells, where it was not asked for through the API's client. */
export function refusalOf(status: number, body: string): Error {
  try {
    const problem: Problem = JSON.parse(body);
    return new ApiError(problem);
  } catch {
    return new Failure('failed', `The server answered ${status}`);
  }
}

function ofProblem({ problem, message }: ApiError): Failure {
  const { status, code, errors = [] } = problem;
  const places = errors.length > 1 ? errors.map((error) => `\n  ${error.at}: ${error.message}`).join('') : '';
  const text = message + places;
  if (status === 401) {
    return new Failure(
      'not-allowed',
      'The server does not accept the token',
      'Use the token of its data folder (--data FOLDER), or make one there: reeve token create NAME',
    );
  }
  if (code === 'insufficient-scope') return new Failure('not-allowed', text);
  if (code === 'http') return new Failure('unreachable', `${message}: is that a Reeve server?`, 'Check --server URL');
  if (status === 404) return new Failure('not-found', text);
  if (status >= 500) return new Failure('failed', text);
  return new Failure('refused', text);
}
