/** How many connections there are from each network. */
export class Crowd {
  readonly #limit: number;
  readonly #perNetwork: number;
  readonly #networks = new Map<string, number>();
  #all = 0;

  constructor(limit: number, perNetwork: number) {
    this.#limit = limit;
    this.#perNetwork = perNetwork;
  }

  /** @returns what is to be called when it is gone; undefined if there is no room for one more */
  enter(network: string): (() => void) | undefined {
    const count = this.#networks.get(network) ?? 0;
    if (this.#all >= this.#limit || count >= this.#perNetwork) return undefined;
    this.#all += 1;
    this.#networks.set(network, count + 1);
    let gone = false;
    return () => {
      if (gone) return;
      gone = true;
      this.#all -= 1;
      const left = (this.#networks.get(network) ?? 1) - 1;
      if (left > 0) this.#networks.set(network, left);
      else this.#networks.delete(network);
    };
  }
}
