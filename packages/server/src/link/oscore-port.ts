import { oscoreObstacle } from '@reeve/coap';
import type { CredentialId } from '../ids.ts';

/** What passes the link port on OSCORE (RFC 8613). Ids and contexts are in hex, from the server's side. */

/** The identity that the ids in a device's requests make, in hex: its label in sessions. */
export function oscoreLabel(kid: string, kidContext?: string): string {
  return kidContext === undefined ? `oscore:${kid}` : `oscore:${kid}.${kidContext}`;
}

/** Why ids, in hex, and algorithms are of no use together; undefined if they are. */
export function oscoreFault(terms: { senderId: string; recipientId: string; aead: number; hmac: number }) {
  const { aead, hmac: hkdf } = terms;
  const [senderId, recipientId] = [Buffer.from(terms.senderId, 'hex'), Buffer.from(terms.recipientId, 'hex')];
  return oscoreObstacle({ senderId, recipientId, masterSalt: Buffer.alloc(0), aead, hkdf });
}

/** The keys of a device, and what they may be used for yet. */
export interface OscoreFound {
  readonly credential: CredentialId;
  /** Label of its identity: `oscore:` and the ids in hex. */
  readonly identity: string;
  readonly masterSecret: Uint8Array;
  readonly masterSalt: string;
  readonly senderId: string;
  readonly recipientId: string;
  readonly idContext?: string;
  readonly aead: number;
  readonly hkdf: number;
  /** The ID context that the last derivation of keys came to. */
  readonly derived?: string;
  /** No message was ever sent with this number or one above; those below `sendLimit` may be sent now. */
  readonly sendFrom: number;
  readonly sendLimit: number;
}

/** Link → capabilities. */
export type OscoreUp =
  /** Whose request has these ids? */
  | {
      readonly kind: 'find-oscore';
      readonly lookup: number;
      readonly ingress: number;
      readonly kid: string;
      readonly kidContext?: string;
    }
  /** Messages with numbers below `upTo` are to be sent; `derived` names the keys, if they are not the first ones. */
  | {
      readonly kind: 'reserve-oscore';
      readonly credential: CredentialId;
      readonly upTo: number;
      readonly derived?: string;
    };

/** Capabilities → link. */
export type OscoreDown =
  /** Without `found` nobody has these ids here. */
  | { readonly kind: 'oscore'; readonly lookup: number; readonly found?: OscoreFound }
  /** Answers a `reserve-oscore`; called only after the commit. */
  | {
      readonly kind: 'oscore-reserved';
      readonly credential: CredentialId;
      readonly upTo: number;
      readonly derived?: string;
    };
