import type { Terminal } from './terminal.ts';

/** Resolves when the command is told to stop. */
export function stopped({ stopped: signal }: Pick<Terminal, 'stopped'>): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
