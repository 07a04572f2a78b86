import type { CommandOperation } from '@reeve/contract';
import type { CommandId, Millis } from '../ids.ts';

/**
 * Locking one device through its Lock and Wipe object (OMA object 8), step by step, each step proved by the device.
 *
 *     free ─► remembering ─► targeting ─► locking ─► proving ─► checking ─► locked
 *      ▲          (read 8/0/0)  (8/0/1)   (8/0/0)   (8/0/0)    (8/0/5)       │
 *      │                                                                     ▼
 *      └───────────────────────────────── confirming ◄──────────────── releasing
 *                                          (read 8/0/0)          (8/0/0 = remembered)
 *
 * A command that fails leads to `failed`, from where the next registration of the device, or the end of the wish for a
 * lock, tries again. What was remembered is never our own lock.
 */
export type LockState =
  | { readonly kind: 'free' /** When the device last said that it is as before. */; readonly provedAt?: Millis }
  | { readonly kind: 'remembering'; readonly commandId: CommandId }
  | { readonly kind: 'targeting'; readonly remembered: number; readonly commandId: CommandId }
  | { readonly kind: 'locking'; readonly remembered: number; readonly commandId: CommandId }
  | { readonly kind: 'proving'; readonly remembered: number; readonly commandId: CommandId }
  | { readonly kind: 'checking'; readonly remembered: number; readonly commandId: CommandId }
  | { readonly kind: 'locked'; readonly remembered: number; readonly provedAt: Millis }
  | { readonly kind: 'releasing'; readonly remembered: number; readonly commandId: CommandId }
  | { readonly kind: 'confirming'; readonly remembered: number; readonly commandId: CommandId }
  | {
      readonly kind: 'failed';
      readonly reason: string /** Absent: nothing was written yet. */;
      readonly remembered?: number;
    };

/** Resources of object 8. */
const STATE = '/8/0/0';
const TARGETS = '/8/0/1';
const RESULT = '/8/0/5';
/** Values of `STATE`: with targets the device is locked in part, else in full. */
const PARTIALLY_LOCKED = 1;
const FULLY_LOCKED = 2;
/** Values of `RESULT` that say that the last operation failed. */
const FIRST_FAILURE = 5;

/** What is wanted of the lock now. */
export interface Wish {
  readonly locked: boolean;
  readonly targets: readonly string[];
}

export type LockEvent =
  /** The wish may have changed. */
  | { readonly kind: 'wish' }
  /** The command of the state was answered; `value` is what a read brought. */
  | { readonly kind: 'done'; readonly value?: number | undefined }
  /** The command of the state failed, expired or was cancelled. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** The device registered again: what failed before may work now. */
  | { readonly kind: 'registered' };

