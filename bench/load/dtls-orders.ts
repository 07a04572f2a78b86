/** What `dtls-sessions.ts` tells its server to do. */
import type { AddressKey } from '@reeve/dtls';

export const CONNECTION_ID_LENGTH = 8;
/** The key of all devices. */
export const KEY = Buffer.alloc(16, 7);

export interface Addressed {
  readonly address: AddressKey;
  readonly datagram: Uint8Array;
}

export type Order =
  /** Take datagrams in; the reply are those that go out. */
  | { readonly kind: 'datagrams'; readonly datagrams: readonly Addressed[] }
  /** Take sessions in; the reply is how many milliseconds that took. */
  | { readonly kind: 'restore'; readonly snapshots: readonly Uint8Array[] }
  /** Take in so many copies of a session, with a number in the last 8 octets of each name; the reply is their count. */
  | {
      readonly kind: 'copy';
      readonly snapshot: Uint8Array;
      readonly names: readonly Uint8Array[];
      readonly count: number;
    }
  /** End all sessions; the reply is how many are left. */
  | { readonly kind: 'close' }
  /** Collect garbage and compact what is left; the reply is the resident memory in octets. */
  | { readonly kind: 'memory' }
  /** Echo what comes to a socket; the reply is its port. */
  | { readonly kind: 'listen' };
