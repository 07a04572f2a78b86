import { describe, expect, it } from 'vitest';
import { type Event, STATES, type State, TRANSITIONS } from './states.ts';

const steps = STATES.flatMap((from) =>
  Object.entries(TRANSITIONS[from]).flatMap(([event, cell]) =>
    typeof cell === 'object' ? [{ from, event: event as Event, next: cell.next }] : [],
  ),
);

/** States from which a state can be reached without going through some steps. */
function reachable(from: State, without: (step: (typeof steps)[number]) => boolean): Set<State> {
  const found = new Set<State>([from]);
  for (const state of found) {
    for (const step of steps) if (step.from === state && !without(step)) found.add(step.next);
  }
  return found;
}

describe('the table of states and messages', () => {
  it('has these steps and no others', () => {
    expect(steps.map(({ from, event, next }) => `${from} + ${event} -> ${next}`)).toEqual([
      'server-listening + client-hello -> server-await-client-key-exchange',
      'server-await-client-key-exchange + client-key-exchange -> server-await-credential',
      'server-await-credential + credential -> server-await-change-cipher-spec',
      'server-await-change-cipher-spec + change-cipher-spec -> server-await-finished',
      'server-await-finished + finished -> server-established',
      'client-await-hello + hello-verify-request -> client-await-server-hello',
      'client-await-hello + server-hello -> client-await-server-key-exchange',
      'client-await-server-hello + server-hello -> client-await-server-key-exchange',
      'client-await-server-key-exchange + server-key-exchange -> client-await-server-hello-done',
      'client-await-server-key-exchange + server-hello-done -> client-await-change-cipher-spec',
      'client-await-server-hello-done + server-hello-done -> client-await-change-cipher-spec',
      'client-await-change-cipher-spec + change-cipher-spec -> client-await-finished',
      'client-await-finished + finished -> client-established',
    ]);
  });

  it.each([
    ['server-listening', 'server-established', ['client-key-exchange', 'credential', 'change-cipher-spec', 'finished']],
    [
      'client-await-hello',
      'client-established',
      ['server-hello', 'server-hello-done', 'change-cipher-spec', 'finished'],
    ],
  ] as const)('leads from %s to %s by no path that lacks one of %s', (start, goal, needed) => {
    expect(reachable(start, () => false)).toContain(goal);
    for (const event of needed) expect(reachable(start, (step) => step.event === event)).not.toContain(goal);
  });

  it('keeps the roles apart', () => {
    for (const { from, next } of steps) expect(next.split('-')[0]).toBe(from.split('-')[0]);
  });

  it('delivers application data in established states only', () => {
    const delivering = STATES.filter((state) => TRANSITIONS[state]['application-data'] === 'deliver');
    expect(delivering).toEqual(['server-established', 'client-established']);
  });

  it('never changes an established state', () => {
    expect(steps.filter(({ from }) => from.endsWith('-established'))).toEqual([]);
    for (const state of ['server-established', 'client-established'] as const) {
      expect(Object.values(TRANSITIONS[state])).not.toContain('fatal');
    }
  });
});
