import type { DeviceId, Millis } from '../ids.ts';
import type { LinkUp } from '../link/port.ts';
import type { Change, Store } from '../store/port.ts';
import type { Sealer } from '../store/sealing.ts';
import type { Row } from '../store/tables.ts';
import { pages } from './fleet.ts';

type CredentialRow = Row<'credentials'>;

/**
 * Which key and device belong to an identity. Identities are bytes, indexed in hex; keys are sealed at rest and opened
 * only for a handshake.
 */
export class Credentials {
  readonly #byIdentity = new Map<string, CredentialRow>();
  readonly #sealer: Sealer;

  constructor(sealer: Sealer) {
    this.#sealer = sealer;
  }

  static async load(store: Store, sealer: Sealer): Promise<Credentials> {
    const credentials = new Credentials(sealer);
    for await (const row of pages(store, 'credentials')) credentials.#byIdentity.set(row.identity, row);
    return credentials;
  }

  /** The device that an authenticated identity (hex) belongs to. */
  deviceOf(identity: string): DeviceId | undefined {
    return this.#byIdentity.get(identity)?.deviceId;
  }

  has(identity: string): boolean {
    return this.#byIdentity.has(identity);
  }

  of(deviceId: DeviceId): CredentialRow[] {
    return [...this.#byIdentity.values()].filter((row) => row.deviceId === deviceId);
  }

  /** The pre-shared key of an identity (hex) that is valid now. One that does not open counts as none. */
  key(identity: Extract<LinkUp, { kind: 'find-psk' }>['identity'], now: Millis): Uint8Array | undefined {
    const row = this.#byIdentity.get(identity);
    if (!row || now < row.validFrom || (row.validUntil !== undefined && now >= row.validUntil)) return undefined;
    try {
      return this.#sealer.open(row.sealedKey, sealedPlace(row.credentialId));
    } catch {
      return undefined;
    }
  }

  /** The change that stores a credential; its key is sealed here and nowhere kept in clear. */
  seal(row: Omit<CredentialRow, 'sealedKey'>, key: Uint8Array): { row: CredentialRow; change: Change } {
    const sealed: CredentialRow = { ...row, sealedKey: this.#sealer.seal(key, sealedPlace(row.credentialId)) };
    return { row: sealed, change: { put: 'credentials', row: sealed } };
  }

  /** After the commit. */
  put(row: CredentialRow): void {
    this.#byIdentity.set(row.identity, row);
  }

  /** After the commit. */
  remove(row: CredentialRow): void {
    this.#byIdentity.delete(row.identity);
  }
}

function sealedPlace(credentialId: string) {
  return { table: 'credentials', row: credentialId, column: 'sealedKey' };
}

/** Identity bytes for people: UTF-8 if printable, else `hex:…`. */
export function showIdentity(identityHex: string): string {
  const bytes = Buffer.from(identityHex, 'hex');
  const text = bytes.toString('utf8');
  const printable = Buffer.from(text, 'utf8').equals(bytes) && !/[\p{C}]/u.test(text) && !text.startsWith('hex:');
  return printable && text !== '' ? text : `hex:${identityHex}`;
}

/** The reverse of `showIdentity`: what a person typed, as hex. */
export function readIdentity(text: string): string {
  const hex = /^hex:((?:[0-9a-f]{2})*)$/i.exec(text)?.[1];
  return hex === undefined ? Buffer.from(text, 'utf8').toString('hex') : hex.toLowerCase();
}
