import { text as textOf } from 'node:stream/consumers';
import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** What a command sees of the world: where it writes, what it may read, and when it is told to stop. */
export interface Terminal {
  /** Writes a line to stdout: what was asked for. */
  out(line: string): void;
  /** Writes a line to stderr: what people should know besides. */
  note(line: string): void;
  /** Shows how far it is, on one line that is written over; nothing if nobody watches. */
  progress(line: string): void;
  /** The text in a style, if stdout shows styles. */
  style(style: Style, text: string): string;
  /** Width of stdout in characters; undefined if it is not a terminal, and nothing is cut then. */
  readonly width: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** All of stdin, as UTF-8. */
  readInput(): Promise<string>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Aborted by Ctrl-C (SIGINT) or SIGTERM. */
  readonly stopped: AbortSignal;
}

/**
 * One key press may reach this process several times: from the terminal, and again from the programs that started it
 * (npm, the launcher), which pass signals on. Signals closer than this are one.
 */
const ONE_KEY_PRESS_MS = 500;

/** The terminal of this process. A first signal asks to stop, a second one ends the process. */
export function openTerminal(): Terminal {
  const { stdout, stderr, stdin, env } = process;
  const stop = new AbortController();
  let firstAt = 0;
  const onSignal = () => {
    const now = performance.now();
    if (!stop.signal.aborted) {
      firstAt = now;
      stop.abort();
    } else if (now - firstAt > ONE_KEY_PRESS_MS) {
      process.exit(130);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  // `reeve device ls | head` ends when head has seen enough.
  stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

  let shown = false;
  const clear = () => {
    if (shown) stderr.write('\r\u001b[K');
    shown = false;
  };
  return {
    out: (line) => {
      clear();
      stdout.write(`${line}\n`);
    },
    note: (line) => {
      clear();
      stderr.write(`${line}\n`);
    },
    progress: (line) => {
      if (!stderr.isTTY) return;
      clear();
      stderr.write(line.slice(0, (stderr.columns ?? 80) - 1));
      shown = true;
    },
    style: (style, text) => styleText(style, text, { stream: stdout }),
    width: stdout.isTTY ? stdout.columns : undefined,
    env,
    readInput: () => textOf(stdin),
    now: Date.now,
    stopped: stop.signal,
  };
}
