import type { Millis } from '../ids.ts';
import type { JournalEntry } from '../journal/entries.ts';
import type { Batch, Change, Store } from '../store/port.ts';
import { deadLetter } from './dead-letter.ts';
import { noticeLimits } from './limits.ts';
import { deliveryIdOf, type Notice, noticeOf } from './notice.ts';

/** What the outbox is to send because of a journal entry: a delivery for each webhook of the organisation. */
export async function queueNotices(
  store: Store,
  entry: JournalEntry,
  text: string,
  now: Millis,
): Promise<Batch | undefined> {
  const notice = await noticeOf(store, entry, text);
  if (!notice) return undefined;
  const webhooks = await store.list('webhooks', { where: { organisationId: entry.organisationId } });
  const batches = await Promise.all(
    webhooks.map(async ({ webhookId }): Promise<Batch> => {
      const deliveryId = deliveryIdOf(entry.seq, webhookId);
      const body: Notice = { id: deliveryId, ...notice };
      const row = {
        organisationId: entry.organisationId,
        deliveryId,
        webhookId,
        type: notice.type,
        body: JSON.stringify(body),
        state: 'waiting',
        attempts: 0,
        nextAt: now,
        createdAt: now,
      } as const;
      if ((await store.count('deliveries', { webhookId, state: 'waiting' })) < noticeLimits.waiting) {
        return { changes: [{ put: 'deliveries', row }] };
      }
      const lastError = `${noticeLimits.waiting} notices wait already`;
      const { changes, journal } = await deadLetter(store, row, lastError, now);
      return { changes: [...changes, { put: 'deliveries', row: { ...row, state: 'dead', lastError } }], journal };
    }),
  );
  return {
    changes: batches.flatMap(({ changes = [] }) => changes),
    journal: batches.flatMap(({ journal = [] }) => journal),
  };
}

/** What is to go with a webhook that was removed: its deliveries. */
export async function dropNotices(
  store: Store,
  entry: JournalEntry & { readonly type: 'webhook.removed' },
): Promise<Batch> {
  const { webhookId } = entry.payload;
  const rows = await Promise.all([
    store.list('deliveries', { where: { webhookId, state: 'waiting' } }),
    store.list('deliveries', { where: { webhookId, state: 'dead' } }),
  ]);
  return {
    changes: rows.flat().map(({ deliveryId }): Change => ({ delete: 'deliveries', key: { deliveryId } })),
  };
}
