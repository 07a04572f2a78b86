import { describe, expect, it } from 'vitest';
import { HANDSHAKE_MESSAGES, type HandshakeKind } from './messages.ts';
import { ANSWERS, type Event, nextState, PATHS, type Path, STATES, type State, TRANSITIONS } from './states.ts';

const MESSAGES = Object.keys(HANDSHAKE_MESSAGES) as HandshakeKind[];
const EVENTS: readonly Event[] = [
  ...MESSAGES,
  'unknown-handshake',
  'change-cipher-spec',
  'alert',
  'application-data',
  'next-epoch-record',
  'no-ticket',
  ...ANSWERS,
];

interface Step {
  readonly from: State;
  readonly event: Event;
  readonly next: State;
}

/** All steps of a path. */
function stepsOf(path: Path): Step[] {
  return STATES.flatMap((from) =>
    EVENTS.flatMap((event) => {
      const next = nextState(from, event, path);
      return next === undefined ? [] : [{ from, event, next }];
    }),
  );
}

/** Every way from a state to another one that goes through no state twice, as the events on it. */
function waysOf(path: Path, from: State, goal: State): Event[][] {
  const steps = stepsOf(path);
  const ways: Event[][] = [];
  const walk = (at: State, events: readonly Event[], seen: ReadonlySet<State>): void => {
    if (at === goal) ways.push([...events]);
    for (const step of steps) {
      if (step.from === at && !seen.has(step.next))
        walk(step.next, [...events, step.event], new Set([...seen, step.next]));
    }
  };
  walk(from, [], new Set([from]));
  return ways;
}

const text = (ways: readonly Event[][]): string[] => [...new Set(ways.map((way) => way.join(' ')))].sort();

