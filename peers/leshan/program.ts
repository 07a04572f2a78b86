import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { killGroup, spawnChild } from '../../tooling/testing/children.ts';
import { leshanBuild, leshanCommand } from './build.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 5_000;

/** What every line of a peer's output has. */
interface AnyEvent {
  readonly event: string;
}

interface Waiter<Event> {
  offer(event: Event): boolean;
  end(reason: string): void;
}

/**
 * A Java program that obeys lines on its standard input and reports events as JSON lines on its standard output.
 *
 * @typeParam Event what the program reports; a line is trusted to be one, for the program is ours
 */
export class Program<Event extends AnyEvent> {
  /** The Java process. */
  readonly child: ChildProcess;
  /** Every event so far, oldest first. */
  readonly history: Event[] = [];
  /** Events that no `waitFor` has taken yet. */
  readonly #pending: Event[] = [];
  readonly #waiters = new Set<Waiter<Event>>();
  #errors = '';
  #ended: string | undefined;

  private constructor(child: ChildProcess) {
    this.child = child;
    const { stdout, stderr } = child;
    if (!stdout || !stderr) throw new Error('a peer needs pipes');
    createInterface({ input: stdout }).on('line', (line) => this.#receive(line));
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-10_000);
    });
    child.once('error', (error) => this.#end(error.message));
    child.once('close', (code, signal) => this.#end(`ended with ${signal ?? code}`));
    child.stdin?.on('error', () => {}); // a program that ended is reported by its end
  }

  /**
   * Builds the peers if need be and starts one.
   *
   * @param main simple name of the main class
   * @param javaFlags flags of the virtual machine
   * @param wrapper command line to run it under, e.g. `['taskset', '-c', '0']`
   */
  static async start<Event extends AnyEvent>(
    main: string,
    args: readonly string[],
    javaFlags: readonly string[],
    wrapper: readonly string[] = [],
  ): Promise<Program<Event>> {
    await leshanBuild.build();
    return Program.run<Event>([...wrapper, ...leshanCommand(main, javaFlags), ...args]);
  }

  /** Starts a program of the same manners by its command line. */
  static run<Event extends AnyEvent>([executable = 'java', ...args]: readonly string[]): Program<Event> {
    return new Program<Event>(spawnChild(executable, args));
  }

  /** Sends one command line. */
  send(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /**
   * Takes the oldest event that matches and was not taken before, waiting for it if need be; others stay.
   *
   * @throws Error if none comes in time or the program ends before
   */
  waitFor<Wanted extends Event>(predicate: (event: Event) => event is Wanted, timeoutMs?: number): Promise<Wanted>;
  waitFor(predicate: (event: Event) => boolean, timeoutMs?: number): Promise<Event>;
  waitFor(predicate: (event: Event) => boolean, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<Event> {
    const index = this.#pending.findIndex(predicate);
    const [found] = index < 0 ? [] : this.#pending.splice(index, 1);
    if (found) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const settle = (action: () => void): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        action();
      };
      const waiter: Waiter<Event> = {
        offer: (event) => {
          if (!predicate(event)) return false;
          settle(() => resolve(event));
          return true;
        },
        end: (reason) => settle(() => reject(this.#failure(reason))),
      };
      const timer = setTimeout(() => waiter.end(`no such event in ${timeoutMs} ms`), timeoutMs);
      this.#waiters.add(waiter);
      if (this.#ended) waiter.end(this.#ended);
    });
  }

  /** Forgets the events that nobody has taken: what `waitFor` takes next came after this call. */
  forgetPending(): void {
    this.#pending.length = 0;
  }

  /** Lets the program take its leave (a device de-registers), and kills it if it does not. */
  async stop(): Promise<void> {
    if (this.#ended) return;
    const closed = once(this.child, 'close');
    this.send('quit');
    this.child.stdin?.end();
    const giveUp = new AbortController();
    const tooLong = sleep(STOP_TIMEOUT_MS, undefined, { signal: giveUp.signal }).then(
      () => killGroup(this.child),
      () => {},
    );
    await closed;
    giveUp.abort();
    await tooLong;
  }

  /** Ends the program at once, as a power cut would. */
  async kill(): Promise<void> {
    if (this.#ended) return;
    const closed = once(this.child, 'close');
    killGroup(this.child);
    await closed;
  }

  #receive(line: string): void {
    const event: Event = JSON.parse(line);
    this.history.push(event);
    for (const waiter of this.#waiters) if (waiter.offer(event)) return;
    this.#pending.push(event);
  }

  #end(reason: string): void {
    this.#ended = reason;
    for (const waiter of [...this.#waiters]) waiter.end(reason);
  }

  #failure(reason: string): Error {
    const seen = this.history.slice(-10).map((event) => `  ${JSON.stringify(event)}`);
    return new Error([`Leshan peer: ${reason}; its last events:`, ...seen, this.#errors].join('\n'));
  }
}
