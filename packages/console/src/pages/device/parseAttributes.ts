import type { NotificationAttributes } from '@reeve/contract';

const WHOLE = /^\d{1,10}$/;
const DECIMAL = /^[+-]?\d{1,20}(\.\d{1,20})?$/;
const BIT = /^[01]$/;
const PATTERNS: Readonly<Record<string, RegExp>> = { gt: DECIMAL, lt: DECIMAL, st: DECIMAL, edge: BIT, con: BIT };

/** What the fields of a form say about attributes: a number sets one, a dash takes it away, nothing leaves it. */
export function parseAttributes(texts: Readonly<Record<string, string>>): {
  readonly attributes: NotificationAttributes;
  /** Names of the fields that hold neither. */
  readonly wrong: readonly string[];
} {
  const attributes: Record<string, number | null> = {};
  const wrong: string[] = [];
  for (const [name, raw] of Object.entries(texts)) {
    const text = raw.trim();
    const pattern = PATTERNS[name] ?? WHOLE;
    if (text === '-') attributes[name] = null;
    else if (pattern.test(text)) attributes[name] = Number(text);
    else if (text !== '') wrong.push(name);
  }
  return { attributes, wrong };
}
