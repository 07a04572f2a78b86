import type { Refused } from '../handshakes/failed.ts';
import type { Millis } from '../ids.ts';
import type { Device, Fleet } from '../registry/fleet.ts';
import { newDevice } from '../registry/new-device.ts';
import type { Row } from '../store/tables.ts';
import { gatewayLimits } from './limits.ts';

/** Whom a gateway means by a Device ID. */
type Named =
  | { readonly kind: 'known'; readonly device: Device }
  /** Nobody has the name, and the gateway may bring devices. */
  | { readonly kind: 'new'; readonly row: Row<'devices'> }
  | { readonly kind: 'refused'; readonly check: Refused['check']; readonly detail: string };

/**
 * The device that a gateway may speak for under this name: one that a person put behind it, or, if it admits devices, a
 * new one. Never one that comes by itself or is behind another gateway, whatever this one says.
 */
export function deviceNamedBy(gateway: Device, endpoint: string, fleet: Fleet, now: Millis): Named {
  const { organisationId, deviceId, endpoint: name, site, owner } = gateway.row;
  const device = fleet.byEndpoint(organisationId, endpoint);
  if (device?.gateway === gateway) return { kind: 'known', device };
  if (device) {
    const detail = `The gateway "${name}" names "${endpoint}", which is no device behind it`;
    return { kind: 'refused', check: 'endpoint-mismatch', detail };
  }
  if (gateway.row.admitsBehind !== 1) {
    const detail = `The gateway "${name}" names "${endpoint}": add it with \`reeve device add ${endpoint} --gateway ${name}\``;
    return { kind: 'refused', check: 'unknown-endpoint', detail };
  }
  if ([...fleet.behind(gateway)].length >= gatewayLimits.devices) {
    const detail = `The gateway "${name}" names "${endpoint}" beside ${gatewayLimits.devices} devices behind it`;
    return { kind: 'refused', check: 'limit', detail };
  }
  const settings = { endpoint, ...(site === undefined ? {} : { site }), ...(owner === undefined ? {} : { owner }) };
  return { kind: 'new', row: { ...newDevice(organisationId, settings, now), gatewayId: deviceId } };
}
