import type { Actor, Scope } from '@reeve/contract';
import type { OrganisationId, TokenId } from '../ids.ts';

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

/** An identity with what it may do. */
export interface Grant extends Identity {
  readonly scope: Scope;
  /** Of a program, which has a token. */
  readonly tokenId?: TokenId;
}

/** The server itself, where nobody else caused something. */
export const serverActor: Actor = { kind: 'server', name: 'reeve' };
