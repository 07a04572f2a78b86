import type { Link, LinkDown } from './port.ts';

/** Messages to the link, gathered over one turn of the microtask queue and posted as one array. */
export class Outgoing {
  #messages: LinkDown[] = [];
  #link: Pick<Link, 'post'> | undefined;

  push(message: LinkDown): void {
    if (this.#messages.length === 0 && this.#link) queueMicrotask(() => this.#link?.post(this.take()));
    this.#messages.push(message);
  }

  /** Everything gathered so far. */
  take(): readonly LinkDown[] {
    const messages = this.#messages;
    this.#messages = [];
    return messages;
  }

  /** From now on messages are posted; what came before goes first. */
  connect(link: Pick<Link, 'post'>): void {
    this.#link = link;
    if (this.#messages.length > 0) link.post(this.take());
  }
}
