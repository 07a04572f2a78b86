import type { ConsumerOptions } from './port.ts';

/** Says a line to whoever runs the server. */
export type Warn = (line: string) => void;

/** Attempts at an entry between two lines; the waits between attempts make that minutes. */
const ATTEMPTS = 10;

/** Makes it heard that a consumer does not get over an entry: nothing behind it is handled until it does. */
export function sayWhenStuck(consumer: string, warn: Warn): NonNullable<ConsumerOptions['failed']> {
  return ({ seq, type }, error, attempt) => {
    if (attempt % ATTEMPTS !== 0) return;
    // As JSON, so that it stays one line whatever the message holds.
    const reason = JSON.stringify(String(error));
    warn(`${consumer}: journal entry ${seq} (${type}) failed ${attempt} times, and all behind it waits: ${reason}`);
  };
}
