import { type LwM2mPath, parsePath, path } from '@reeve/lwm2m';
import type { DeviceModel } from './model.ts';
import { SecurityResource } from './objects/security.ts';
import { ServerResource } from './objects/server.ts';

/** The account of the bootstrap server: an instance of object 0 with /0/x/1 true (OMA Core §5.2.1). */
export interface BootstrapAccount {
  readonly path: LwM2mPath;
  /** The instance of object 21 that it links to (/0/x/17). */
  readonly oscore: LwM2mPath | undefined;
  readonly securityId: number;
  readonly uri: string;
  /** How long to wait before a bootstrap, seconds (/0/x/11). */
  readonly holdOff: number;
  /** How long the account lives after a bootstrap, seconds; 0 for ever (/0/x/12). */
  readonly timeout: number;
}

/** The account of a server: an instance of object 0 and one of object 1 with the same short server id. */
export interface ServerAccount {
  readonly securityId: number;
  readonly serverId: number;
  readonly uri: string;
  readonly shortServerId: number;
  /** The instance of object 21 that it links to (/0/x/17). */
  readonly oscore: LwM2mPath | undefined;
}

/** Every bootstrap account; there should be one at most. */
export function bootstrapAccounts(model: DeviceModel): readonly BootstrapAccount[] {
  return securityIds(model, true).map((securityId) => ({
    path: path(0, securityId),
    securityId,
    uri: uriOf(model, securityId),
    oscore: oscoreOf(model, securityId),
    holdOff: model.number(path(0, securityId, SecurityResource.holdOff)) ?? 0,
    timeout: model.number(path(0, securityId, SecurityResource.accountTimeout)) ?? 0,
  }));
}

/** Every server account that has both its parts, in the order of the instances of object 0. */
export function serverAccounts(model: DeviceModel): readonly ServerAccount[] {
  return securityIds(model, false).flatMap((securityId) => {
    const shortServerId = model.number(path(0, securityId, SecurityResource.shortServerId));
    const server = model
      .instances(1)
      .find(({ id }) => model.number(path(1, id, ServerResource.shortServerId)) === shortServerId);
    if (shortServerId === undefined || server === undefined) return [];
    return [
      {
        securityId,
        serverId: server.id,
        uri: uriOf(model, securityId),
        shortServerId,
        oscore: oscoreOf(model, securityId),
      },
    ];
  });
}

function securityIds(model: DeviceModel, ofBootstrap: boolean): readonly number[] {
  const ids = model.instances(0).map(({ id }) => id);
  return ids
    .filter((id) => (model.value(path(0, id, SecurityResource.bootstrapServer)).value === true) === ofBootstrap)
    .sort((a, b) => a - b);
}

function oscoreOf(model: DeviceModel, securityId: number): LwM2mPath | undefined {
  const { type, value } = model.value(path(0, securityId, SecurityResource.oscore));
  return type === 'objlnk' && value.objectId === 21 ? parsePath(`/21/${value.instanceId}`) : undefined;
}

function uriOf(model: DeviceModel, securityId: number): string {
  const { value } = model.value(path(0, securityId, SecurityResource.uri));
  return typeof value === 'string' ? value : '';
}
