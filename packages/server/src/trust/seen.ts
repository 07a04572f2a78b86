import type { AuthorityId, CredentialId, DeviceId } from '../ids.ts';
import { pages } from '../registry/fleet.ts';
import type { Change, Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import { trustLimits } from './limits.ts';

type SeenRow = Row<'seenCertificates'>;

const deletion = ({ identity }: SeenRow): Change => ({ delete: 'seenCertificates', key: { identity } });

/**
 * Certificates by which devices were admitted. A session is known by the digest of its certificate alone: what must
 * end when a credential goes, or a serial number is revoked, is found here.
 */
export class SeenCertificates {
  readonly #byIdentity = new Map<string, SeenRow>();
  readonly #byDevice = new Map<DeviceId, readonly SeenRow[]>();
  readonly #store: Store;

  private constructor(store: Store) {
    this.#store = store;
  }

  static async load(store: Store): Promise<SeenCertificates> {
    const seen = new SeenCertificates(store);
    for await (const row of pages(store, 'seenCertificates')) seen.#put(row);
    return seen;
  }

  get(identity: string): SeenRow | undefined {
    return this.#byIdentity.get(identity);
  }

  of(deviceId: DeviceId): readonly SeenRow[] {
    return this.#byDevice.get(deviceId) ?? [];
  }

  /** Those by which a credential admitted its device. */
  by({ deviceId, credentialId }: { deviceId: DeviceId; credentialId: CredentialId }): SeenRow[] {
    return this.of(deviceId).filter((row) => row.credentialId === credentialId);
  }

  /** Those that an authority vouched for. */
  under(authorityId: AuthorityId): SeenRow[] {
    return [...this.#byIdentity.values()].filter((row) => row.authorityId === authorityId);
  }

  all(): IterableIterator<SeenRow> {
    return this.#byIdentity.values();
  }

  /**
   * Notes that a certificate admitted a device, before it does: what is not on the disk could not be revoked after a
   * crash. One that is known already costs nothing.
   *
   * @returns the identities that made room
   */
  async note(row: SeenRow): Promise<string[]> {
    const known = this.#byIdentity.get(row.identity);
    if (known && known.credentialId === row.credentialId && known.authorityId === row.authorityId) return [];
    const oldest = this.of(row.deviceId)
      .filter(({ identity }) => identity !== row.identity)
      .toSorted((a, b) => b.seenAt - a.seenAt)
      .slice(trustLimits.seenPerDevice - 1);
    await this.#store.commit({ changes: [...oldest.map(deletion), { put: 'seenCertificates', row }] });
    this.forget(oldest);
    this.#put(row);
    return oldest.map(({ identity }) => identity);
  }

  /** The changes that forget some. */
  deletions(rows: readonly SeenRow[]): Change[] {
    return rows.map(deletion);
  }

  /** After the commit. */
  forget(rows: readonly SeenRow[]): void {
    for (const { identity, deviceId } of rows) {
      this.#byIdentity.delete(identity);
      const left = this.of(deviceId).filter((row) => row.identity !== identity);
      if (left.length > 0) this.#byDevice.set(deviceId, left);
      else this.#byDevice.delete(deviceId);
    }
  }

  #put(row: SeenRow): void {
    const known = this.#byIdentity.get(row.identity);
    if (known) this.forget([known]);
    this.#byIdentity.set(row.identity, row);
    this.#byDevice.set(row.deviceId, [...this.of(row.deviceId), row]);
  }
}
