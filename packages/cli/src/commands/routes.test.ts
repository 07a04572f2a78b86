import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type RouteName, routes } from '@reeve/contract';
import { describe, expect, it } from 'vitest';

/** Routes that are no operation of a person at a terminal. */
const others: readonly RouteName[] = [
  // Of the page's session.
  'session.show',
  'session.open',
  'session.close',
  // Of a network that carries frames.
  'frames.take',
  // What the list shows already.
  'artifacts.show',
];

describe('the reeve command', () => {
  it('reaches every operation of the API', () => {
    const folder = fileURLToPath(new URL('.', import.meta.url));
    const source = readdirSync(folder)
      .filter((name) => !name.endsWith('.test.ts'))
      .map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
      .join('');
    const names = Object.keys(routes).filter((name) => !others.some((other) => other === name));
    expect(names.filter((name) => !source.includes(`'${name}'`))).toEqual([]);
  });
});
