import type { ExchangeRef, Heard, LinkRecord, RequestRef, SessionId } from './port.ts';

/** What passes the link port on the bootstrap interface (LwM2M Core §6.1); outcomes come as `outcome` messages. */

/** An operation on a device that asked to be bootstrapped. Content formats are CoAP's numbers. */
export type BootstrapLinkOperation =
  | { readonly kind: 'discover'; readonly path: string }
  | { readonly kind: 'read'; readonly path: string; readonly format: number }
  | {
      readonly kind: 'write';
      readonly path: string;
      readonly format: number;
      readonly records: readonly LinkRecord[];
    }
  | { readonly kind: 'delete'; readonly path: string }
  | { readonly kind: 'finish' };

/** Link → capabilities. */
export type BootstrapUp =
  | ({
      readonly kind: 'bootstrap-request';
      readonly exchange: ExchangeRef;
      readonly endpoint?: string;
      /** The content format in which the device wants to be written. */
      readonly preferredFormat?: number;
    } & Heard)
  | ({
      readonly kind: 'bootstrap-pack-request';
      readonly exchange: ExchangeRef;
      readonly endpoint?: string;
      /** The content format of the pack. */
      readonly format: number;
      /** Instances of the account of the bootstrap server, as paths. */
      readonly kept: readonly string[];
    } & Heard);

/** Capabilities → link. */
export type BootstrapDown =
  | {
      readonly kind: 'bootstrap';
      readonly request: RequestRef;
      readonly sessionId: SessionId;
      readonly operation: BootstrapLinkOperation;
    }
  /** Answers a Bootstrap-Pack-Request; called only after the commit. */
  | {
      readonly kind: 'pack';
      readonly exchange: ExchangeRef;
      readonly format: number;
      readonly records: readonly LinkRecord[];
    };
