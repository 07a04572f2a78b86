import type { CommandOperation } from '@reeve/contract';
import type { CommandId, Millis } from '../ids.ts';

/**
 * Locking one device through its Lock and Wipe object (OMA object 8), step by step, each step proved by the device.
 *
 *     free ──► remembering ──► targeting ──► locking ──► proving ──► checking ──► locked
 *      ▲       (read 8/0/0)     (8/0/1)      (8/0/0)   (read 8/0/0) (read 8/0/5)    │
 *      │                                                                            ▼
 *      └───────────────────────────── confirming ◄────────────────────────────── releasing
 *                                    (read 8/0/0)                          (8/0/0 = remembered)
 *
 * A step whose end nobody wants any more leads to `releasing`. A command that fails leads to `failed`, from where a
 * registration of the device, another holder, or the end of the wish for a lock tries again; and time, when nobody wants
 * the lock. What is remembered is the state before our own lock, never our own.
 */
export type LockState =
  | { readonly kind: 'free' /** When the device last said that it is as before. */; readonly provedAt?: Millis }
  | ({ readonly kind: 'remembering' } & Waiting)
  | ({ readonly kind: 'targeting' } & Touched & Wanted & Waiting)
  | ({ readonly kind: 'locking' } & Touched & Wanted & Waiting)
  | ({ readonly kind: 'proving' } & Touched & Wanted & Waiting)
  | ({ readonly kind: 'checking' } & Touched & Wanted & Waiting)
  | ({ readonly kind: 'locked'; readonly provedAt: Millis } & Touched & Wanted)
  | ({ readonly kind: 'releasing' } & Touched & Waiting)
  | ({ readonly kind: 'confirming' } & Touched & Waiting)
  | ({
      readonly kind: 'failed';
      readonly reason: string /** Nothing remembered: nothing written. */;
    } & Partial<Touched>);

/** The command that the state waits for. */
interface Waiting {
  readonly commandId: CommandId;
}
/** The device may have been changed; this is the lock state that it had before. */
interface Touched {
  readonly remembered: number;
}
/** What the device is being locked to. */
interface Wanted {
  readonly targets: readonly string[];
}

/** Resources of object 8. */
const STATE = '/8/0/0';
const TARGETS = '/8/0/1';
const RESULT = '/8/0/5';
/** Values of `STATE`: with targets the device is locked in part, else in full. */
const PARTIALLY_LOCKED = 1;
const FULLY_LOCKED = 2;
/** Values of `RESULT` that say that the last operation failed. */
const FIRST_FAILURE = 5;

/** What is wanted of the lock now. Without targets the whole device is to be locked. */
export interface Wish extends Wanted {
  readonly locked: boolean;
}

export type LockEvent =
  /** The wish may have changed. */
  | { readonly kind: 'wish' }
  /** The command of the state was answered; `value` is what a read brought. */
  | { readonly kind: 'done'; readonly value?: number | undefined }
  /** The command of the state failed, expired or was cancelled. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** What failed before may work now: the device registered again, somebody else wants the lock, or time went by. */
  | { readonly kind: 'retry' };

/** What a step asks for: a command whose id the new state keeps, or nothing but the new state; a receipt in words. */
export type Step =
  | { readonly kind: 'stay' }
  | {
      readonly kind: 'command';
      readonly operation: CommandOperation;
      readonly waiting: (commandId: CommandId) => LockState;
      readonly receipt: string;
    }
  | { readonly kind: 'rest'; readonly state: LockState; readonly receipt: string };

type Of<K extends LockState['kind']> = Extract<LockState, { kind: K }>;
type Transition<K extends LockState['kind'], E extends LockEvent['kind']> = (
  state: Of<K>,
  wish: Wish,
  event: Extract<LockEvent, { kind: E }>,
  now: Millis,
) => Step;
type Table = { readonly [K in LockState['kind']]: { readonly [E in LockEvent['kind']]: Transition<K, E> } };

const stay = (): Step => ({ kind: 'stay' });
const rest = (state: LockState, receipt: string): Step => ({ kind: 'rest', state, receipt });
const fail = (reason: string, touched: Partial<Touched> = {}): Step =>
  rest({ kind: 'failed', reason, ...touched }, reason);

const stateOf = ({ targets }: Wanted) => (targets.length > 0 ? PARTIALLY_LOCKED : FULLY_LOCKED);
const isSame = (a: Wanted, b: Wanted) =>
  a.targets.length === b.targets.length && a.targets.every((target) => b.targets.includes(target));
const said = (value: number | undefined) => value ?? 'nothing';

const readOf = (path: string): CommandOperation => ({ kind: 'read', path });
const writeOf = (path: string, values: { path: string; value: string | number }[]): CommandOperation => ({
  kind: 'write',
  mode: 'replace',
  path,
  values,
});

