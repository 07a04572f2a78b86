import type { Actor } from '@reeve/contract';
import type { OrganisationId } from '../ids.ts';

/** What a request brings to prove who sent it. A bearer token outranks a session. */
export interface Credentials {
  /** Of the `Authorization: Bearer` header (RFC 6750 §2.1). */
  readonly bearer?: string;
  /** Secret of the session cookie. */
  readonly session?: string;
}

/** Who made a request, as its credentials proved. */
export interface Identity {
  readonly actor: Actor;
  readonly organisationId: OrganisationId;
}

/** The server itself, where nobody else caused something. */
export const serverActor: Actor = { kind: 'server', name: 'reeve' };
