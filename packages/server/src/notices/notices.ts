import type { Bus, Subscription } from '../bus/port.ts';
import { sayWhenStuck, type Warn } from '../bus/stuck.ts';
import type { Handlers } from '../http/handlers.ts';
import type { JournalEntry } from '../journal/entries.ts';
import { noticeTypes } from './notice.ts';
import { Outbox, type OutboxOptions } from './outbox.ts';
import { dropNotices, queueNotices } from './queue.ts';
import { type WebhookRoute, webhookHandlers } from './webhooks.ts';

export interface NoticeOptions extends OutboxOptions {
  readonly bus: Bus;
  readonly warn: Warn;
  /** A journal entry in words. */
  readonly describe: (entry: JournalEntry) => string;
}

/** Tells webhooks of what happens: from the journal into the outbox, and from the outbox to its receivers. */
export class Notices {
  readonly #options: NoticeOptions;
  readonly #outbox: Outbox;
  readonly #subscription: Subscription;

  private constructor(options: NoticeOptions, outbox: Outbox, subscription: Subscription) {
    this.#options = options;
    this.#outbox = outbox;
    this.#subscription = subscription;
  }

  /** Follows the journal from where it stood, and goes on sending what waits. */
  static async open(options: NoticeOptions): Promise<Notices> {
    const { store, bus, describe, now, warn } = options;
    const outbox = new Outbox(options);
    const following: Promise<Subscription> = bus.consume({
      name: 'notices',
      types: [...noticeTypes, 'webhook.removed'],
      handle: async (entry) => {
        if (entry.type === 'webhook.removed') return dropNotices(store, entry);
        const batch = await queueNotices(store, entry, describe(entry), now());
        // The outbox sees the deliveries when they are committed; if this consumer stops first, at the next start.
        following
          .then((subscription) => subscription.caughtUp(entry.seq))
          .then(() => outbox.wake())
          .catch(() => {});
        return batch;
      },
      failed: sayWhenStuck('notices', warn),
    });
    const subscription = await following;
    await outbox.wake();
    return new Notices(options, outbox, subscription);
  }

  handlers(): Pick<Handlers, WebhookRoute> {
    const { store, sealer, now } = this.#options;
    return webhookHandlers({ store, sealer, now, queued: () => void this.#outbox.wake() });
  }

  async stop(): Promise<void> {
    await this.#subscription.stop();
    await this.#outbox.stop();
  }
}
