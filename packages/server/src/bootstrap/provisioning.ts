import type { CredentialAdd } from '@reeve/contract';
import type { Decision } from '../decision.ts';
import { type CredentialId, type DeviceId, type Millis, newId } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
import type { SessionInfo } from '../link/port.ts';
import { type CredentialRow, type Credentials, deletionOf, type Purpose } from '../registry/credentials.ts';
import type { SessionEnder } from '../registry/end-sessions.ts';
import { type Device, type Fleet, pages } from '../registry/fleet.ts';
import {
  type CredentialSources,
  credentialPayload,
  MAX_CREDENTIALS,
  newCredential,
} from '../registry/new-credential.ts';
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
type Kind = Exclude<Mode, 'none'>;

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
  readonly #rows = new Map<string, ProvisionedRow>();

  private constructor(options: Options) {
    this.#o = options;
  }

  static async load(options: Options): Promise<Provisioning> {
    const provisioning = new Provisioning(options);
    for await (const row of pages(options.store, 'provisioned')) provisioning.#rows.set(keyOf(row), row);
    return provisioning;
  }

  /**
   * What a device is to prove itself to this server with. Must run in its lane.
   *
   * @returns why there is nothing in words
   */
  offer(device: Device, mode: Mode): Offer | string {
    if (mode === 'none') return { secured: { mode }, ...this.#unprotected(device) };
    if (mode === 'certificate' && !this.#o.serverCertificate()) {
      return 'the server has no certificate for the name under which devices reach it';
    }
    return this.#next(device, mode, 'management', this.#row(device, 'management')?.current);
  }

  /**
   * The next key for the bootstrap server itself; undefined if the device did not come with one. Must run in its lane.
   *
   * @returns why there is none in words
   */
  renew(device: Device, session: SessionInfo): Offer | string | undefined {
    const used = this.#credentials.behind(session);
    if (used?.kind !== 'psk' || used.purpose !== 'bootstrap') return undefined;
    return this.#next(device, 'psk', 'bootstrap', used.credentialId);
  }

  /** Whether the device was given something that it has not registered with yet. */
  isAwaited(device: Device): boolean {
    return this.#rows.size > 0 && this.#row(device, 'management')?.pending !== undefined;
  }

  /** The device has registered: if with what it was given last, what it had before goes. Must run in its lane. */
  async registered(device: Device): Promise<void> {
    const pending = this.#find(device, this.#row(device, 'management')?.pending);
    if (pending && device.registration?.identity === pending.proof) await this.#confirm(device, pending);
  }

  /** The same for the bootstrap server, to which it came. Must run in its lane. */
  async came(device: Device, { credential }: SessionInfo): Promise<void> {
    const pending = this.#find(device, this.#row(device, 'bootstrap')?.pending);
    if (pending && credential === pending.credentialId) await this.#confirm(device, pending);
  }

  /** Devices that have not registered with what they were given last, as far as is stored. */
  unconfirmed(): DeviceId[] {
    const waiting = [...this.#rows.values()].filter(({ purpose, pending }) => purpose === 'management' && pending);
    return waiting.map(({ deviceId }) => deviceId);
  }

  /** The device is gone. */
  forget(deviceId: DeviceId): void {
    for (const purpose of ['management', 'bootstrap'] as const) this.#rows.delete(keyOf({ deviceId, purpose }));
  }

  get #credentials(): Credentials {
    return this.#o.sources.credentials;
  }

  #row({ row: { deviceId } }: Device, purpose: Purpose): ProvisionedRow | undefined {
    return this.#rows.get(keyOf({ deviceId, purpose }));
  }

  #find({ row: { deviceId } }: Device, id: CredentialId | undefined): CredentialRow | undefined {
    return this.#credentials.of(deviceId).find(({ credentialId }) => credentialId === id);
  }

  /** A device that is given an account without security must be admitted so. */
  #unprotected({ row: before }: Device): { decision?: Decision } {
    if (before.noSec === 1) return {};
    const row: Row<'devices'> = { ...before, noSec: 1 };
    const changes: Change[] = [{ put: 'devices', row }];
    return {
      decision: {
        batch: { changes, journal: [this.#admissionChanged(row)] },
        apply: () => void this.#o.fleet.put(row),
      },
    };
  }

  /** Whether the device is admitted without security is another answer now. */
  #admissionChanged({ organisationId, deviceId }: Row<'devices'>): JournalDraft {
    const fact = { at: this.#o.now(), organisationId, deviceId, actor };
    return { ...fact, type: 'device.changed', payload: { fields: ['noSec'] } };
  }

  /** What was made before and is not used yet, else a fresh one. */
  #next(device: Device, kind: Kind, purpose: Purpose, current: CredentialId | undefined): Offer | string {
    const pending = this.#find(device, this.#row(device, purpose)?.pending);
    // But no context of OSCORE: a device that takes one anew counts from 0 again, and no number may come twice (RFC 8613 §7.2).
    const again = pending?.kind === kind && kind !== 'oscore' ? this.#securedBy(pending) : undefined;
    if (again) return { secured: again };
    const others = this.#credentials.of(device.row.deviceId).filter((row) => row !== pending);
    if (others.length >= MAX_CREDENTIALS) return `it has ${MAX_CREDENTIALS} credentials already: remove one first`;
    const fresh = this.#made(device, kind, purpose);
    const secured = this.#securedBy(fresh);
    if (!secured) return 'its key cannot be sealed';
    const { organisationId, deviceId } = device.row;
    const row: ProvisionedRow = {
      organisationId,
      deviceId,
      purpose,
      pending: fresh.credentialId,
      ...(current === undefined ? {} : { current }),
    };
    return { secured, decision: this.#given(row, fresh, pending) };
  }

  /** The device uses what it was given last: what it had before goes. */
  async #confirm(device: Device, used: CredentialRow): Promise<void> {
    const { row: owner } = device;
    const { organisationId, deviceId } = owner;
    const purpose: Purpose = used.purpose === 'bootstrap' ? 'bootstrap' : 'management';
    const old = this.#find(device, this.#row(device, purpose)?.current);
    const row: ProvisionedRow = { organisationId, deviceId, purpose, current: used.credentialId };
    const bound: Row<'devices'> = { ...owner, noSec: 0 };
    const binds = owner.noSec === 1 && purpose === 'management';
    const changes: Change[] = [
      { put: 'provisioned', row },
      ...(binds ? [{ put: 'devices', row: bound } as const] : []),
      ...(old ? [deletionOf(old)] : []),
    ];
    const fact = { at: this.#o.now(), organisationId, deviceId, actor };
    const journal: JournalDraft[] = [
      ...(binds ? [this.#admissionChanged(bound)] : []),
      ...(old ? [{ ...fact, type: 'credential.removed', payload: credentialPayload(old) } as const] : []),
    ];
    await this.#o.store.commit({ changes, journal });
    this.#rows.set(keyOf(row), row);
    if (binds) this.#o.fleet.put(bound);
    if (!old) return;
    this.#o.ender.endSessions(device, [old]);
    this.#credentials.remove(old);
  }

  /** A fresh credential. Its identity is random: a PSK identity is sent in clear, and need not tell who comes. */
  #made({ row }: Device, kind: Kind, purpose: Purpose): Row<'credentials'> {
    const { sources, now } = this.#o;
    if (kind === 'oscore') return newCredential(sources, row, { kind, purpose }, now()).row;
    if (kind === 'psk') {
      const wanted: CredentialAdd = { kind, purpose, identity: newId.pskIdentity() };
      return newCredential(sources, row, wanted, now()).row;
    }
    const { shown, privateKey } = makeKeys(kind, row.endpoint, now());
    const field = kind === 'raw-key' ? 'publicKey' : 'certificate';
    const made = newCredential(sources, row, { kind, purpose, [field]: shown.toString('base64') }, now()).row;
    return { ...made, publicKey: shown, sealedKey: this.#credentials.seal(made.credentialId, privateKey) };
  }

  /** What the device is told of a credential; undefined if its key does not open. */
  #securedBy(row: CredentialRow): AccountSecurity | undefined {
    const key = this.#credentials.key(row);
    if (!key) return undefined;
    if (row.kind === 'psk') {
      return { mode: 'psk', identity: Buffer.from(row.proof.slice('psk:'.length), 'hex'), key };
    }
    if (row.kind === 'oscore') return row.oscore && { mode: 'oscore', secret: key, terms: row.oscore };
    const { publicKey: shown } = row;
    if (!shown) return undefined;
    if (row.kind === 'raw-key') {
      return { mode: 'raw-key', publicKey: shown, privateKey: key, serverPublicKey: this.#o.serverPublicKey() };
    }
    const serverCertificate = this.#o.serverCertificate();
    if (row.kind !== 'certificate' || !serverCertificate) return undefined;
    return { mode: 'certificate', certificate: shown, privateKey: key, serverCertificate };
  }

  /** @param unused what it takes the place of */
  #given(row: ProvisionedRow, fresh: Row<'credentials'>, unused: CredentialRow | undefined): Decision {
    const { organisationId, deviceId } = row;
    const fact = { at: this.#o.now(), organisationId, deviceId, actor };
    return {
      batch: {
        changes: [
          { put: 'credentials', row: fresh },
          { put: 'provisioned', row },
          ...(unused ? [deletionOf(unused)] : []),
        ],
        journal: [{ ...fact, type: 'credential.set', payload: credentialPayload(fresh) }],
      },
      apply: () => {
        if (unused) this.#credentials.remove(unused);
        this.#credentials.put(fresh);
        this.#rows.set(keyOf(row), row);
      },
    };
  }
}

function keyOf({ deviceId, purpose }: Pick<ProvisionedRow, 'deviceId' | 'purpose'>): string {
  return `${deviceId} ${purpose}`;
}
