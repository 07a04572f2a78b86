import type { Millis } from '../ids.ts';
import type { Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';

/** `dueAt` of what time alone does nothing to. */
export const NEVER: Millis = Number.MAX_SAFE_INTEGER;

/** Rows read at a time: most of the time none is due. */
const PAGE = 20;
/** Rows given out in one round. */
const MOST = 1000;

/** The tables with things that time does something to. */
type Timed = 'incidents' | 'responses' | 'locks';

/** Rows whose time has come, the earliest first; what is more than a round is found by the next. */
export async function dueRows<T extends Timed>(store: Store, table: T, now: Millis): Promise<Row<T>[]> {
  const due: Row<T>[] = [];
  while (due.length < MOST) {
    const after = due.at(-1);
    const page = await store.list(table, { orderBy: 'dueAt', limit: PAGE, ...(after ? { after } : {}) });
    const ripe = page.filter(({ dueAt }) => dueAt <= now);
    due.push(...ripe);
    if (ripe.length < PAGE) break;
  }
  return due;
}
