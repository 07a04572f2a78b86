import { expect, it } from 'vitest';
import { BOOTSTRAP_TRANSITIONS, type BootstrapStateKind } from './states.ts';

const kinds = Object.keys(BOOTSTRAP_TRANSITIONS) as BootstrapStateKind[];

it.each(kinds)('from %s a bootstrap can be stopped, ended, and begun again', (kind) => {
  expect(BOOTSTRAP_TRANSITIONS[kind].stop).toBe('idle');
  const reached = new Set([kind]);
  for (const state of reached) for (const next of Object.values(BOOTSTRAP_TRANSITIONS[state])) reached.add(next);
  expect([...reached].sort()).toEqual([...kinds].sort());
});

it('nothing is in force before a pack that is good, or a Finish', () => {
  for (const row of Object.values(BOOTSTRAP_TRANSITIONS)) {
    if (row === BOOTSTRAP_TRANSITIONS.finishing) continue;
    const events = Object.entries(row).flatMap(([event, to]) => (to === 'finishing' ? event : []));
    expect(['accepted', 'finished']).toEqual(expect.arrayContaining(events));
  }
});

it('what breaks a session leads to waiting from wherever the link is wanted', () => {
  for (const kind of ['connecting', 'packing', 'requesting', 'provisioning'] as const) {
    expect(BOOTSTRAP_TRANSITIONS[kind].down).toBe('waiting');
  }
});
