import { serverActor } from '../access/identity.ts';
import type { Millis } from '../ids.ts';
import type { Batch, Change, Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import { noticeLimits } from './limits.ts';

/** What is committed beside a delivery that is given up: the oldest dead letters go if there are too many. */
export async function deadLetter(
  store: Store,
  { organisationId, webhookId, type }: Row<'deliveries'>,
  error: string,
  at: Millis,
): Promise<Required<Pick<Batch, 'changes' | 'journal'>>> {
  const where = { webhookId, state: 'dead' } as const;
  const limit = (await store.count('deliveries', where)) + 1 - noticeLimits.dead;
  const superfluous = limit > 0 ? await store.list('deliveries', { where, limit }) : [];
  return {
    changes: superfluous.map(({ deliveryId }): Change => ({ delete: 'deliveries', key: { deliveryId } })),
    journal: [{ type: 'notice.dead', payload: { webhookId, type, error }, at, organisationId, actor: serverActor }],
  };
}
