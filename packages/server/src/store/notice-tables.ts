import type { DeliveryId, WebhookId } from '../ids.ts';
import { organisation } from './columns.ts';
import { bytes, integer, optional, table, text } from './schema.ts';

/** Who is told, and what still has to be. */
export const noticeTables = {
  webhooks: table(
    {
      ...organisation,
      webhookId: text<WebhookId>(),
      url: text(),
      sealedSecret: bytes(),
      createdAt: integer(),
      lastDeliveredAt: optional(integer()),
      lastError: optional(text()),
    },
    ['webhookId'],
  ),

  /** The outbox. A delivery leaves when it was answered 2xx, or stays as a dead letter. */
  deliveries: table(
    {
      ...organisation,
      deliveryId: text<DeliveryId>(),
      webhookId: text<WebhookId>(),
      type: text(),
      body: text(),
      state: text<'waiting' | 'dead'>(),
      attempts: integer(),
      nextAt: integer(),
      lastError: optional(text()),
      createdAt: integer(),
    },
    ['deliveryId'],
    {
      indexes: [
        ['state', 'nextAt'],
        ['webhookId', 'state'],
      ],
    },
  ),
} as const;
