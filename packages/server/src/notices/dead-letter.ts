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
  const dead = await store.list('deliveries', { where: { webhookId, state: 'dead' } });
  const superfluous = dead.slice(0, Math.max(0, dead.length + 1 - noticeLimits.dead));
  return {
    changes: superfluous.map(({ deliveryId }): Change => ({ delete: 'deliveries', key: { deliveryId } })),
    journal: [{ type: 'notice.dead', payload: { webhookId, type, error }, at, organisationId, actor: serverActor }],
  };
}