/** What a step asks for: a command whose id the new state keeps, and a receipt in words. */
export type Step =
  | { readonly kind: 'stay' }
  | {
      readonly kind: 'command';
      readonly operation: CommandOperation;
      readonly then: (commandId: CommandId) => LockState;
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
const wantedState = ({ targets }: Wish) => (targets.length > 0 ? PARTIALLY_LOCKED : FULLY_LOCKED);

const command = (operation: CommandOperation, then: (commandId: CommandId) => LockState, receipt: string): Step => ({
  kind: 'command',
  operation,
  then,
  receipt,
});
const write = (path: string, values: readonly { path: string; value: string | number }[]): CommandOperation => ({
  kind: 'write',
  mode: 'replace',
  path,
  values: [...values],
});

const remember = (): Step =>
  command(
    { kind: 'read', path: STATE },
    (commandId) => ({ kind: 'remembering', commandId }),
    'reads the lock state, to remember it',
  );
const lock = (remembered: number, wish: Wish): Step => {
  const value = wantedState(wish);
  return command(
    write(STATE, [{ path: STATE, value }]),
    (commandId) => ({ kind: 'locking', remembered, commandId }),
    `writes the lock state ${value}`,
  );
};
const target = (remembered: number, { targets }: Wish): Step =>
  command(
    write(
      TARGETS,
      targets.map((value, index) => ({ path: `${TARGETS}/${index}`, value })),
    ),
    (commandId) => ({ kind: 'targeting', remembered, commandId }),
    `writes the lock targets ${targets.join(', ')}`,
  );
const release = (remembered: number): Step =>
  command(
    write(STATE, [{ path: STATE, value: remembered }]),
    (commandId) => ({ kind: 'releasing', remembered, commandId }),
    `writes the remembered lock state ${remembered}`,
  );
const confirm = (remembered: number): Step =>
  command(
    { kind: 'read', path: STATE },
    (commandId) => ({ kind: 'confirming', remembered, commandId }),
    'reads the lock state back',
  );
const fail = (reason: string, remembered?: number): Step =>
  rest(remembered === undefined ? { kind: 'failed', reason } : { kind: 'failed', reason, remembered }, reason);

/** A state in which the device may have been changed. */
type Touched = { readonly remembered: number };

/** What a step that only changes nothing of the device leaves behind when it fails or is no longer wanted. */
const failedUntouched = (_: unknown, __: Wish, { reason }: { reason: string }): Step => fail(reason);
/** The device may be locked: if that is no longer wanted, it is undone at once. */
const failedLocking = ({ remembered }: Touched, wish: Wish, { reason }: { reason: string }): Step =>
  wish.locked ? fail(reason, remembered) : release(remembered);
const failedReleasing = ({ remembered }: Touched, _: Wish, { reason }: { reason: string }): Step =>
  fail(reason, remembered);

const retry: Transition<'failed', 'registered'> = ({ remembered }, wish) => {
  if (remembered === undefined) return wish.locked ? remember() : rest({ kind: 'free' }, 'nothing to undo');
  return wish.locked ? lock(remembered, wish) : release(remembered);
};

/** Every state and event; a new state does not compile until all its cells are decided. */
const table: Table = {
  free: {
    wish: (_, wish) => (wish.locked ? remember() : stay()),
    done: stay,
    failed: stay,
    registered: stay,
  },
  remembering: {
    wish: stay,
    done: (_, wish, { value }) => {
      if (!wish.locked) return rest({ kind: 'free' }, 'no longer wanted: nothing was changed');
      if (value === undefined) return fail('the device did not say its lock state');
      return wish.targets.length > 0 ? target(value, wish) : lock(value, wish);
    },
    failed: failedUntouched,
    registered: stay,
  },
  targeting: {
    wish: stay,
    done: ({ remembered }, wish) =>
      wish.locked ? lock(remembered, wish) : rest({ kind: 'free' }, 'no longer wanted: the lock state was not changed'),
    failed: failedUntouched,
    registered: stay,
  },
  locking: {
    wish: stay,
    done: ({ remembered }, wish) =>
      wish.locked
        ? command(
            { kind: 'read', path: STATE },
            (commandId) => ({ kind: 'proving', remembered, commandId }),
            'reads the lock state back',
          )
        : release(remembered),
    failed: failedLocking,
    registered: stay,
  },
  proving: {
    wish: stay,
    done: ({ remembered }, wish, { value }) => {
      if (!wish.locked) return release(remembered);
      if (value !== wantedState(wish))
        return fail(`the device says lock state ${value ?? 'nothing'}, not ${wantedState(wish)}`, remembered);
      return command(
        { kind: 'read', path: RESULT },
        (commandId) => ({ kind: 'checking', remembered, commandId }),
        `the device says lock state ${value}; reads the result of the operation`,
      );
    },
    failed: failedLocking,
    registered: stay,
  },
  checking: {
    wish: stay,
    done: ({ remembered }, wish, { value }, now) => {
      if (!wish.locked) return release(remembered);
      if (value === undefined || value >= FIRST_FAILURE)
        return fail(`the device says result ${value ?? 'nothing'}`, remembered);
      return rest({ kind: 'locked', remembered, provedAt: now }, `the device says that it is locked (result ${value})`);
    },
    failed: failedLocking,
    registered: stay,
  },
  locked: {
    wish: ({ remembered }, wish) => (wish.locked ? stay() : release(remembered)),
    done: stay,
    failed: stay,
    registered: stay,
  },
  releasing: {
    wish: stay,
    done: ({ remembered }, wish) => (wish.locked ? lock(remembered, wish) : confirm(remembered)),
    failed: failedReleasing,
    registered: stay,
  },
  confirming: {
    wish: stay,
    done: ({ remembered }, wish, { value }, now) => {
      if (wish.locked) return lock(remembered, wish);
      if (value !== remembered)
        return fail(`the device says lock state ${value ?? 'nothing'}, not ${remembered}`, remembered);
      return rest({ kind: 'free', provedAt: now }, `the device says lock state ${remembered}, as before`);
    },
    failed: failedReleasing,
    registered: stay,
  },
  failed: {
    wish: ({ remembered }, wish) => {
      if (wish.locked) return stay();
      return remembered === undefined ? rest({ kind: 'free' }, 'nothing to undo') : release(remembered);
    },
    done: stay,
    failed: stay,
    registered: retry,
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
