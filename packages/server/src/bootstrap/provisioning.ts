import type { CredentialAdd } from '@reeve/contract';
import type { Decision } from '../decision.ts';
import { type DeviceId, type Millis, newId } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
import { type CredentialRow, type Credentials, deletionOf } from '../registry/credentials.ts';
import type { SessionEnder } from '../registry/end-sessions.ts';
import { type Device, type Fleet, pages } from '../registry/fleet.ts';
import { credentialPayload } from '../registry/handlers.ts';
import { type CredentialSources, MAX_CREDENTIALS, newCredential } from '../registry/new-credential.ts';
import type { Change, Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import { makeKeys } from '../trust/made-keys.ts';
import type { AccountSecurity } from './plan.ts';

interface Options {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly sources: CredentialSources;
  readonly ender: SessionEnder;
  /** The raw public key of this server, SubjectPublicKeyInfo in DER. */
  readonly serverPublicKey: () => Uint8Array;
  /** The certificate in DER that this server shows to devices; undefined if it has none. */
  readonly serverCertificate: () => Uint8Array | undefined;
  readonly now: () => Millis;
}

type ProvisionedRow = Row<'provisioned'>;
type Mode = AccountSecurity['mode'];

/** What a device is to use from now on, and what must be stored before it learns that. */
export interface Offer {
  readonly secured: AccountSecurity;
  readonly decision?: Decision;
}

const actor = { kind: 'server', name: 'bootstrap' } as const;

/**
 * The credentials that are made for devices while they are bootstrapped. A new one is good beside the one before until
 * the device has registered with it, so a device whose bootstrap was interrupted comes in with either; until then it is
 * the one that is given again.
 */
export class Provisioning {
  readonly #o: Options;
  readonly #rows = new Map<DeviceId, ProvisionedRow>();

  private constructor(options: Options) {
    this.#o = options;
  }

  static async load(options: Options): Promise<Provisioning> {
    const provisioning = new Provisioning(options);
    for await (const row of pages(options.store, 'provisioned')) provisioning.#rows.set(row.deviceId, row);
    return provisioning;
  }

  /**
   * What a device is to prove itself to this server with. Must run in its lane.
   *
   * @returns why there is nothing in words
   */
  offer(device: Device, mode: Mode): Offer | string {
    if (mode === 'none') return { secured: { mode }, ...unprotected(device, this.#o.fleet) };
    if (mode === 'certificate' && !this.#o.serverCertificate()) {
      return 'the server has no certificate for the name under which devices reach it';
    }
    const credentials = this.#credentials;
    const pending = this.#find(device, this.#rows.get(device.row.deviceId)?.pending);
    const again = pending?.kind === mode ? this.#securedBy(pending) : undefined;
    if (again) return { secured: again };
    const others = credentials.of(device.row.deviceId).filter((row) => row !== pending);
    if (others.length >= MAX_CREDENTIALS) return `it has ${MAX_CREDENTIALS} credentials already: remove one first`;
    const fresh = this.#made(device, mode);
    const secured = this.#securedBy(fresh);
    return secured ? { secured, decision: this.#given(device, fresh, pending) } : 'its key cannot be sealed';
  }

  /** The device has registered: if with what it was given last, what it had before goes. Must run in its lane. */
  async confirm(device: Device): Promise<void> {
    const { registration, row: owner } = device;
    const row = this.#rows.get(owner.deviceId);
    const pending = this.#find(device, row?.pending);
    if (!row || !pending || registration?.identity !== pending.proof) return;
    const old = this.#find(device, row.current);
    const { organisationId, deviceId } = owner;
    const next: ProvisionedRow = { organisationId, deviceId, current: pending.credentialId };
    const bound: Row<'devices'> = { ...owner, noSec: 0 };
    const changes: Change[] = [
      { put: 'provisioned', row: next },
      ...(owner.noSec === 1 ? [{ put: 'devices', row: bound } as const] : []),
      ...(old ? [deletionOf(old)] : []),
    ];
    const fact = { at: this.#o.now(), organisationId, deviceId, actor };
    const journal: JournalDraft[] = old
      ? [{ ...fact, type: 'credential.removed', payload: credentialPayload(old) }]
      : [];
    await this.#o.store.commit({ changes, journal });
    this.#rows.set(deviceId, next);
    if (owner.noSec === 1) this.#o.fleet.put(bound);
    if (!old) return;
    this.#o.ender.endSessions(device, [old]);
    this.#credentials.remove(old);
  }

  /** Devices that have not registered with what they were given last, as far as is stored. */
  unconfirmed(): DeviceId[] {
    return [...this.#rows.values()].filter(({ pending }) => pending !== undefined).map(({ deviceId }) => deviceId);
  }

  /** The device is gone. */
  forget(deviceId: DeviceId): void {
    this.#rows.delete(deviceId);
  }

  get #credentials(): Credentials {
    return this.#o.sources.credentials;
  }

  #find({ row: { deviceId } }: Device, id: CredentialRow['credentialId'] | undefined): CredentialRow | undefined {
    return this.#credentials.of(deviceId).find(({ credentialId }) => credentialId === id);
  }

  /** A fresh credential. Its identity is random: a PSK identity is sent in clear, and need not tell who comes. */
  #made({ row }: Device, kind: Exclude<Mode, 'none'>): CredentialRow {
    const { sources, now } = this.#o;
    if (kind === 'psk') {
      const wanted: CredentialAdd = { kind, identity: newId.pskIdentity() };
      return newCredential(sources, row, wanted, now()).row;
    }
    const { shown, privateKey } = makeKeys(kind, row.endpoint, now());
    const field = kind === 'raw-key' ? 'publicKey' : 'certificate';
    const made = newCredential(sources, row, { kind, [field]: shown.toString('base64') }, now()).row;
    return { ...made, publicKey: shown, sealedKey: this.#credentials.seal(made.credentialId, privateKey) };
  }

  /** What the device is told of a credential; undefined if its key does not open. */
  #securedBy(row: CredentialRow): AccountSecurity | undefined {
    const key = this.#credentials.key(row);
    if (!key) return undefined;
    if (row.kind === 'psk') {
      return { mode: 'psk', identity: Buffer.from(row.proof.slice('psk:'.length), 'hex'), key };
    }
    const { publicKey: shown } = row;
    if (!shown) return undefined;
    if (row.kind === 'raw-key') {
      return { mode: 'raw-key', publicKey: shown, privateKey: key, serverPublicKey: this.#o.serverPublicKey() };
    }
    const serverCertificate = this.#o.serverCertificate();
    if (row.kind !== 'certificate' || !serverCertificate) return undefined;
    return { mode: 'certificate', certificate: shown, privateKey: key, serverCertificate };
  }

  #given(
    { row: { organisationId, deviceId } }: Device,
    fresh: CredentialRow,
    old: CredentialRow | undefined,
  ): Decision {
    const { current } = this.#rows.get(deviceId) ?? {};
    const row: ProvisionedRow = {
      organisationId,
      deviceId,
      pending: fresh.credentialId,
      ...(current === undefined ? {} : { current }),
    };
    const fact = { at: this.#o.now(), organisationId, deviceId, actor };
    return {
      batch: {
        changes: [{ put: 'credentials', row: fresh }, { put: 'provisioned', row }, ...(old ? [deletionOf(old)] : [])],
        journal: [{ ...fact, type: 'credential.set', payload: credentialPayload(fresh) }],
      },
      apply: () => {
        if (old) this.#credentials.remove(old);
        this.#credentials.put(fresh);
        this.#rows.set(deviceId, row);
      },
    };
  }
}

/** A device that is given an account without security must be admitted so. */
function unprotected(device: Device, fleet: Fleet): { decision?: Decision } {
  if (device.row.noSec === 1) return {};
  const row: Row<'devices'> = { ...device.row, noSec: 1 };
  return { decision: { batch: { changes: [{ put: 'devices', row }] }, apply: () => void fleet.put(row) } };
}
