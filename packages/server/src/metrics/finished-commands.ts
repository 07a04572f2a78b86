import type { Bus } from '../bus/port.ts';
import type { JournalPayloads } from '../journal/entries.ts';

type FinalState = JournalPayloads['command.finished']['state'];

/** Counts the commands that reached a last state since the start. */
export class FinishedCommands {
  readonly #counts: Record<FinalState, number> = {
    answered: 0,
    failed: 0,
    expired: 0,
    cancelled: 0,
    'outcome-unknown': 0,
  };

  constructor(bus: Pick<Bus, 'watch'>) {
    bus.watch((entries) => {
      for (const entry of entries) if (entry.type === 'command.finished') this.#counts[entry.payload.state]++;
    });
  }

  counts(): Readonly<Record<FinalState, number>> {
    return this.#counts;
  }
}
