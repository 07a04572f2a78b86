import type { ExecuteArg, LwM2mPath, ResourceRecord } from '@reeve/lwm2m';
import type { TlsProof } from './tls-proof.ts';

/** Where a server is, and the instance of object 0 that says so: by that the ways to several servers are told apart. */
export interface ServerAddress {
  readonly securityId: number;
  /** The server's URI. */
  readonly to: string;
}

/** Send a datagram to a server, or bytes over the connection to it. */
interface SendEffect extends ServerAddress {
  readonly kind: 'send';
  readonly datagram: Uint8Array;
}

/** Open a connection, in the place of another to the same server; the client wants to hear `connected` or `disconnected`. */
export interface ConnectEffect extends ServerAddress {
  readonly kind: 'connect';
  /** What TLS is to prove; a bare connection without it. */
  readonly tls: TlsProof | undefined;
}

/** What goes to servers, and by what. */
export type WireEffect =
  | SendEffect
  | ConnectEffect
  /** Close the connection once all is written, or the socket; nothing more is to be heard of it. */
  | ({ readonly kind: 'disconnect' } & ServerAddress);

/** What a client wants done, or wants known. */
export type ClientEffect = WireEffect | ClientEvent;

/** What a client has to tell; `server` is the short id of the server that it has to do with. */
export type ClientEvent = DeviceEvent | (ServerEvent & { readonly server: number });

/** What concerns all servers, or the bootstrap server. */
export type DeviceEvent =
  /** The client asks a bootstrap server for accounts. */
  | { readonly kind: 'bootstrapping'; readonly uri: string }
  /** The accounts that a bootstrap server gave are in force. */
  | { readonly kind: 'bootstrapped' }
  /** A bootstrap failed, and the accounts are what they were; what comes next comes at `retryAt`, ms. */
  | { readonly kind: 'bootstrapFailed'; readonly detail: string; readonly retryAt: number }
  /** The time of the bootstrap account is over (/0/x/12): it is gone. */
  | { readonly kind: 'purged'; readonly path: LwM2mPath }
  /**
   * The application is to fetch the rest of a package for an object instance, from behind the bytes that are here, and
   * to give it to that object's intake.
   */
  | { readonly kind: 'fetch'; readonly path: LwM2mPath; readonly uri: string; readonly offset: number }
  | Refused;

/** Something that a server asked for was refused, with a CoAP code as the byte on the wire. */
interface Refused {
  readonly kind: 'refused';
  readonly code: number;
  readonly detail: string;
}

/** What concerns one server. */
export type ServerEvent =
  /** The server took a Register; `location` is the path that it gave, such as `rd`, `7f3a`. */
  | { readonly kind: 'registered'; readonly location: readonly string[] }
  /** The server took an Update. */
  | { readonly kind: 'updated'; readonly location: readonly string[] }
  /** The registration is over; unless `acknowledged`, the server may not know. */
  | { readonly kind: 'deregistered'; readonly acknowledged: boolean }
  /** The server says that it does not know the registration; the client registers anew. */
  | { readonly kind: 'forgotten'; readonly location: readonly string[] }
  /** An attempt failed; the next is at `retryAt`, ms, or never. */
  | { readonly kind: 'failed'; readonly detail: string; readonly retryAt: number | undefined }
  /** The server disabled its account; the client registers again at `until`, ms. */
  | { readonly kind: 'disabled'; readonly until: number }
  /** A device in queue mode stops to listen, or begins again. */
  | { readonly kind: 'asleep' | 'awake' }
  /** The server no longer answers; the client sets up a new link. */
  | { readonly kind: 'reconnecting'; readonly detail: string }
  | { readonly kind: 'observed' | 'unobserved'; readonly path: LwM2mPath }
  | {
      readonly kind: 'notified';
      readonly path: LwM2mPath;
      readonly records: readonly ResourceRecord[];
      readonly confirmable: boolean;
    }
  /** The server acknowledged the last notification of a path. */
  | { readonly kind: 'acknowledged'; readonly path: LwM2mPath; readonly records: readonly ResourceRecord[] }
  /** The server wrote at or below a path. */
  | { readonly kind: 'written'; readonly path: LwM2mPath; readonly records: readonly ResourceRecord[] }
  /** The server took a Send. */
  | { readonly kind: 'sent'; readonly paths: readonly LwM2mPath[] }
  /** A Send was refused or not answered: the server may have taken it all the same. */
  | { readonly kind: 'unsent'; readonly paths: readonly LwM2mPath[]; readonly detail: string }
  /** The server made an object instance, or took one away; or one went with the account of the server. */
  | { readonly kind: 'created' | 'deleted'; readonly path: LwM2mPath }
  | { readonly kind: 'executed'; readonly path: LwM2mPath; readonly args: readonly ExecuteArg[] }
  | Refused;
