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
  let changes: readonly Change[] = [];
  let journal: readonly JournalDraft[] = [];
  let samples: readonly Sample[] = [];
  for (const decision of decisions) {
    if (!decision) continue;
    changes = joined(changes, decision.batch.changes);
    journal = joined(journal, decision.batch.journal);
    samples = joined(samples, decision.batch.samples);
  }
  const committed = await store.commit({ changes, journal, samples });
  for (const decision of decisions) decision?.apply?.(committed);
  return committed;
}

/** Both lists; most often there is only one. */
function joined<T>(one: readonly T[], other: readonly T[] = []): readonly T[] {
  if (one.length === 0) return other;
  return other.length === 0 ? one : [...one, ...other];
}
