import type { JournalDraft } from './journal/entries.ts';
import type { Batch, Change, Committed, Sample, Store } from './store/port.ts';

/** What a capability decided: what to commit, and what to change in memory once it is durable. */
export interface Decision {
  readonly batch: Batch;
  /** Called after the commit, with its outcome. */
  apply?(committed: Committed): void;
}

/** Commits several decisions as one batch, then applies them in order. Nothing is applied if the commit fails. */
export async function commitAll(store: Store, decisions: readonly (Decision | undefined)[]): Promise<Committed> {
  const changes: Change[] = [];
  const journal: JournalDraft[] = [];
  const samples: Sample[] = [];
  for (const decision of decisions) {
    if (!decision) continue;
    if (decision.batch.changes) changes.push(...decision.batch.changes);
    if (decision.batch.journal) journal.push(...decision.batch.journal);
    if (decision.batch.samples) samples.push(...decision.batch.samples);
  }
  const committed = await store.commit({ changes, journal, samples });
  for (const decision of decisions) decision?.apply?.(committed);
  return committed;
}
