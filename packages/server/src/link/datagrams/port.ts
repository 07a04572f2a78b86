/** A datagram as it came in. */
export interface Datagram {
  /** Address of the sender, as text. */
  readonly host: string;
  readonly port: number;
  readonly bytes: Uint8Array;
}

/** Where a socket is to be bound; `host` is an address, never a name. */
export interface BindAddress {
  readonly host: string;
  readonly port: number;
}

/** A UDP socket that is bound. */
export interface DatagramSocket {
  /** Where it is bound; port 0 resolved. */
  readonly port: number;
  /**
   * Sends, at the end of this turn of the event loop at the latest; `bytes` may be used again at once. Errors are the
   * network's: the protocols above send again.
   */
  send(host: string, port: number, bytes: Uint8Array): void;
  /** What was sent before still leaves; what is sent from then on does not. */
  close(): Promise<void>;
}

/**
 * Opens a socket. `received` is called with what came since, in order, at least one datagram.
 * @throws the error of the system if the address cannot be bound
 */
export type OpenDatagramSocket = (
  address: BindAddress,
  received: (datagrams: readonly Datagram[]) => void,
) => Promise<DatagramSocket>;

/** Room for bursts; stock kernels cap it at net.core.rmem_max (docs/operations.md says how to raise it). */
export const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;
