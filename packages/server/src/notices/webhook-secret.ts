import { createSecretKey, type KeyObject } from 'node:crypto';
import { newSecret } from '../access/secret.ts';
import type { WebhookId } from '../ids.ts';
import type { Sealer } from '../store/sealing.ts';
import type { Row } from '../store/tables.ts';

const place = (webhookId: WebhookId) => ({ table: 'webhooks', row: webhookId, column: 'sealedSecret' });

/** A fresh secret for a webhook: as it is answered once, and as it is stored. */
export function makeWebhookSecret(sealer: Sealer, webhookId: WebhookId): { secret: string; sealedSecret: Uint8Array } {
  const secret = newSecret('reeve_hook_');
  return { secret, sealedSecret: sealer.seal(Buffer.from(secret), place(webhookId)) };
}

/** The key with which a webhook's notices are signed. @throws SealError */
export function webhookKey(sealer: Sealer, { webhookId, sealedSecret }: Row<'webhooks'>): KeyObject {
  return createSecretKey(Buffer.from(sealer.open(sealedSecret, place(webhookId))));
}
