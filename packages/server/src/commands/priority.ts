import type { CommandPriority } from '@reeve/contract';
import type { Millis } from '../ids.ts';
import type { Row } from '../store/tables.ts';

/** Between the places of one priority and the next: more microseconds than have passed since 1970 until 2060. */
const SPAN = 3e15;
const before: Readonly<Record<CommandPriority, number>> = { urgent: -SPAN, normal: 0, background: SPAN };

/** Gives out places in queues: by priority first, then by time, no two alike. */
export class Places {
  #last = 0;

  next(priority: CommandPriority, now: Millis): number {
    this.#last = Math.max(now * 1000, this.#last + 1);
    return before[priority] + this.#last;
  }

  /** What is queued from now on stands behind this one, even if the clock was set back. */
  behind(row: Row<'commands'>): void {
    this.#last = Math.max(this.#last, row.position - before[priorityOf(row)]);
  }
}

export function priorityOf({ priority = 'normal' }: Row<'commands'>): CommandPriority {
  return priority;
}
