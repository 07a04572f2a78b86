import { ApiError, type BootstrapTemplate } from '@reeve/contract';
import { describeError } from '../../data/api.ts';

type Parsed =
  | { readonly ok: true; readonly template: BootstrapTemplate }
  | { readonly ok: false; readonly error: string };

/** What a person wrote, if it is JSON; whether it is a template, the server says. */
export function parseTemplate(source: string): Parsed {
  try {
    const template: BootstrapTemplate = JSON.parse(source);
    return { ok: true, template };
  } catch (error) {
    return { ok: false, error: `No JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** What the server says is wrong with a template, each with its place in it. */
export function templateErrors(error: unknown): string[] {
  const places = error instanceof ApiError ? (error.problem.errors ?? []) : [];
  if (places.length === 0) return [describeError(error)];
  return places.map(({ at, message }) => `${at.replace(/^body\/?/, '') || 'the template'}: ${message}`);
}
