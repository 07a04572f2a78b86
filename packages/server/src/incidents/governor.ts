import type { Millis, PolicyId } from '../ids.ts';
import type { Change, Store } from '../store/port.ts';

/** The window in which automatic responses are counted. */
export const WINDOW_MS = 3_600_000;
const LEAST = 3;
const SHARE = 0.01;

/** How many automatic responses a policy may start within the window: the larger of 3 and 1 % of its devices. */
export function allowance(devices: number): number {
  return Math.max(LEAST, Math.floor(devices * SHARE));
}

/** What one policy may still start by itself. */
export class Budget {
  /** Deletes what counts no longer; to be committed with what was taken. */
  readonly outdated: readonly Change[];
  #left: number;

  private constructor(left: number, outdated: readonly Change[]) {
    this.#left = left;
    this.outdated = outdated;
  }

  /** @param devices how many the policy applies to */
  static async read(store: Store, policyId: PolicyId, devices: number, now: Millis): Promise<Budget> {
    const rows = await store.list('automaticResponses', { where: { policyId } });
    const outdated = rows.filter(({ queuedAt }) => queuedAt <= now - WINDOW_MS);
    return new Budget(
      allowance(devices) - (rows.length - outdated.length),
      outdated.map(({ responseId }) => ({ delete: 'automaticResponses', key: { responseId } })),
    );
  }

  /** Takes one response, if one is left. */
  take(): boolean {
    if (this.#left <= 0) return false;
    this.#left -= 1;
    return true;
  }
}
