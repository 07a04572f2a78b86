import type { Bus } from '../bus/port.ts';
import type { Seq } from '../ids.ts';
import type { JournalEntry } from '../journal/entries.ts';
import type { Store } from '../store/port.ts';
import type { EventStream } from './event-stream.ts';
import { httpLimits } from './limits.ts';

interface Following {
  readonly store: Pick<Store, 'journal'>;
  readonly bus: Pick<Bus, 'watch'>;
  readonly stream: Pick<EventStream, 'gone' | 'onGone' | 'position' | 'drained'>;
  /** Position to resume from: entries after it are sent. Absent: only what comes from now on. */
  readonly after?: Seq;
  readonly send: (entry: JournalEntry) => void;
}

/**
 * Sends a stream every journal entry after a position, each once and in order: first from the store, then live. While
 * it catches up, live entries are only noted, not kept: the store has them. Resolves when the stream is live.
 */
export async function followJournal({ store, bus, stream, after, send }: Following): Promise<void> {
  let live = false;
  let newest = 0;
  let cursor = 0 as Seq;
  const take = (entries: readonly JournalEntry[]) => {
    for (const entry of entries) {
      if (entry.seq <= cursor || stream.gone.aborted) continue;
      cursor = entry.seq;
      send(entry);
    }
  };
  const stop = bus.watch((entries) => {
    newest = entries.at(-1)?.seq ?? newest;
    if (live) take(entries);
  });
  stream.onGone(stop);

  const [last] = await store.journal({ newestFirst: true, limit: 1 });
  const end = last?.seq ?? cursor;
  // A position beyond the end is of another store: nothing before it can be told apart from what the client knows.
  cursor = after === undefined || after > end ? end : after;
  stream.position(cursor);
  while (!stream.gone.aborted) {
    const page = await store.journal({ after: cursor, limit: httpLimits.catchUpPage });
    take(page);
    if (page.length < httpLimits.catchUpPage && newest <= cursor) {
      // No await between the check and this line: whatever is committed from here on comes through `watch`.
      live = true;
      return;
    }
    await stream.drained();
  }
}
