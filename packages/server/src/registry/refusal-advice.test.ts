import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { advice } from './refusals.ts';

it('docs/operations.md explains every check, and no others', () => {
  const docs = readFileSync(new URL('../../../../docs/operations.md', import.meta.url), 'utf8');
  const section = docs.slice(docs.indexOf("## Why can't my device connect?"));
  const explained = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, check]) => check);
  expect(explained.toSorted()).toEqual(Object.keys(advice).toSorted());
});
