import type { Core } from './core.ts';
import { handshakeHandlers } from './handshakes/handlers.ts';
import type { Millis } from './ids.ts';
import { policyHandlers } from './policies/handlers.ts';
import { credentialHandlers } from './registry/credential-handlers.ts';
import { type DeviceHandlersOptions, deviceHandlers } from './registry/handlers.ts';

/** What the routes of devices need of the capabilities around the core. */
interface Around extends Pick<DeviceHandlersOptions, 'standings' | 'forgetFrames' | 'describe'> {
  readonly downlinkOf: DeviceHandlersOptions['downlink']['of'];
  readonly startedAt: Millis;
}

/** Routes of the capabilities that the core joins. */
export function coreHandlers(core: Core, { downlinkOf, startedAt, ...around }: Around) {
  const { store, fleet, lanes, trust, engine, observer, bootstrapping, gateways, credentials, pacer, now } = core;
  return {
    ...trust.handlers(),
    ...bootstrapping.handlers(),
    ...credentialHandlers({ store, fleet, lanes, trust, now }),
    ...handshakeHandlers({
      ...{ fleet, credentials, failed: core.failedHandshakes, counts: core.handshakeCounts },
      since: startedAt,
    }),
    ...policyHandlers({ store, fleet, engine, observer, lanes, now }),
    ...deviceHandlers({
      ...{ store, fleet, lanes, trust, engine, observer, bootstrapping, gateways, now, ...around },
      send: core.send,
      noSec: core.noSec,
      views: {
        models: core.library.models,
        values: core.values,
        ...{ engine, observer, credentials },
        authorityName: trust.authorityName,
        sessions: core.sessions,
        behind: (device) => fleet.behind(device),
      },
      downlink: { of: downlinkOf, forget: (deviceId) => pacer.forget(deviceId) },
    }),
  };
}
