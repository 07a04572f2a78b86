/** When a device in queue mode sleeps: once no message went or came for a while (OMA Core §6.5). */
export class QueueMode {
  readonly #awakeMs: number | undefined;
  #asleep = false;
  #sleepsAt: number | undefined;

  /** @param awakeMs how long it listens after the last message; undefined for a device that never sleeps */
  constructor(awakeMs: number | undefined) {
    this.#awakeMs = awakeMs;
  }

  get isAsleep(): boolean {
    return this.#asleep;
  }

  /** When it falls asleep, ms; undefined if it does not, or has already. */
  get sleepsAt(): number | undefined {
    return this.#sleepsAt;
  }

  /** A message goes or comes. @returns whether that wakes it up */
  stir(now: number): boolean {
    const wakes = this.#asleep;
    this.#asleep = false;
    if (this.#awakeMs !== undefined) this.#sleepsAt = now + this.#awakeMs;
    return wakes;
  }

  /** Falls asleep if it is time. @returns whether it is asleep from now on */
  tick(now: number): boolean {
    if (this.#sleepsAt === undefined || now < this.#sleepsAt) return false;
    this.#sleepsAt = undefined;
    this.#asleep = true;
    return true;
  }
}
