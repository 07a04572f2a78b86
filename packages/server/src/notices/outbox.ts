import type { Millis, WebhookId } from '../ids.ts';
import type { Store } from '../store/port.ts';
import type { Sealer } from '../store/sealing.ts';
import { SealError } from '../store/sealing.ts';
import type { Row } from '../store/tables.ts';
import { deadLetter } from './dead-letter.ts';
import { noticeLimits, retryWait } from './limits.ts';
import { type After, send } from './send.ts';
import { webhookKey } from './webhook-secret.ts';

export interface OutboxOptions {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly now: () => Millis;
  /** In [0, 1). */
  readonly random: () => number;
  readonly fetch: typeof globalThis.fetch;
  readonly after: After;
}

/**
 * Sends what waits in the `deliveries` table: webhooks beside each other, the notices of one webhook in order, so that
 * a notice that is retried holds back the later ones. A delivery is deleted after its 2xx: at least once.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #stopping = new AbortController();
  /** Webhooks whose notices are being sent. */
  readonly #running = new Map<WebhookId, Promise<void>>();
  /** Webhooks to look at once more when they are through, since something was queued meanwhile. */
  readonly #again = new Set<WebhookId>();
  /** How to take back the next look at a webhook. */
  readonly #planned = new Map<WebhookId, () => void>();
  #cancelWake: () => void = () => {};

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Looks for what is due, of every webhook; tries again later if the store does not answer. */
  async wake(): Promise<void> {
    this.#cancelWake();
    try {
      for (const { webhookId } of await this.#options.store.list('webhooks')) this.#start(webhookId);
    } catch {
      if (this.#stopping.signal.aborted) return;
      this.#cancelWake();
      this.#cancelWake = this.#options.after(noticeLimits.pause, () => void this.wake());
    }
  }

  /** Ends the tries that are under way; their notices are sent again after the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#cancelWake();
    for (const cancel of this.#planned.values()) cancel();
    this.#planned.clear();
    await Promise.all(this.#running.values());
  }

  #start(webhookId: WebhookId): void {
    if (this.#stopping.signal.aborted) return;
    if (this.#running.has(webhookId)) {
      this.#again.add(webhookId);
      return;
    }
    this.#planned.get(webhookId)?.();
    this.#planned.delete(webhookId);
    const run = this.#sendDue(webhookId)
      // The store does not answer. What was sent and not recorded is sent again.
      .catch(() => noticeLimits.pause)
      .then((wait) => {
        this.#running.delete(webhookId);
        if (this.#again.delete(webhookId)) this.#start(webhookId);
        else if (wait !== undefined) this.#plan(webhookId, wait);
      });
    this.#running.set(webhookId, run);
  }

  #plan(webhookId: WebhookId, wait: number): void {
    if (this.#stopping.signal.aborted) return;
    // Not longer than that, since the clock may be set meanwhile.
    const cancel = this.#options.after(Math.min(wait, noticeLimits.longestWait), () => {
      this.#planned.delete(webhookId);
      this.#start(webhookId);
    });
    this.#planned.set(webhookId, cancel);
  }

  /** Sends what is due of one webhook. Resolves with the wait until the next is, undefined if none waits. */
  async #sendDue(webhookId: WebhookId): Promise<number | undefined> {
    const { store, now } = this.#options;
    while (!this.#stopping.signal.aborted) {
      const webhook = await store.get('webhooks', { webhookId });
      const [delivery] = await store.list('deliveries', { where: { webhookId, state: 'waiting' }, limit: 1 });
      if (!webhook || !delivery) return undefined;
      const wait = delivery.nextAt - now();
      if (wait > 0) return wait;
      await this.#try(webhook, delivery);
    }
    return undefined;
  }

  async #try(webhook: Row<'webhooks'>, delivery: Row<'deliveries'>): Promise<void> {
    const { store, now, random } = this.#options;
    const { webhookId } = webhook;
    const { deliveryId } = delivery;
    const error = await this.#post(webhook, delivery);
    if (this.#stopping.signal.aborted && error !== undefined) return;
    const at = now();
    if (error === undefined) {
      await store.commit({
        changes: [
          { delete: 'deliveries', key: { deliveryId } },
          { patch: 'webhooks', key: { webhookId }, set: { lastDeliveredAt: at, lastError: undefined } },
        ],
      });
      return;
    }
    const failed = { patch: 'webhooks', key: { webhookId }, set: { lastError: error } } as const;
    const attempts = delivery.attempts + 1;
    if (attempts >= noticeLimits.tries || at - delivery.createdAt >= noticeLimits.life) {
      const { changes, journal } = await deadLetter(store, delivery, error, at);
      const set = { state: 'dead', attempts, lastError: error } as const;
      await store.commit({
        changes: [...changes, { patch: 'deliveries', key: { deliveryId }, set }, failed],
        journal,
      });
      return;
    }
    const set = { attempts, nextAt: at + retryWait(attempts, random()), lastError: error };
    await store.commit({ changes: [{ patch: 'deliveries', key: { deliveryId }, set }, failed] });
  }

  async #post(webhook: Row<'webhooks'>, { deliveryId, body }: Row<'deliveries'>): Promise<string | undefined> {
    const { sealer, fetch, after, now } = this.#options;
    try {
      const key = webhookKey(sealer, webhook);
      return await send(
        { url: webhook.url, key, id: deliveryId, body },
        { fetch, after, now, signal: this.#stopping.signal },
      );
    } catch (error) {
      if (error instanceof SealError) return `the webhook's secret cannot be opened: ${error.message}`;
      throw error;
    }
  }
}