/** The commands of the diagram, each with the state that waits for it. */
const remember = (): Step => ({
  kind: 'command',
  operation: readOf(STATE),
  waiting: (commandId) => ({ kind: 'remembering', commandId }),
  receipt: 'reads the lock state, to remember it',
});
const target = ({ remembered, targets }: Touched & Wanted): Step => ({
  kind: 'command',
  operation: writeOf(
    TARGETS,
    targets.map((value, index) => ({ path: `${TARGETS}/${index}`, value })),
  ),
  waiting: (commandId) => ({ kind: 'targeting', remembered, targets, commandId }),
  receipt: `writes the lock targets ${targets.join(', ')}`,
});
const lock = ({ remembered, targets }: Touched & Wanted): Step => ({
  kind: 'command',
  operation: writeOf(STATE, [{ path: STATE, value: stateOf({ targets }) }]),
  waiting: (commandId) => ({ kind: 'locking', remembered, targets, commandId }),
  receipt: `writes the lock state ${stateOf({ targets })}, remembers ${remembered}`,
});
const prove = ({ remembered, targets }: Touched & Wanted): Step => ({
  kind: 'command',
  operation: readOf(STATE),
  waiting: (commandId) => ({ kind: 'proving', remembered, targets, commandId }),
  receipt: 'reads the lock state back',
});
const check = ({ remembered, targets }: Touched & Wanted): Step => ({
  kind: 'command',
  operation: readOf(RESULT),
  waiting: (commandId) => ({ kind: 'checking', remembered, targets, commandId }),
  receipt: `the device says lock state ${stateOf({ targets })}; reads the result of the operation`,
});
const release = ({ remembered }: Touched): Step => ({
  kind: 'command',
  operation: writeOf(STATE, [{ path: STATE, value: remembered }]),
  waiting: (commandId) => ({ kind: 'releasing', remembered, commandId }),
  receipt: `writes the remembered lock state ${remembered}`,
});
const confirm = ({ remembered }: Touched): Step => ({
  kind: 'command',
  operation: readOf(STATE),
  waiting: (commandId) => ({ kind: 'confirming', remembered, commandId }),
  receipt: 'reads the lock state back',
});

/** Brings the device from the remembered state, or from any later one, to what is wanted. */
const begin = ({ remembered }: Touched, { locked, targets }: Wish): Step => {
  if (!locked) return release({ remembered });
  return targets.length > 0 ? target({ remembered, targets }) : lock({ remembered, targets });
};

/** The next step of locking, unless meanwhile something else is wanted. */
const onward =
  <K extends 'targeting' | 'locking' | 'proving' | 'checking'>(next: Transition<K, 'done'>): Transition<K, 'done'> =>
  (state, wish, event, now) =>
    wish.locked && isSame(state, wish) ? next(state, wish, event, now) : begin(state, wish);

/** The device may be locked, whatever the command did: if that is no longer wanted, it is undone at once. */
const failedLocking = ({ remembered }: Touched, wish: Wish, { reason }: { reason: string }): Step =>
  wish.locked ? fail(reason, { remembered }) : release({ remembered });
const failedReleasing = ({ remembered }: Touched, _: Wish, { reason }: { reason: string }): Step =>
  fail(reason, { remembered });

const untouched = (receipt: string): Step => rest({ kind: 'free' }, receipt);
const start = (_: unknown, wish: Wish): Step => (wish.locked ? remember() : stay());
const retry: Transition<'failed', 'retry'> = ({ remembered }, wish) => {
  if (remembered !== undefined) return begin({ remembered }, wish);
  return wish.locked ? remember() : untouched('nothing was changed');
};

/** Every state and event; a new state does not compile until all its cells are decided. */
const table: Table = {
  free: { wish: start, done: stay, failed: stay, retry: start },
  remembering: {
    wish: stay,
    done: (_, wish, { value }) => {
      if (!wish.locked) return untouched('no longer wanted: nothing was changed');
      return value === undefined ? fail('the device did not say its lock state') : begin({ remembered: value }, wish);
    },
    failed: (_, wish, { reason }) => (wish.locked ? fail(reason) : untouched('no longer wanted: nothing was changed')),
    retry: stay,
  },
  targeting: { wish: stay, done: onward(lock), failed: failedLocking, retry: stay },
  locking: { wish: stay, done: onward(prove), failed: failedLocking, retry: stay },
  proving: {
    wish: stay,
    done: onward((state, _, { value }) =>
      value === stateOf(state)
        ? check(state)
        : fail(`the device says lock state ${said(value)}, not ${stateOf(state)}`, { remembered: state.remembered }),
    ),
    failed: failedLocking,
    retry: stay,
  },
  checking: {
    wish: stay,
    done: onward(({ remembered, targets }, _, { value }, now) =>
      value === undefined || value >= FIRST_FAILURE
        ? fail(`the device says result ${said(value)}`, { remembered })
        : rest(
            { kind: 'locked', remembered, targets, provedAt: now },
            `the device says that it is locked (result ${value})`,
          ),
    ),
    failed: failedLocking,
    retry: stay,
  },
  locked: {
    wish: (state, wish) => (wish.locked && isSame(state, wish) ? stay() : begin(state, wish)),
    done: stay,
    failed: stay,
    retry: stay,
  },
  releasing: {
    wish: stay,
    done: (state, wish) => (wish.locked ? begin(state, wish) : confirm(state)),
    failed: failedReleasing,
    retry: stay,
  },
  confirming: {
    wish: stay,
    done: (state, wish, { value }, now) => {
      if (wish.locked) return begin(state, wish);
      const { remembered } = state;
      return value === remembered
        ? rest({ kind: 'free', provedAt: now }, `the device says lock state ${remembered}, as before`)
        : fail(`the device says lock state ${said(value)}, not ${remembered}`, { remembered });
    },
    failed: failedReleasing,
    retry: stay,
  },
  failed: {
    wish: (state, wish, event, now) => (wish.locked ? stay() : retry(state, wish, { ...event, kind: 'retry' }, now)),
    done: stay,
    failed: stay,
    retry,
  },
};

/** The next step of a lock. Pure and total. */
export function nextStep(state: LockState, wish: Wish, event: LockEvent, now: Millis): Step {
  const transition = table[state.kind][event.kind] as (
    state: LockState,
    wish: Wish,
    event: LockEvent,
    now: Millis,
  ) => Step;
  return transition(state, wish, event, now);
}

/** The command that a state waits for. */
export function pendingCommand(state: LockState): CommandId | undefined {
  return 'commandId' in state ? state.commandId : undefined;
}
