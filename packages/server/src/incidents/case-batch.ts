import type { NewCommand } from '../commands/queue.ts';
import type { StepBatch } from '../commands/steps.ts';
import type { CommandId, DeviceId, Millis, OrganisationId } from '../ids.ts';
import type { JournalDraft, JournalEntry } from '../journal/entries.ts';
import type { Batch, Change } from '../store/port.ts';

/** Makes what is to be committed so that a command is queued. */
export type DraftCommand = (command: NewCommand) => {
  readonly commandId: CommandId;
  readonly batch: StepBatch;
};

type Told = { [D in JournalDraft as D['type']]: Pick<D, 'type' | 'payload'> }[JournalDraft['type']];

/** What follows from one journal entry for one device, gathered into one batch. */
export class CaseBatch {
  readonly organisationId: OrganisationId;
  readonly deviceId: DeviceId;
  readonly now: Millis;
  readonly #entry: JournalEntry;
  readonly #draft: DraftCommand;
  readonly #changes: Change[] = [];
  readonly #journal: JournalDraft[] = [];

  constructor(entry: JournalEntry, deviceId: DeviceId, draft: DraftCommand, now: Millis) {
    this.organisationId = entry.organisationId;
    this.deviceId = deviceId;
    this.now = now;
    this.#entry = entry;
    this.#draft = draft;
  }

  change(change: Change): void {
    this.#changes.push(change);
  }

  /** Journals it, in the name of who caused the entry. */
  tell(told: Told): void {
    const { organisationId, deviceId, now: at } = this;
    const { actor, seq: cause } = this.#entry;
    this.#journal.push({ ...told, at, organisationId, deviceId, actor, cause });
  }

  /** Queues a command for the device, before all others. */
  queue(command: Omit<NewCommand, 'organisationId' | 'deviceId'>): CommandId {
    const { organisationId, deviceId } = this;
    const { commandId, batch } = this.#draft({ priority: 'urgent', ...command, organisationId, deviceId });
    this.#changes.push(...batch.changes);
    this.#journal.push(...batch.journal.map((draft) => ({ ...draft, cause: this.#entry.seq })));
    return commandId;
  }

  batch(): Required<Pick<Batch, 'changes' | 'journal'>> {
    return { changes: this.#changes, journal: this.#journal };
  }
}
