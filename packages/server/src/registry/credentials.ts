import type { CredentialPurpose } from '@reeve/contract';
import type { CredentialId, DeviceId, Millis } from '../ids.ts';
import type { SessionInfo } from '../link/port.ts';
import type { Change, Store } from '../store/port.ts';
import type { Sealer } from '../store/sealing.ts';
import type { Row } from '../store/tables.ts';
import { pages } from './fleet.ts';

/** A credential as memory has it: its row, whose sealed key may be text of a character for each octet. */
export type CredentialRow = Omit<Row<'credentials'>, 'sealedKey'> & { readonly sealedKey?: Uint8Array | string };
/** What a peer wants to do with a credential. */
export type Purpose = Exclude<CredentialPurpose, 'both'>;

/**
 * What each device proves itself with, found by what a peer shows. Pre-shared keys are sealed at rest and opened only for
 * a handshake; public keys and certificates are no secret.
 */
export class Credentials {
  readonly #byProof = new Map<string, CredentialRow>();
  readonly #byId = new Map<CredentialId, CredentialRow>();
  readonly #byDevice = new Map<DeviceId, readonly CredentialRow[]>();
  /** Those that end. */
  readonly #ending = new Set<CredentialRow>();
  readonly #sealer: Sealer;
  #changed: (proof: string, row: CredentialRow | undefined) => void = () => {};

  constructor(sealer: Sealer) {
    this.#sealer = sealer;
  }

  static async load(store: Store, sealer: Sealer): Promise<Credentials> {
    const credentials = new Credentials(sealer);
    for await (const row of pages(store, 'credentials')) credentials.put(row);
    return credentials;
  }

  /** Those whose time is over and of which nobody was told yet. */
  over(now: Millis): CredentialRow[] {
    return [...this.#ending].filter(({ validUntil = 0 }) => validUntil <= now);
  }

  /** People were told that their time is over. */
  told(rows: readonly CredentialRow[]): void {
    for (const row of rows) this.#ending.delete(row);
  }

  /** Tells of what is found by a proof whenever that changes. */
  watch(changed: (proof: string, row: CredentialRow | undefined) => void): void {
    this.#changed = changed;
  }

  all(): IterableIterator<CredentialRow> {
    return this.#byId.values();
  }

  has(proof: string): boolean {
    return this.#byProof.has(proof);
  }

  of(deviceId: DeviceId): readonly CredentialRow[] {
    return this.#byDevice.get(deviceId) ?? [];
  }

  /** The credential that admits whoever shows this, if it is valid now. */
  find(proof: string, now: Millis, purpose: Purpose = 'management'): CredentialRow | undefined {
    const row = this.#byProof.get(proof);
    return row && serves(row, purpose) && isValid(row, now) ? row : undefined;
  }

  /** The credential that admitted a session; undefined if it is gone. */
  behind({ identity, credential }: Pick<SessionInfo, 'identity' | 'credential'>): CredentialRow | undefined {
    if (credential !== undefined) return this.#byId.get(credential);
    return identity === undefined ? undefined : this.#byProof.get(identity);
  }

  /** The device that whoever authenticated a session is, if that is for this purpose. */
  deviceOf(
    session: Pick<SessionInfo, 'identity' | 'credential'>,
    purpose: Purpose = 'management',
  ): DeviceId | undefined {
    const row = this.behind(session);
    return row && serves(row, purpose) ? row.deviceId : undefined;
  }

  /** Whether a credential is still there and valid: what it admitted before may come back. */
  isGood(credentialId: CredentialId, now: Millis, purpose?: Purpose): boolean {
    const row = this.#byId.get(credentialId);
    return row !== undefined && isValid(row, now) && (purpose === undefined || serves(row, purpose));
  }

  /** The pre-shared key of a credential; undefined if it has none, or if it does not open. */
  key({ credentialId, sealedKey }: CredentialRow): Uint8Array | undefined {
    const sealed = typeof sealedKey === 'string' ? Buffer.from(sealedKey, 'latin1') : sealedKey;
    try {
      return sealed && this.#sealer.open(sealed, sealedPlace(credentialId));
    } catch {
      return undefined;
    }
  }

  /** A pre-shared key as its row keeps it: sealed here and nowhere kept in clear. */
  seal(credentialId: CredentialId, key: Uint8Array): Uint8Array {
    return this.#sealer.seal(key, sealedPlace(credentialId));
  }

  /** After the commit. */
  put(stored: Row<'credentials'>): void {
    const row = compact(stored);
    this.#byProof.set(row.proof, row);
    this.#byId.set(row.credentialId, row);
    this.#byDevice.set(row.deviceId, this.of(row.deviceId).concat(row));
    if (row.validUntil !== undefined) this.#ending.add(row);
    this.#changed(row.proof, row);
  }

  /** After the commit. */
  remove(row: CredentialRow): void {
    const { proof, credentialId, deviceId } = row;
    this.#ending.delete(row);
    this.#byId.delete(credentialId);
    if (this.#byProof.get(proof)?.credentialId === credentialId) this.#byProof.delete(proof);
    const left = this.of(deviceId).filter((each) => each.credentialId !== credentialId);
    if (left.length > 0) this.#byDevice.set(deviceId, left);
    else this.#byDevice.delete(deviceId);
    this.#changed(proof, this.#byProof.get(proof));
  }
}

/** The change that removes a credential. */
export const deletionOf = ({ credentialId }: CredentialRow): Change => ({
  delete: 'credentials',
  key: { credentialId },
});

/** Whether it is good for a purpose. */
export function serves({ purpose }: CredentialRow, wanted: Purpose): boolean {
  return purpose === wanted || purpose === 'both';
}

/** Whether its time has come and is not over. */
function isValid({ validFrom, validUntil }: CredentialRow, now: Millis): boolean {
  return now >= validFrom && (validUntil === undefined || now < validUntil);
}

/** As it is held while nobody uses it: a `Buffer` of a key takes six times the memory of such a text. */
function compact(row: Row<'credentials'>): CredentialRow {
  const { sealedKey } = row;
  return sealedKey === undefined ? row : { ...row, sealedKey: Buffer.from(sealedKey).toString('latin1') };
}

function sealedPlace(credentialId: CredentialId) {
  return { table: 'credentials', row: credentialId, column: 'sealedKey' };
}
