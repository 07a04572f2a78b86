import type { CredentialAdd, DeviceAdd } from '@reeve/contract';
import { ReeveError } from '../errors.ts';
import { type Millis, newId, type OrganisationId } from '../ids.ts';
import type { Row } from '../store/tables.ts';
import { refused } from '../trust/encoded.ts';
import { type Device, type Fleet, requireDevice } from './fleet.ts';

/** The row of a device that is added. */
export function newDevice(
  organisationId: OrganisationId,
  body: Omit<DeviceAdd, 'credential' | 'values'>,
  now: Millis,
): Row<'devices'> {
  const { endpoint, labels = {}, site, owner, model, noSec = false } = body;
  return {
    organisationId,
    deviceId: newId.device(),
    endpoint,
    labels,
    noSec: noSec ? 1 : 0,
    createdAt: now,
    ...(site === undefined ? {} : { site }),
    ...(owner === undefined ? {} : { owner }),
    ...(model === undefined ? {} : { model }),
  };
}

/** The credential that a new device is to have; none without DTLS, behind a gateway, or if it only sends frames. */
export function wantedCredential({
  noSec,
  gateway,
  framesOnly,
  credential,
  identity,
  key,
}: DeviceAdd): CredentialAdd | undefined {
  const psk = { ...(identity === undefined ? {} : { identity }), ...(key === undefined ? {} : { key }) };
  const named = Object.keys(psk).length > 0;
  if (gateway !== undefined && (noSec || credential || named)) {
    throw refused('body/gateway', 'does not go with what a device proves itself with: its gateway speaks for it');
  }
  if (credential && (noSec || named)) {
    throw refused('body/credential', `does not go with ${noSec ? 'noSec' : 'identity and key'}`);
  }
  if (framesOnly && (noSec || gateway !== undefined || credential || named)) {
    throw refused('body/framesOnly', 'does not go with a way to register');
  }
  return noSec || framesOnly || gateway !== undefined ? undefined : (credential ?? { kind: 'psk', ...psk });
}

/** The gateway that a new device is to be behind. @throws ReeveError `no-such-device`, `wrong-state` */
export function gatewayOf(fleet: Fleet, organisationId: OrganisationId, ref: string): Device {
  const gateway = requireDevice(fleet, organisationId, ref);
  if (!gateway.gateway) return gateway;
  throw new ReeveError('wrong-state', `"${ref}" is behind a gateway itself`);
}

/** The endpoint name of a new device belongs to another. */
export function endpointTaken(endpoint: string): ReeveError {
  return new ReeveError('endpoint-taken', `There is a device "${endpoint}" already`);
}
