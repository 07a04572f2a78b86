import { path } from '@reeve/lwm2m';
import { bootstrapAccounts, serverAccounts } from '../accounts.ts';
import type { DeviceModel } from '../model.ts';
import { SecurityMode, SecurityResource } from '../objects/security.ts';
import { transportOf } from '../transports.ts';

/**
 * Why a client can not live with accounts, in words; undefined if it can (OMA Core §6.1.7.7): each server needs its
 * instances of the objects 0 and 1, with all that is mandatory, and keys that serve.
 *
 * @param tryLink throws when the link of an instance of object 0 can not be made
 */
export function inconsistencyOf(accounts: DeviceModel, tryLink: (securityId: number) => void): string | undefined {
  const bootstrap = bootstrapAccounts(accounts);
  const servers = serverAccounts(accounts);
  if (bootstrap.length > 1) return 'there are several bootstrap accounts';
  if (servers.length === 0) return 'there is no server account: objects 0 and 1 with the same short server id';
  if (accounts.instances(0).length !== bootstrap.length + servers.length)
    return 'an instance of object 0 lacks its server';
  if (accounts.instances(1).length !== servers.length) return 'an instance of object 1 lacks its security';
  if (new Set(servers.map(({ shortServerId }) => shortServerId)).size !== servers.length) {
    return 'a short server id is there twice';
  }
  for (const { definition, slots, path: at } of accounts.instances(1)) {
    const missing = [...definition.resources.values()].find((one) => one.mandatory && !slots.has(one.id));
    if (missing !== undefined) return `${at} has no ${missing.name}`;
  }
  for (const { securityId, uri } of [...bootstrap, ...servers]) {
    const mode = accounts.number(path(0, securityId, SecurityResource.mode));
    if (transportOf(uri)?.secured !== (mode !== SecurityMode.noSec))
      return `/0/${securityId}: security mode ${mode} with ${uri}`;
    try {
      tryLink(securityId);
    } catch (error) {
      return `/0/${securityId}: ${error instanceof Error ? error.message : 'its keys can not serve'}`;
    }
  }
  return undefined;
}
