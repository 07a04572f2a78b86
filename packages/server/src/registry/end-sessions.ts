import type { LinkDown } from '../link/port.ts';
import type { CredentialRow } from './credentials.ts';
import type { Device, Fleet } from './fleet.ts';

interface Options {
  readonly fleet: Fleet;
  readonly send: (message: LinkDown) => void;
  /** The identities under which a credential is known to have admitted sessions. */
  readonly identitiesOf: (row: CredentialRow) => readonly string[];
}

/** How the sessions end that credentials admitted: with a close_notify, handshakes under way too. */
export function sessionEnder({ fleet, send, identitiesOf }: Options) {
  const endIdentity = (device: Device | undefined, identity: string): void => {
    send({ kind: 'close-identity', identity });
    if (device?.session?.identity === identity) fleet.setSession(device, undefined);
  };
  return {
    /** Ends the sessions of one identity. */
    endIdentity,
    /** Ends what these credentials of a device protect. */
    endSessions(device: Device, old: readonly CredentialRow[]): void {
      for (const row of old) for (const identity of identitiesOf(row)) endIdentity(device, identity);
    },
    /** Ends what nothing protects. */
    endPlain(device: Device): void {
      const { registration, session } = device;
      if (registration && registration.identity === undefined) {
        send({ kind: 'unbind', registrationId: registration.registrationId });
      }
      if (session && session.identity === undefined) fleet.setSession(device, undefined);
    },
  };
}

export type SessionEnder = ReturnType<typeof sessionEnder>;