describe('the table of states and events', () => {
  it('has a cell for every event in every state', () => {
    for (const state of STATES) expect(Object.keys(TRANSITIONS[state]).sort()).toEqual([...EVENTS].sort());
  });

  it.each([
    ['psk', ['client-hello client-key-exchange credential change-cipher-spec finished']],
    ['ecdhe-psk', ['client-hello generated client-key-exchange credential agreed change-cipher-spec finished']],
    [
      'ecdhe-ecdsa',
      [
        'client-hello generated signed certificate client-key-exchange certificate-verify verified peer agreed change-cipher-spec finished',
      ],
    ],
    ['resumed', ['client-hello resumable change-cipher-spec finished']],
  ] as const)('leads a server to a session by %s in one way only', (path, ways) => {
    expect(text(waysOf(path, 'server-listening', 'server-established'))).toEqual(ways);
  });

  it.each(['psk', 'ecdhe-psk', 'ecdhe-ecdsa'] as const)(
    'leads a server from a resumption that is not granted to a full handshake by %s',
    (path) => {
      const full = text(waysOf(path, 'server-listening', 'server-established'));
      const rest = text(waysOf(path, 'server-await-resumable', 'server-established'));
      expect(rest).toEqual(full.map((way) => way.replace('client-hello', 'resumable')));
    },
  );

  it.each([
    [
      'psk',
      [
        'server-hello server-hello-done TICKET change-cipher-spec finished',
        'server-hello server-key-exchange server-hello-done TICKET change-cipher-spec finished',
      ],
    ],
    [
      'ecdhe-psk',
      ['server-hello server-key-exchange server-hello-done generated agreed TICKET change-cipher-spec finished'],
    ],
    [
      'ecdhe-ecdsa',
      [
        'server-hello certificate server-key-exchange certificate-request server-hello-done verified peer generated agreed signed TICKET change-cipher-spec finished',
      ],
    ],
    ['resumed', ['server-hello TICKET change-cipher-spec finished']],
  ] as const)('leads a client to a session by %s with or without a ticket, and in no other way', (path, ways) => {
    const both = ways.flatMap((way) =>
      ['no-ticket', 'new-session-ticket'].map((ticket) => way.replace('TICKET', ticket)),
    );
    expect(text(waysOf(path, 'client-await-server-hello', 'client-established'))).toEqual(both.sort());
    const verified = both.map((way) => `hello-verify-request ${way}`);
    expect(text(waysOf(path, 'client-await-hello', 'client-established'))).toEqual([...both, ...verified].sort());
  });

  /** Whether a session is reached from nothing on a path, or on any mixture of paths, without taking an event. */
  const established = (paths: readonly Path[], role: string, without?: Event): boolean => {
    const reached = new Set<State>(role === 'server' ? ['server-listening'] : ['client-await-hello']);
    const steps = paths.flatMap(stepsOf).filter(({ event }) => event !== without);
    for (let before = -1; before < reached.size; ) {
      before = reached.size;
      for (const { from, next } of steps) if (reached.has(from)) reached.add(next);
    }
    return reached.has(role === 'server' ? 'server-established' : 'client-established');
  };
  const KEYS_AND_PROOF: readonly Event[] = ['change-cipher-spec', 'finished'];
  const AUTHENTICATION: readonly Event[] = ['verified', 'peer', 'generated', 'agreed'];

  it.each([
    ['server', ['client-hello']],
    ['client', ['server-hello']],
  ] as const)(
    'leads no %s to a session without hellos, ChangeCipherSpec and Finished, even if paths mix',
    (role, hellos) => {
      expect(established(PATHS, role)).toBe(true);
      for (const event of [...hellos, ...KEYS_AND_PROOF]) expect(established(PATHS, role, event), event).toBe(false);
    },
  );

  it.each<[string, Path, readonly Event[]]>([
    ['server', 'psk', ['client-key-exchange', 'credential']],
    ['server', 'ecdhe-psk', ['generated', 'client-key-exchange', 'credential', 'agreed']],
    [
      'server',
      'ecdhe-ecdsa',
      ['signed', 'certificate', 'client-key-exchange', 'certificate-verify', ...AUTHENTICATION],
    ],
    ['server', 'resumed', ['resumable']],
    ['client', 'psk', ['server-hello-done']],
    ['client', 'ecdhe-psk', ['server-key-exchange', 'server-hello-done', 'generated', 'agreed']],
    [
      'client',
      'ecdhe-ecdsa',
      ['certificate', 'server-key-exchange', 'certificate-request', 'signed', ...AUTHENTICATION],
    ],
  ])('leads no %s to a session by %s without any of %j', (role, path, events) => {
    expect(established([path], role)).toBe(true);
    for (const event of events) expect(established([path], role, event), event).toBe(false);
  });

  it('takes or refuses each event in each state on each path by name', () => {
    const verdicts = ['drop', 'fatal', 'hold', 'heed', 'deliver', 'resend', 'refuse-renegotiation'];
    const count: Record<string, number> = { step: 0, 'no step on this path': 0 };
    for (const state of STATES) {
      for (const event of EVENTS) {
        for (const path of PATHS) {
          const cell = TRANSITIONS[state][event];
          const taken = nextState(state, event, path) === undefined ? 'no step on this path' : 'step';
          const name = typeof cell === 'string' ? cell : taken;
          if (typeof cell === 'string') expect(verdicts).toContain(cell);
          count[name] = (count[name] ?? 0) + 1;
        }
      }
    }
    // Whoever changes the table changes these on purpose.
    expect(count).toEqual({
      step: 74,
      'no step on this path': 46,
      drop: 1_376,
      fatal: 1_188,
      hold: 80,
      heed: 112,
      deliver: 8,
      resend: 8,
      'refuse-renegotiation': 8,
    });
  });

  it('keeps the roles apart', () => {
    for (const path of PATHS) {
      for (const { from, next } of stepsOf(path)) expect(next.split('-')[0]).toBe(from.split('-')[0]);
    }
  });

  it('waits in each state for one thing only: a message of the peer or an answer of the caller', () => {
    const two: State[] = [];
    for (const path of PATHS) {
      for (const state of STATES) {
        const steps = stepsOf(path).filter(({ from }) => from === state);
        if (steps.length > 1) two.push(state);
      }
    }
    expect([...new Set(two)]).toEqual([
      'client-await-hello',
      'client-await-server-key-exchange',
      'client-await-session-ticket',
    ]);
  });

  it('delivers application data in established states only', () => {
    const delivering = STATES.filter((state) => TRANSITIONS[state]['application-data'] === 'deliver');
    expect(delivering).toEqual(['server-established', 'client-established']);
  });

  it('never changes an established state', () => {
    for (const state of ['server-established', 'client-established'] as const) {
      for (const event of EVENTS) {
        expect(TRANSITIONS[state][event]).not.toBe('fatal');
        expect(typeof TRANSITIONS[state][event]).toBe('string');
      }
    }
  });

  it('drops, holds or takes as a step whatever a handshake under way gets, and ends it for the rest', () => {
    const underWay = STATES.filter((state) => state.includes('-await-'));
    for (const state of underWay) {
      for (const kind of MESSAGES.filter((one) => one !== 'hello-request' && one !== 'hello-verify-request')) {
        const cell = TRANSITIONS[state][kind];
        expect(typeof cell === 'object' || cell === 'fatal', `${state} + ${kind}`).toBe(true);
      }
    }
  });
});
