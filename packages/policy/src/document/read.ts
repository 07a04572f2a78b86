import { LineCounter, parseDocument } from 'yaml';
import { LIMITS } from '../limits.ts';
import { INVALID, type PolicyError, type Reporter, type Schema } from './schema.ts';

/** What came of reading a document: its value, or everything that is wrong with it. */
export type ReadResult<T> = { ok: true; value: T } | { ok: false; errors: readonly PolicyError[] };

/** Reads one YAML 1.2 document by its schema. Aliases, merge keys and custom tags are refused. */
export function readDocument<T>(yaml: string, schema: Schema<T>): ReadResult<T> {
  const errors: PolicyError[] = [];
  const lines = new LineCounter();
  const to: Reporter = {
    report(offset, key, complaint) {
      const { line, col } = lines.linePos(offset);
      if (errors.length < LIMITS.errors)
        errors.push({ line: Math.max(1, line), column: Math.max(1, col), key, ...complaint });
    },
  };
  if (yaml.length > LIMITS.documentLength) {
    to.report(0, '', { message: `${yaml.length} characters`, expected: `at most ${LIMITS.documentLength} characters` });
    return { ok: false, errors };
  }
  // Duplicate keys are found while reading, where their place and the way to say it are known.
  const document = parseDocument(yaml, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: false,
  });
  for (const { pos, code, message } of [...document.errors, ...document.warnings]) {
    const told = code === 'MULTIPLE_DOCS' ? 'there is more than one document' : message;
    to.report(pos[0], '', { message: told, expected: 'one YAML 1.2 document' });
  }
  if (errors.length > 0) return { ok: false, errors };
  if (document.contents === null) {
    to.report(0, '', { message: 'the document is empty', expected: schema.expected });
    return { ok: false, errors };
  }
  const value = schema.read(document.contents, '', to);
  if (value !== INVALID) return { ok: true, value };
  errors.sort((a, b) => a.line - b.line || a.column - b.column);
  return { ok: false, errors };
}
