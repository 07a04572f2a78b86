import type { Batch, Store } from './store/port.ts';

/** What a capability decided: what to commit, and what to change in memory once it is durable. */
export interface Decision {
  readonly batch: Batch;
  /** Called after the commit. */
  apply?(): void;
}

/** What is decided together; what is undefined needs no decision. */
export type Decisions = readonly (Decision | undefined)[];

const NOTHING: readonly never[] = [];

/** Commits several decisions as one batch, then applies them in order. Nothing is applied if the commit fails. */
export function commitAll(store: Store, decisions: Decisions): Promise<void> {
  return store.commit(batchOf([decisions])).then(() => apply(decisions));
}

/** Everything that is decided, in order. */
function batchOf(all: readonly Decisions[]): Batch {
  const batches: Batch[] = [];
  for (const decisions of all) for (const decision of decisions) if (decision) batches.push(decision.batch);
  return {
    changes: joined(batches, ({ changes }) => changes),
    journal: joined(batches, ({ journal }) => journal),
    samples: joined(batches, ({ samples }) => samples),
    readings: joined(batches, ({ readings }) => readings),
  };
}

/** One list of each batch as one. It is made as long as it gets: one that grows is copied again and again. */
function joined<T>(batches: readonly Batch[], listOf: (batch: Batch) => readonly T[] | undefined): readonly T[] {
  let length = 0;
  for (const batch of batches) length += listOf(batch)?.length ?? 0;
  const all = new Array<T>(length);
  let end = 0;
  for (const batch of batches) for (const one of listOf(batch) ?? NOTHING) all[end++] = one;
  return all;
}

/** What is decided in one turn: about many devices, where many were heard. */
interface Group {
  readonly members: Decisions[];
  /** When it is known what became of each: those that the store refused, or that could not be applied, and why. */
  readonly settled: Promise<ReadonlyMap<Decisions, unknown>>;
}

/**
 * Commits what is decided in one turn of the event loop as one batch: one call of the store, and one answer of it, for
 * all devices that were heard in it. What is refused so is committed one by one, since nobody has to answer for what
 * others told.
 */
export class GroupCommit {
  readonly #store: Store;
  #gathering: Group | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** As `commitAll`. @throws StoreError if nothing was saved */
  commit(decisions: Decisions): Promise<void> {
    this.#gathering ??= this.#begin();
    const { members, settled } = this.#gathering;
    members.push(decisions);
    return settled.then((refused) => {
      if (refused.has(decisions)) throw refused.get(decisions);
    });
  }

  #begin(): Group {
    const members: Decisions[] = [];
    const settled = Promise.resolve().then(async () => {
      this.#gathering = undefined;
      const refused = new Map<Decisions, unknown>();
      await this.#settle(members, refused);
      return refused;
    });
    return { members, settled };
  }

  async #settle(members: readonly Decisions[], refused: Map<Decisions, unknown>): Promise<void> {
    try {
      await this.#store.commit(batchOf(members));
    } catch (error) {
      if (members[0] && members.length === 1) refused.set(members[0], error);
      else await Promise.all(members.map((one) => this.#settle([one], refused)));
      return;
    }
    for (const decisions of members) {
      try {
        apply(decisions);
      } catch (error) {
        // The others are committed too: what is in memory must be what is stored.
        refused.set(decisions, error);
      }
    }
  }
}

function apply(decisions: Decisions): void {
  for (const decision of decisions) decision?.apply?.();
}
