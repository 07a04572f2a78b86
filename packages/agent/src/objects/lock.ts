import { type ObjectInstance, objectInstance } from '../instance.ts';
import { type Content, isMultiple, type Resource } from '../resource.ts';

/** Values of /8/0/0. */
export const LockState = { unlocked: 0, partially: 1, fully: 2 } as const;

/** Values of /8/0/5 after a change of /8/0/0, by the new state; and after a Wipe. */
const RESULT_OF_STATE: readonly number[] = [3, 1, 2];
const WIPED = 4;

/** What the device does about its lock. */
export interface LockOptions {
  /** Things that can be wiped. */
  readonly wipeItems?: readonly string[];
  /** The state was written: 0 unlocked, 1 partially locked, 2 fully locked. */
  readonly changed?: (state: number) => void;
  readonly wiped?: () => void;
}

/**
 * The one instance of object 8, Lock and Wipe. The result tells of the last change that was carried out; no result yet
 * is 0.
 */
export function lockInstance({ wipeItems = [], changed, wiped }: LockOptions = {}): ObjectInstance {
  let state: Content = { type: 'integer', value: LockState.unlocked };
  let result = 0;
  const lock: Resource = {
    read: () => state,
    write: (content) => {
      state = content;
      const code = isMultiple(content) ? undefined : Number(content.value);
      result = RESULT_OF_STATE[code ?? 0] ?? result;
      changed?.(code ?? 0);
    },
  };
  return objectInstance(8, 0, {
    values: { 1: [], 2: wipeItems, 4: [] },
    resources: {
      0: lock,
      3: {
        execute: () => {
          result = WIPED;
          wiped?.();
        },
      },
      5: { read: () => ({ type: 'integer', value: result }) },
    },
  });
}
