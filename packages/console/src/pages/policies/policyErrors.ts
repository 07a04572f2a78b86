import { ApiError } from '@reeve/contract';
import { describeErrors } from '../../data/api.ts';

/** What is wrong with a policy, each with its place and the line that stands there. */
export function policyErrors(error: unknown, source: string): string[] {
  const places = error instanceof ApiError ? (error.problem.errors ?? []) : [];
  if (places.length === 0) return describeErrors(error);
  const lines = source.split(/\r?\n/);
  return places.map(({ at, message }) => {
    const told = message.startsWith(at) ? message.slice(at.length).replace(/^[,:] /, '') : message;
    const line = lines[Number(/^line (\d+)/.exec(at)?.[1]) - 1]?.trim();
    return `${at}: ${told}${line ? ` (“${line}”)` : ''}`;
  });
}
