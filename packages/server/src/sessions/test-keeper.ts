import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commitAll } from '../decision.ts';
import type { CredentialId, DeviceId, OrganisationId, RegistrationId } from '../ids.ts';
import type { LinkDown, LinkUp, SessionId, SessionInfo } from '../link/port.ts';
import { type Device, Fleet } from '../registry/fleet.ts';
import { contactOf } from '../registry/terms.ts';
import type { Store } from '../store/port.ts';
import { openSealer, type Sealer } from '../store/sealing.ts';
import type { Row } from '../store/tables.ts';
import { START } from '../test-core.ts';
import { SessionKeeper } from './keeper.ts';

export const DAY = 24 * 3_600_000;
const organisationId = 'org-1' as OrganisationId;
export const deviceId = 'dev-1' as DeviceId;
export const credential = 'cred-1' as CredentialId;
export const identity = 'psk:747275636b';
export const SECRET = Buffer.from('the keys of the session');
export const LIFETIME = 300;

const folder = mkdtempSync(join(tmpdir(), 'reeve-keeper-'));
export const sealerOf = (name: string) => openSealer({ keyFile: join(folder, name) });

/** A device that registered, as the store holds it. */
export async function addDevice(store: Store, more: Partial<Row<'registrations'>> = {}): Promise<void> {
  const of = { organisationId, deviceId };
  await store.commit({
    changes: [
      { put: 'devices', row: { ...of, endpoint: 'truck', labels: {}, noSec: 0, createdAt: START } },
      {
        put: 'registrations',
        row: {
          ...of,
          registrationId: 'rd1' as RegistrationId,
          endpoint: 'truck',
          identity,
          lifetime: LIFETIME,
          version: '1.1',
          binding: 'U',
          queueMode: 0,
          rootPath: '/',
          contentFormats: [],
          objects: [],
          extra: {},
          registeredAt: START,
          state: 'registered',
          ...more,
        },
      },
      { put: 'contacts', row: { ...of, lastContactAt: START, address: '192.0.2.1:40000' } },
    ],
  });
}

export interface ProcessOptions {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly random?: (below: number) => number;
  readonly now?: () => number;
  readonly good?: () => boolean;
}

/** What a process holds of sessions, from its start on. */
export async function start({ store, sealer, random = () => 0, now = () => START, good = () => true }: ProcessOptions) {
  const sent: LinkDown[] = [];
  const bound: SessionId[] = [];
  const fleet = await Fleet.load(store);
  const device = fleet.get(deviceId) as Device;
  const keeper = await SessionKeeper.restore(
    {
      store,
      sealer,
      fleet,
      organisationId,
      deviceBehind: () => (good() ? deviceId : undefined),
      send: (message) => sent.push(message),
      random,
      now,
    },
    (_, session) => bound.push(session.sessionId),
  );
  return {
    keeper,
    fleet,
    device,
    sent,
    bound,
    sentOf: <K extends LinkDown['kind']>(kind: K) =>
      sent.filter((message): message is Extract<LinkDown, { kind: K }> => message.kind === kind),
    /** The device is heard over a session; what the store then holds of it is complete. */
    hear: async (session: SessionInfo, record: number, at = START) => {
      if (!device.registration) throw new Error('not registered');
      const contact = contactOf(device, device.registration, { at, session, record });
      await commitAll(store, [contact, keeper.heard(device, session)]);
    },
  };
}

export function sessionOf(name: string): SessionInfo {
  const sessionId = name as SessionId;
  return { sessionId, transport: 'coaps', address: '192.0.2.1:40000', ingress: 0, identity, credential };
}

export function openedOf(session: SessionInfo, sendLimit = 100): Extract<LinkUp, { kind: 'session-opened' }> {
  const snapshot = { bytes: SECRET, sendLimit, connectionId: '1000a1a2a3a4a5a6' };
  return { kind: 'session-opened', at: START, session, snapshot };
}

export const keptRows = (store: Store) => store.list('dtlsSessions');
