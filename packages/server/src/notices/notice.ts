import type { IncidentState } from '@reeve/contract';
import type { DeliveryId, IncidentId, Seq, WebhookId } from '../ids.ts';
import type { JournalEntry, JournalType } from '../journal/entries.ts';
import type { Store } from '../store/port.ts';
import { noticeLimits } from './limits.ts';

/** What webhooks are told of. `docs/webhooks.md` lists the same types, and a test holds the two together. */
export const noticeTypes = [
  'incident.opened',
  'incident.acknowledged',
  'incident.cleared',
  'incident.reopened',
  'incident.closed',
  'response.started',
  'response.locked',
  'response.released',
  'response.failed',
  'response.attention',
  'approval.requested',
  'approval.decided',
  'store.alarm',
  'revocation.alarm',
  'server.certificate-alarm',
] as const satisfies readonly JournalType[];

/** Type of the notice that `webhooks.test` sends. */
export const TEST_TYPE = 'test';

/** Body of a notice. */
export interface Notice {
  /** Also in the header `Reeve-Id`: the same however often the notice is repeated. */
  readonly id: string;
  readonly type: (typeof noticeTypes)[number] | typeof TEST_TYPE;
  /** When it happened, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** What happened, in words. */
  readonly text: string;
  readonly device?: { readonly deviceId: string; readonly endpoint: string };
  /** The incident as it stood when the notice was written. */
  readonly incident?: {
    readonly id: string;
    readonly policy: string;
    readonly rule: string;
    readonly state: IncidentState;
    readonly openedAt: number;
    /** Values, limits and times in words, oldest first. */
    readonly evidence: readonly string[];
  };
}

/**
 * Id of the notice of a journal entry for a webhook. An entry that is handled again yields the same one, and ids order
 * like the journal.
 */
export function deliveryIdOf(seq: Seq, webhookId: WebhookId): DeliveryId {
  return `dlv-${String(seq).padStart(12, '0')}-${webhookId}` as DeliveryId;
}

/** What a journal entry tells, all but the id. */
export async function noticeOf(
  store: Store,
  entry: JournalEntry,
  text: string,
): Promise<Omit<Notice, 'id'> | undefined> {
  const type = noticeTypes.find((one) => one === entry.type);
  if (!type) return undefined;
  const [device, incident] = await Promise.all([
    entry.deviceId === undefined ? undefined : store.get('devices', { deviceId: entry.deviceId }),
    incidentOf(store, entry),
  ]);
  return {
    type,
    at: entry.at,
    text,
    ...(device ? { device: { deviceId: device.deviceId, endpoint: device.endpoint } } : {}),
    ...(incident ? { incident } : {}),
  };
}

async function incidentOf(store: Store, { payload }: JournalEntry): Promise<Notice['incident']> {
  const incidentId: IncidentId | undefined = 'incidentId' in payload ? payload.incidentId : undefined;
  const row = incidentId === undefined ? undefined : await store.get('incidents', { incidentId });
  if (!row) return undefined;
  return {
    id: row.incidentId,
    policy: row.policyId,
    rule: row.rule,
    state: row.state,
    openedAt: row.openedAt,
    evidence: row.evidence.slice(-noticeLimits.evidence).map(({ text }) => text),
  };
}
