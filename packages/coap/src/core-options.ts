import type { ObservationScope, PeerKey } from './ids.ts';
import type { CoapLimits } from './limits.ts';
import type { TransmissionParameters } from './parameters.ts';

/** What a core is made with. */
export interface CoapCoreOptions {
  /** n bytes of good randomness, for tokens, first message ids and jitter. Called often: take them from a pool. */
  readonly random: (n: number) => Uint8Array;
  readonly limits?: Partial<CoapLimits>;
  /** Transmission parameters of peers that `setPeerParameters` does not speak of. */
  readonly parameters?: Partial<TransmissionParameters>;
  /**
   * How long after a `restoreObservation` notifications of unknown observations are ignored, ms: a RST would make
   * some clients drop all their observers. The default is MAX_TRANSMIT_WAIT.
   */
  readonly restoreGraceMs?: number;
  /** Whether the caller puts bodies together that come in parts, as `CoapEndpoint` does; if not they get 4.02. */
  readonly blockwise?: boolean;
  /**
   * The scope that a peer is bound to, if it is to one. With it the core forgets such a peer too, once it is idle and its
   * exchanges have aged, and asks when there is something of it again: so those that sleep cost it nothing.
   */
  readonly scopeOf?: (peer: PeerKey) => ObservationScope | undefined;
  /**
   * Takes a message of a connection before anything is made of it, as a datagram, because it is or should be protected
   * (OSCORE). What it says comes back by `deliver`. Signals are never protected, and are not asked about.
   *
   * @returns whether it was taken
   */
  readonly intercept?: (peer: PeerKey, datagram: Uint8Array, now: number) => boolean;
}
