import type { BootstrapTemplate, SetValue } from '@reeve/contract';
import { level, PathLevel, parsePath, segments } from '@reeve/lwm2m';
import { ReeveError } from '../errors.ts';
import type { Models } from '../telemetry/models.ts';
import { keysFault } from './elsewhere.ts';

type Place = ReeveError['places'][number];

/** Objects that hold the accounts themselves. */
const ACCOUNT_OBJECTS: ReadonlySet<number> = new Set([0, 1, 2, 21]);

/**
 * Whether a template can be given to a device.
 *
 * @throws ReeveError `invalid-request` naming every place that is wrong
 */
export function checkTemplate(
  { accounts, access = [], resources = [], values = [] }: BootstrapTemplate,
  models: Models,
): void {
  const places: Place[] = [];
  const wrong = (at: string, message: string) => places.push({ at: `body/${at}`, message });
  const ids = accounts.map(({ shortServerId }) => shortServerId);
  for (const [index, account] of accounts.entries()) {
    const { shortServerId, uri, security = 'psk', binding = 'U', keys } = account;
    if (ids.indexOf(shortServerId) < index) wrong(`accounts/${index}/shortServerId`, `${shortServerId} is there twice`);
    if (security === 'raw-key' && binding.startsWith('T')) {
      wrong(
        `accounts/${index}/security`,
        'can not be raw-key with TCP first in the binding: there are none over TLS here',
      );
    }
    const isSecure = security === 'psk' || security === 'raw-key' || security === 'certificate';
    if (uri !== undefined && uri.startsWith('coaps') !== isSecure) {
      wrong(`accounts/${index}/uri`, `must begin with ${isSecure ? 'coaps' : 'coap'} for ${security}`);
    }
    const fault =
      uri === undefined ? keys && 'are for a server elsewhere: those here are made' : keys && keysFault(account);
    if (fault !== undefined) wrong(`accounts/${index}/keys`, fault);
  }
  if (accounts.filter(({ uri }) => uri === undefined).length > 1) wrong('accounts', 'holds this server twice');
  for (const [index, { owner, rights }] of access.entries()) {
    for (const id of [String(owner), ...Object.keys(rights)]) {
      if (!ids.includes(Number(id)) && id !== '0' && id !== '65535') {
        wrong(`access/${index}`, `there is no account with short server id ${id}`);
      }
    }
  }
  for (const [index, each] of resources.entries()) {
    const fault = faultOf(each, models);
    if (fault !== undefined) wrong(`resources/${index}`, fault);
  }
  for (const [index, each] of values.entries()) {
    const fault = faultOf(each, models, 'filled');
    if (fault !== undefined) wrong(`values/${index}`, fault);
  }
  if (places.length > 0) throw new ReeveError('invalid-request', 'The template can not be given to a device', places);
}

/** What is wrong with a value in words. @param filled texts are filled in, and read, later */
export function faultOf(written: SetValue, models: Models, filled?: 'filled'): string | undefined {
  const { path, value } = written;
  const parsed = parsePath(path);
  if (parsed === undefined || level(parsed) !== PathLevel.resource) return `${path} is no resource, e.g. /3/0/15`;
  if (ACCOUNT_OBJECTS.has(segments(parsed)[0] ?? -1)) return `${path} belongs to an account: see accounts and access`;
  if (filled && typeof value === 'string') return undefined;
  try {
    models.storedOf(written, undefined);
    return undefined;
  } catch (error) {
    if (error instanceof ReeveError) return error.message;
    throw error;
  }
}
