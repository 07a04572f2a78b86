import { type DeviceId, newId } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
import type { Change, Sample } from './port.ts';
import type { Row } from './tables.ts';

/** Rows and entries that the contract suites of store and bus write. */

export const organisationId = newId.organisation();
export const deviceId = newId.device();

export const person = (name: string, createdAt = 1): Row<'people'> => ({
  organisationId,
  personId: newId.person(),
  name,
  createdAt,
});

export const putPerson = (row: Row<'people'>): Change => ({ put: 'people', row });

export const webhook = (more: Partial<Row<'webhooks'>> = {}): Row<'webhooks'> => ({
  organisationId,
  webhookId: newId.webhook(),
  url: 'https://example.org/hook',
  sealedSecret: Uint8Array.of(0, 1, 254, 255),
  createdAt: 1,
  ...more,
});

export const started = (version: string, at = 1): JournalDraft => ({
  type: 'server.started',
  payload: { version },
  at,
  organisationId,
  actor: { kind: 'server', name: 'reeve' },
});

export const added = (device: DeviceId, at = 1): JournalDraft => ({
  type: 'device.added',
  payload: { endpoint: `urn:${device}` },
  at,
  organisationId,
  deviceId: device,
  actor: { kind: 'person', name: 'Ada' },
});

export const sample = (at: number, value: Sample['stored']['value'], more: Partial<Sample> = {}): Sample => ({
  deviceId,
  path: '/3/0/9',
  at,
  receivedAt: at + 1,
  stored: { type: 'integer', value },
  ...more,
});
