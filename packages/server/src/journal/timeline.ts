import type { TimelineEntry } from '@reeve/contract';
import type { JournalEntry } from './entries.ts';

/** A journal entry for people and programs. */
export function timelineEntry(entry: JournalEntry, describe: (entry: JournalEntry) => string): TimelineEntry {
  const { seq, at, deviceId, actor, cause, type, payload } = entry;
  return {
    seq,
    at,
    actor,
    type,
    payload,
    text: describe(entry),
    ...(deviceId === undefined ? {} : { deviceId }),
    ...(cause === undefined ? {} : { cause }),
  };
}
