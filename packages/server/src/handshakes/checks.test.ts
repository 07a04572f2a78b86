import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alerts } from './alerts.ts';
import { checks } from './checks.ts';

const docs = readFileSync(new URL('../../../../docs/handshakes.md', import.meta.url), 'utf8');

describe('docs/handshakes.md', () => {
  it.each(Object.entries(checks))('explains %s in the words of the server', (check, { meaning, steps }) => {
    expect(docs).toContain(`| \`${check}\` | ${meaning} | ${steps.join('<br>')} |`);
  });

  it.each(Object.entries(alerts))('explains the alert %s', (alert, meaning) => {
    expect(docs).toContain(`| \`${alert}\` | ${meaning} |`);
  });

  it('explains no others', () => {
    const explained = [...docs.matchAll(/^\| `([a-z_-]+)` \|/gm)].map(([, name]) => name);
    expect(explained.toSorted()).toEqual([...Object.keys(checks), ...Object.keys(alerts)].toSorted());
  });
});
