import type { FailedHandshake } from '@reeve/contract';
import type { Credentials } from '../registry/credentials.ts';
import type { Device, Fleet } from '../registry/fleet.ts';
import type { Row } from '../store/tables.ts';
import { alerts } from './alerts.ts';
import { checks } from './checks.ts';
import { namesOf, presentedOf } from './presented.ts';

type Failed = Row<'failedHandshakes'>;

export interface Inventory {
  readonly fleet: Fleet;
  readonly credentials: Credentials;
}

/**
 * The devices that a peer seems to be, the likeliest first: by its identity, by the endpoint name that it said, by the
 * names in its identity. Anybody can say any of these.
 */
export function suspects(failed: Failed, { fleet, credentials }: Inventory): Device[] {
  const { organisationId, identity, endpoint } = failed;
  const byIdentity = identity === undefined ? undefined : credentials.behind({ identity })?.deviceId;
  const presented = presentedOf(failed);
  const names = [...(endpoint === undefined ? [] : [endpoint]), ...(presented ? namesOf(presented) : [])];
  const found = [byIdentity && fleet.get(byIdentity), ...names.map((name) => fleet.byEndpoint(organisationId, name))];
  return [...new Set(found)].flatMap((device) => (device?.row.organisationId === organisationId ? [device] : []));
}

/** A record for people and programs. */
export function failedView(failed: Failed, inventory: Inventory): FailedHandshake {
  const { organisationId: _, identity: __, handshake, check, ...rest } = failed;
  const { title, meaning, steps } = checks[check];
  const presented = presentedOf(failed);
  const [device] = suspects(failed, inventory);
  const { serverName, offered, wanted, suite, alert } = handshake ?? {};
  // The table tells of alerts that devices send; ours are explained by the check.
  const alertMeaning = alert !== undefined && check === 'alert' ? alerts[alert] : undefined;
  return {
    ...rest,
    check,
    title,
    meaning,
    steps: device && PLAIN_WORD.test(device.row.endpoint) ? steps.map((step) => naming(step, device)) : [...steps],
    ...(presented === undefined ? {} : { presented }),
    ...(device === undefined ? {} : { device: { deviceId: device.row.deviceId, endpoint: device.row.endpoint } }),
    ...(serverName === undefined ? {} : { serverName }),
    ...(offered === undefined ? {} : { offered: [...offered] }),
    ...(wanted === undefined ? {} : { wanted: [...wanted] }),
    ...(suite === undefined ? {} : { suite }),
    ...(alert === undefined
      ? {}
      : { alert: { name: alert, ...(alertMeaning === undefined ? {} : { meaning: alertMeaning }) } }),
  };
}

/** Words that a shell takes as they are: what strangers say, and names with other signs, never become part of a command. */
const PLAIN_WORD = /^[A-Za-z0-9._:@-]+$/;

/** A step with the device in place of the word in capitals. */
function naming(step: string, { row }: Device): string {
  return step.replaceAll(/\bDEVICE\b/g, row.endpoint);
}
