import type { OrganisationId } from '../ids.ts';
import type { Check } from '../link/handshake-facts.ts';
import type { SessionInfo } from '../link/port.ts';
import { type Credentials, type Purpose, serves } from './credentials.ts';
import type { Device, Fleet } from './fleet.ts';

interface Options {
  readonly credentials: Credentials;
  readonly fleet: Fleet;
  readonly organisationId: OrganisationId;
  /** Whether devices without DTLS are admitted at all. */
  readonly noSec: boolean;
}

/** A device, or the check that it failed. */
export type Admitted =
  | { readonly device: Device }
  | { readonly device?: undefined; readonly check: Check; readonly detail: string };

const behindGateway: Admitted = {
  check: 'endpoint-mismatch',
  detail: 'This device is behind a gateway, which alone speaks for it',
};

/** The device that may come under this name over this session (OMA Core §6.2.1, Transport §5.2: SE-2). */
export function admit(
  { session, endpoint }: { readonly session: SessionInfo; readonly endpoint?: string },
  purpose: Purpose,
  { credentials, fleet, organisationId, noSec }: Options,
): Admitted {
  if (session.identity !== undefined) {
    const deviceId = credentials.deviceOf(session, purpose);
    const device = deviceId && fleet.get(deviceId);
    if (!device) return { check: 'unknown-identity', detail: 'The identity belongs to no device' };
    if (endpoint !== undefined && endpoint !== device.row.endpoint) {
      return { check: 'endpoint-mismatch', detail: `The identity belongs to "${device.row.endpoint}"` };
    }
    return device.row.gatewayId === undefined ? { device } : behindGateway;
  }
  if (!noSec) return { check: 'nosec-not-allowed', detail: 'The server runs without --nosec' };
  if (endpoint === undefined) return { check: 'malformed', detail: 'The device does not say its endpoint name' };
  const device = fleet.byEndpoint(organisationId, endpoint);
  if (!device) return { check: 'unknown-endpoint', detail: 'No device has this endpoint name' };
  if (device.row.gatewayId !== undefined) return behindGateway;
  // Without security it may be given nothing that its key for the bootstrap server protects.
  const bound = purpose === 'bootstrap' && credentials.of(device.row.deviceId).some((row) => serves(row, purpose));
  if (device.row.noSec === 0 || bound) {
    return { check: 'nosec-not-allowed', detail: 'This device must use its key' };
  }
  return { device };
}
