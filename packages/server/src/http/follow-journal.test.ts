import { describe, expect, it } from 'vitest';
import type { Seq } from '../ids.ts';
import type { JournalEntry } from '../journal/entries.ts';
import { followJournal } from './follow-journal.ts';
import { httpLimits } from './limits.ts';

const entry = (seq: number) => ({ seq }) as JournalEntry;

/**
 * Follows a journal that grows while it is read: `during[n]` entries are committed while the n-th page is on its way,
 * after it was read, and announced before it arrives.
 */
async function follow(first: number, during: readonly number[], after?: number) {
  const entries = Array.from({ length: first }, (_, index) => entry(index + 1));
  let announce: (entries: readonly JournalEntry[]) => void = () => {};
  const commit = () => {
    const next = entry(entries.length + 1);
    entries.push(next);
    announce([next]);
  };
  let page = 0;
  const gone = new AbortController();
  const positions: number[] = [];
  const sent: number[] = [];
  let stopped = false;
  await followJournal({
    store: {
      journal: async ({ after = 0, newestFirst, limit = 0 }) => {
        if (newestFirst) return entries.slice(-1);
        const found = entries.filter(({ seq }) => seq > after).slice(0, limit);
        for (let left = during[page++] ?? 0; left > 0; left--) commit();
        return found;
      },
    },
    bus: {
      watch: (listener) => {
        announce = listener;
        return () => {
          stopped = true;
        };
      },
    },
    stream: {
      gone: gone.signal,
      onGone: (run) => gone.signal.addEventListener('abort', run),
      position: (id) => positions.push(id),
      drained: async () => {},
    },
    ...(after === undefined ? {} : { after: after as Seq }),
    send: ({ seq }) => sent.push(seq),
  });
  return { sent, positions, commit, gone, stopped: () => stopped, announce };
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('following the journal', () => {
  it.each([
    ['an empty journal', 0, []],
    ['nothing meanwhile', 7, []],
    ['entries while the last page is on its way', 7, [2]],
    ['entries again and again', 7, [1, 3, 0]],
    ['more than a page meanwhile', 7, [httpLimits.catchUpPage + 1, 5, 2]],
    ['exactly a page', httpLimits.catchUpPage, []],
    ['several pages', httpLimits.catchUpPage * 3, [1, 1, 1, 1]],
  ])('has no gap and no duplicate: %s', async (_, first, during) => {
    const { sent, commit } = await follow(first, during, 0);
    commit();
    commit();
    expect(sent).toEqual(range(1, sent.length));
    expect(sent.length).toBe(first + during.reduce((sum, count) => sum + count, 0) + 2);
  });

  it('begins at the end, also when an entry comes while it looks for it', async () => {
    const { sent, positions, commit } = await follow(5, [1]);
    commit();
    expect([positions, sent]).toEqual([[5], [6, 7]]);
  });

  it('begins at the end for a position that is not of this journal', async () => {
    const { sent, positions, commit } = await follow(5, [], 99);
    commit();
    expect([positions, sent]).toEqual([[5], [6]]);
  });

  it('sends an entry once that is read before it is announced', async () => {
    const { sent, commit, announce } = await follow(3, [], 0);
    announce([entry(2), entry(3)]);
    commit();
    expect(sent).toEqual([1, 2, 3, 4]);
  });

  it('stops when its client goes', async () => {
    const { sent, commit, gone, stopped } = await follow(1, [], 0);
    gone.abort();
    commit();
    expect([sent, stopped()]).toEqual([[1], true]);
  });
});
