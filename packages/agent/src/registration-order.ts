/** What the order knows of a server account. */
export interface OrderedAccount {
  readonly settings: {
    /** /1/x/13: the least comes first; undefined where it stands in no order. */
    readonly priority: number | undefined;
    /** /1/x/14, seconds. */
    readonly initialDelay: number;
    /** /1/x/15. */
    readonly failureBlock: boolean;
  };
  start(now: number): void;
}

/**
 * When a client begins to register at each of its servers (OMA Core §6.2.1.1): at those with a priority one after the
 * other, once the last one took the Register or all attempts there failed; at the others at once.
 */
export class RegistrationOrder {
  /** What is to begin once its delay is over, and when, ms. */
  readonly #delayed = new Map<OrderedAccount, number>();
  #queue: OrderedAccount[] = [];
  /** What the queue waits for. */
  #current: OrderedAccount | undefined;

  begin(accounts: readonly OrderedAccount[], now: number): void {
    this.stop();
    const rank = ({ settings }: OrderedAccount): number => settings.priority ?? Number.POSITIVE_INFINITY;
    this.#queue = accounts
      .filter(({ settings }) => settings.priority !== undefined)
      .sort((one, other) => rank(one) - rank(other));
    for (const account of accounts) if (account.settings.priority === undefined) this.#delay(account, now);
    this.#next(now);
    this.tick(now);
  }

  /** Nothing more begins. */
  stop(): void {
    this.#delayed.clear();
    this.#queue = [];
    this.#current = undefined;
  }

  /** A server took the Register, or all attempts there failed. */
  settled(account: OrderedAccount, registered: boolean, now: number): void {
    if (account !== this.#current) return;
    if (!registered && account.settings.failureBlock) this.#queue = [];
    this.#next(now);
    this.tick(now);
  }

  /** Whether something is still to begin. */
  get isPending(): boolean {
    return this.#delayed.size > 0 || this.#queue.length > 0;
  }

  tick(now: number): void {
    for (const [account, at] of this.#delayed) {
      if (at > now) continue;
      this.#delayed.delete(account);
      account.start(now);
    }
  }

  nextWakeAt(): number | undefined {
    return this.#delayed.size === 0 ? undefined : Math.min(...this.#delayed.values());
  }

  #next(now: number): void {
    this.#current = this.#queue.shift();
    if (this.#current !== undefined) this.#delay(this.#current, now);
  }

  #delay(account: OrderedAccount, now: number): void {
    this.#delayed.set(account, now + account.settings.initialDelay * 1000);
  }
}
