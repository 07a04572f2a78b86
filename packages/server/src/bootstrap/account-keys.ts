import type { AccountKeys as AccountKeysGiven, AccountKeysStatus, BootstrapKeys } from '@reeve/contract';
import { ReeveError } from '../errors.ts';
import type { DeviceId, Millis } from '../ids.ts';
import type { StoredAccount } from '../store/bootstrap-tables.ts';
import type { Store } from '../store/port.ts';
import { SealError, type SealedPlace, type Sealer } from '../store/sealing.ts';
import type { Row } from '../store/tables.ts';
import { offerOf, withoutKeys } from './elsewhere.ts';
import type { Templates } from './templates.ts';

interface Options {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly templates: Templates;
  readonly now: () => Millis;
}

export type AccountKeysRow = Row<'accountKeys'>;
type DeviceRow = Row<'devices'>;

/**
 * Keys that devices have of their own for accounts on servers elsewhere, in the place of those of their template. They
 * are checked against the template of the device when they are given, and again each time that it is bootstrapped.
 */
export class AccountKeys {
  readonly #o: Options;

  constructor(options: Options) {
    this.#o = options;
  }

  /** What a device has of its own for an account: `keys` are undefined if they do not open. */
  async of(
    { deviceId }: Pick<DeviceRow, 'deviceId'>,
    shortServerId: number,
  ): Promise<{ readonly keys: BootstrapKeys | undefined } | undefined> {
    const row = await this.#o.store.get('accountKeys', { deviceId, shortServerId });
    return row && { keys: this.#open(row) };
  }

  /**
   * The rows of a device that is given keys.
   *
   * @param by name of who gives them
   * @param at where those for a server stand in the request
   * @throws ReeveError `invalid-request` for keys that no account of its template takes
   */
  rowsOf(
    device: DeviceRow,
    given: AccountKeysGiven | undefined,
    by: string,
    at: (shortServerId: number) => string,
  ): AccountKeysRow[] {
    const wanted = Object.entries(given ?? {}).map(([id, keys]) => ({ shortServerId: Number(id), keys }));
    const places = wanted.flatMap(({ shortServerId, keys }) => {
      const message = this.#fault(device, shortServerId, keys);
      return message === undefined ? [] : [{ at: at(shortServerId), message }];
    });
    if (places.length > 0) throw new ReeveError('invalid-request', 'Keys that no account takes', places);
    const { organisationId, deviceId } = device;
    return wanted.map(({ shortServerId, keys }) => ({
      organisationId,
      deviceId,
      shortServerId,
      sealedKeys: this.#o.sealer.seal(Buffer.from(JSON.stringify(keys)), placeOf(deviceId, shortServerId)),
      changedAt: this.#o.now(),
      changedBy: by,
    }));
  }

  /** Every account of a device on a server elsewhere that takes keys, and every one that it has keys for. */
  async statuses(device: DeviceRow): Promise<AccountKeysStatus[]> {
    const { deviceId } = device;
    const rows = await this.#o.store.list('accountKeys', { where: { deviceId } });
    const own = new Map(rows.map((row) => [row.shortServerId, row]));
    const accounts = this.#accounts(device).filter(({ security }) => security !== 'none');
    const ids = new Set([...accounts.map(({ shortServerId }) => shortServerId), ...own.keys()]);
    return [...ids].sort((a, b) => a - b).map((id) => this.#status(device, id, own.get(id)));
  }

  #status(device: DeviceRow, shortServerId: number, row: AccountKeysRow | undefined): AccountKeysStatus {
    const account = this.#accounts(device).find((one) => one.shortServerId === shortServerId);
    const lacking = account?.sealedKeys === undefined ? withoutKeys(shortServerId) : undefined;
    const fault = row ? this.#fault(device, shortServerId, this.#open(row)) : lacking;
    return {
      shortServerId,
      own: row !== undefined,
      ...(account?.uri === undefined ? {} : { uri: account.uri, security: account.security ?? 'psk' }),
      ...(row ? { changedAt: row.changedAt, changedBy: row.changedBy } : {}),
      ...(fault === undefined ? {} : { fault }),
    };
  }

  /** Why a device would be given nothing by keys of its own, in words. */
  #fault(device: DeviceRow, shortServerId: number, keys: BootstrapKeys | undefined): string | undefined {
    const account = this.#accounts(device).find((one) => one.shortServerId === shortServerId);
    const { group } = this.#o.templates.for(device);
    if (!account) return `the template ${group} has no account ${shortServerId} on a server elsewhere`;
    const offer = offerOf(account, keys, device);
    return typeof offer === 'string' ? offer : undefined;
  }

  #accounts(device: DeviceRow): readonly StoredAccount[] {
    return this.#o.templates.for(device).template.accounts.filter(({ uri }) => uri !== undefined);
  }

  #open({ deviceId, shortServerId, sealedKeys }: AccountKeysRow): BootstrapKeys | undefined {
    try {
      const bytes = this.#o.sealer.open(sealedKeys, placeOf(deviceId, shortServerId));
      return JSON.parse(Buffer.from(bytes).toString()) as BootstrapKeys;
    } catch (error) {
      if (error instanceof SealError) return undefined;
      throw error;
    }
  }
}

function placeOf(deviceId: DeviceId, shortServerId: number): SealedPlace {
  return { table: 'accountKeys', row: `${deviceId} ${shortServerId}`, column: 'sealedKeys' };
}
