import type { UpdateState } from '@reeve/contract';
import type { Millis } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
import type { Row } from '../store/tables.ts';
import type { UpdateStep } from './steps.ts';

/** What the journal is told of an update. */
type Entry =
  | { readonly type: 'update.delivering'; readonly delivery: 'push' | 'pull' }
  | { readonly type: 'update.installing'; readonly delivery?: undefined }
  | {
      readonly type: 'update.ended';
      readonly state: Exclude<UpdateState, 'running'>;
      readonly detail: string;
      readonly delivery?: undefined;
    };

/** What the journal says of a step that was taken. */
export function entryOf(from: UpdateStep, to: UpdateStep): Entry | undefined {
  if (from.kind === to.kind) return undefined;
  switch (to.kind) {
    case 'pushing':
      return { type: 'update.delivering', delivery: 'push' };
    case 'offering':
      return { type: 'update.delivering', delivery: 'pull' };
    case 'executing':
      return { type: 'update.installing' };
    default:
      return undefined;
  }
}

/** An entry as it goes to the journal. */
export function draftOf(row: Row<'updates'>, entry: Entry, at: Millis): JournalDraft {
  const { organisationId, deviceId, updateId, artifact } = row;
  const facts = { at, organisationId, deviceId, actor: { kind: 'server', name: 'updates' } } as const;
  switch (entry.type) {
    case 'update.delivering':
      return { ...facts, type: entry.type, payload: { updateId, artifact, delivery: entry.delivery } };
    case 'update.installing':
      return { ...facts, type: entry.type, payload: { updateId, artifact } };
    case 'update.ended':
      return { ...facts, type: entry.type, payload: { updateId, artifact, state: entry.state, detail: entry.detail } };
  }
}
