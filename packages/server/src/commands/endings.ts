import { after } from '../clock.ts';
import type { CommandId } from '../ids.ts';

/** Callers that wait for the end of a command. */
export class Endings {
  readonly #waiting = new Map<CommandId, Set<() => void>>();

  /**
   * Resolves when the command ends, after `ms`, or when the signal aborts. Ask before the command is read, so that no
   * end in between is missed.
   */
  next(commandId: CommandId, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(commandId) ?? new Set();
      this.#waiting.set(commandId, waiting);
      const wake = () => {
        cancel();
        signal.removeEventListener('abort', wake);
        waiting.delete(wake);
        if (waiting.size === 0) this.#waiting.delete(commandId);
        resolve();
      };
      const cancel = after(ms, wake);
      signal.addEventListener('abort', wake);
      waiting.add(wake);
    });
  }

  ended(commandId: CommandId): void {
    for (const wake of [...(this.#waiting.get(commandId) ?? [])]) wake();
  }

  close(): void {
    for (const commandId of [...this.#waiting.keys()]) this.ended(commandId);
  }
}
