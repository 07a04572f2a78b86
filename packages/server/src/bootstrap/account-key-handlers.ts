import { ReeveError } from '../errors.ts';
import type { Handlers } from '../http/handlers.ts';
import type { Millis } from '../ids.ts';
import type { Lanes } from '../lanes.ts';
import { type Fleet, requireDevice } from '../registry/fleet.ts';
import type { Store } from '../store/port.ts';
import type { AccountKeys } from './account-keys.ts';
import { bootstrapLimits } from './limits.ts';

interface Options {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly lanes: Lanes;
  readonly accountKeys: AccountKeys;
  readonly now: () => Millis;
}

type AccountKeyRoute = 'bootstrap.account-keys' | 'bootstrap.set-account-keys' | 'bootstrap.remove-account-keys';

/** Routes of keys that a device has of its own for servers elsewhere. */
export function accountKeyHandlers({
  store,
  fleet,
  lanes,
  accountKeys,
  now,
}: Options): Pick<Handlers, AccountKeyRoute> {
  return {
    'bootstrap.account-keys': async ({ organisationId, params }) => {
      const { row } = requireDevice(fleet, organisationId, params.device);
      return { items: await accountKeys.statuses(row) };
    },

    'bootstrap.set-account-keys': async ({ organisationId, params: { device: ref, server }, body, actor }) => {
      const device = requireDevice(fleet, organisationId, ref);
      const { deviceId } = device.row;
      return lanes.run(deviceId, async () => {
        const rows = accountKeys.rowsOf(device.row, { [server]: body }, actor.name, () => 'body');
        const others = (await store.list('accountKeys', { where: { deviceId } })).filter(
          ({ shortServerId }) => shortServerId !== Number(server),
        );
        const most = bootstrapLimits.accountKeysPerDevice;
        if (others.length >= most) {
          throw new ReeveError(
            'too-many',
            `A device has keys of its own for at most ${most} servers: remove some first`,
          );
        }
        await store.commit({
          changes: rows.map((row) => ({ put: 'accountKeys', row })),
          journal: rows.map(({ shortServerId }) => ({
            ...{ at: now(), organisationId, deviceId, actor },
            ...{ type: 'bootstrap.account-keys-set', payload: { shortServerId } },
          })),
        });
        const statuses = await accountKeys.statuses(device.row);
        return statuses.find(({ shortServerId }) => shortServerId === Number(server)) ?? noKeys(ref, server);
      });
    },

    'bootstrap.remove-account-keys': async ({ organisationId, params: { device: ref, server }, actor }) => {
      const { deviceId } = requireDevice(fleet, organisationId, ref).row;
      const key = { deviceId, shortServerId: Number(server) };
      await lanes.run(deviceId, async () => {
        if (!(await store.get('accountKeys', key))) noKeys(ref, server);
        const { shortServerId } = key;
        const fact = { at: now(), organisationId, deviceId, actor };
        await store.commit({
          changes: [{ delete: 'accountKeys', key }],
          journal: [{ ...fact, type: 'bootstrap.account-keys-removed', payload: { shortServerId } }],
        });
      });
      return undefined;
    },
  };
}

function noKeys(device: string, server: string): never {
  throw new ReeveError(
    'no-such-thing',
    `${device} has no keys of its own for server ${server}: see \`reeve bootstrap key ls\``,
  );
}
