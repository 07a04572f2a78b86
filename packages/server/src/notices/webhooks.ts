import type { DeadLetter, Webhook } from '@reeve/contract';
import { ReeveError } from '../errors.ts';
import type { Handlers } from '../http/handlers.ts';
import { type Millis, newId, type OrganisationId } from '../ids.ts';
import type { Store } from '../store/port.ts';
import type { Sealer } from '../store/sealing.ts';
import type { Row } from '../store/tables.ts';
import { noticeLimits } from './limits.ts';
import { type Notice, TEST_TYPE } from './notice.ts';
import { makeWebhookSecret } from './webhook-secret.ts';

interface WebhookOptions {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly now: () => Millis;
  /** Called when a delivery was queued. */
  readonly queued: () => void;
}

export type WebhookRoute =
  | 'webhooks.list'
  | 'webhooks.add'
  | 'webhooks.remove'
  | 'webhooks.test'
  | 'webhooks.dead'
  | 'webhooks.redeliver';

/** The routes of webhooks and their dead letters. */
export function webhookHandlers({ store, sealer, now, queued }: WebhookOptions): Pick<Handlers, WebhookRoute> {
  const webhooksOf = (organisationId: OrganisationId) => store.list('webhooks', { where: { organisationId } });

  async function find(organisationId: OrganisationId, id: string): Promise<Row<'webhooks'>> {
    const row = (await webhooksOf(organisationId)).find(({ webhookId }) => webhookId === id);
    if (!row) throw new ReeveError('no-such-thing', `There is no webhook ${id}`);
    return row;
  }

  async function deadOf(organisationId: OrganisationId): Promise<Row<'deliveries'>[]> {
    const rows = await store.list('deliveries', { where: { state: 'dead' } });
    return rows.filter((row) => row.organisationId === organisationId);
  }

  async function shown({ webhookId, url, createdAt, lastDeliveredAt, lastError }: Row<'webhooks'>): Promise<Webhook> {
    const [waiting, dead] = await Promise.all([
      store.count('deliveries', { webhookId, state: 'waiting' }),
      store.count('deliveries', { webhookId, state: 'dead' }),
    ]);
    return {
      webhookId,
      url,
      createdAt,
      waiting,
      dead,
      ...(lastDeliveredAt === undefined ? {} : { lastDeliveredAt }),
      ...(lastError === undefined ? {} : { lastError }),
    };
  }

  return {
    'webhooks.list': async ({ organisationId }) => {
      return { items: await Promise.all((await webhooksOf(organisationId)).map(shown)) };
    },
    'webhooks.add': async ({ organisationId, body, actor }) => {
      const url = checkedUrl(body.url);
      if ((await webhooksOf(organisationId)).length >= noticeLimits.webhooks) {
        throw new ReeveError('too-many', `There are ${noticeLimits.webhooks} webhooks already: remove one first`);
      }
      const webhookId = newId.webhook();
      const { secret, sealedSecret } = makeWebhookSecret(sealer, webhookId);
      const at = now();
      const row = { organisationId, webhookId, url, sealedSecret, createdAt: at };
      await store.commit({
        changes: [{ put: 'webhooks', row }],
        journal: [{ type: 'webhook.added', payload: { webhookId, url }, at, organisationId, actor }],
      });
      return { webhook: await shown(row), secret };
    },
    'webhooks.remove': async ({ organisationId, params, actor }) => {
      const { webhookId, url } = await find(organisationId, params.id);
      // Its deliveries go when the consumer meets the entry: after every notice that was queued before it.
      await store.commit({
        changes: [{ delete: 'webhooks', key: { webhookId } }],
        journal: [{ type: 'webhook.removed', payload: { webhookId, url }, at: now(), organisationId, actor }],
      });
    },
    'webhooks.test': async ({ organisationId, params }) => {
      const { webhookId } = await find(organisationId, params.id);
      if ((await store.count('deliveries', { webhookId, state: 'waiting' })) >= noticeLimits.waiting) {
        throw new ReeveError(
          'too-many',
          `${noticeLimits.waiting} notices of this webhook wait already: see why its receiver takes none, \`reeve webhook ls\``,
        );
      }
      const deliveryId = newId.delivery();
      const at = now();
      const notice: Notice = { id: deliveryId, type: TEST_TYPE, at, text: 'A test notice from Reeve' };
      const [first] = await store.list('deliveries', { where: { webhookId, state: 'waiting' }, limit: 1 });
      await store.commit({
        changes: [
          // Whoever tests wants an answer now: what waits for its next try goes first.
          ...(first
            ? [{ patch: 'deliveries', key: { deliveryId: first.deliveryId }, set: { nextAt: at } } as const]
            : []),
          {
            put: 'deliveries',
            row: {
              organisationId,
              deliveryId,
              webhookId,
              type: TEST_TYPE,
              body: JSON.stringify(notice),
              state: 'waiting',
              attempts: 0,
              nextAt: at,
              createdAt: at,
            },
          },
        ],
      });
      queued();
    },
    'webhooks.dead': async ({ organisationId }) => ({ items: (await deadOf(organisationId)).map(deadLetter) }),
    'webhooks.redeliver': async ({ organisationId, params }) => {
      const row = (await deadOf(organisationId)).find(({ deliveryId }) => deliveryId === params.id);
      if (!row) throw new ReeveError('no-such-thing', `There is no dead letter ${params.id}`);
      await store.commit({
        changes: [
          {
            patch: 'deliveries',
            key: { deliveryId: row.deliveryId },
            set: { state: 'waiting', attempts: 0, nextAt: now() },
          },
        ],
      });
      queued();
    },
  };
}

/** @throws ReeveError `invalid-request` */
function checkedUrl(text: string): string {
  const refuse = (message: string) => new ReeveError('invalid-request', message, [{ at: 'body/url', message }]);
  if (!URL.canParse(text)) throw refuse('is not a URL');
  const url = new URL(text);
  if (url.username || url.password) throw refuse('must not hold a name or password: the signature is the proof');
  return url.href;
}

function deadLetter(row: Row<'deliveries'>): DeadLetter {
  const { deliveryId, webhookId, type, createdAt, attempts, lastError = '' } = row;
  return { deliveryId, webhookId, type, createdAt, attempts, lastError };
}
