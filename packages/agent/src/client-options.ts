import type { TransmissionParameters } from '@reeve/coap';
import type { Certificate, RetransmitParameters } from '@reeve/dtls';
import type { EnablerVersion } from '@reeve/lwm2m';
import type { Creatable } from './creation.ts';
import type { ObjectInstance } from './instance.ts';
import type { BootstrapOptions } from './objects/security.ts';
import type { UpdateObject } from './updates/update-object.ts';

/** What a client is made with. */
export interface ClientOptions {
  /** Endpoint name, at most 252 bytes of UTF-8. */
  readonly endpoint: string;
  /**
   * The object instances of the device: one of 3 (Device) and, unless a bootstrap server gives them, for each server one
   * each of 0 (Security) and 1 (Server) with the same short server id. With several servers instances of 2 (Access
   * Control) say what each may do; without them none may do anything.
   */
  readonly objects: readonly ObjectInstance[];
  /** Where the device gets its servers from, if it has none, or if they can not be reached. */
  readonly bootstrap?: BootstrapOptions;
  /** n bytes of cryptographic randomness. */
  readonly random: (n: number) => Uint8Array;
  /** Differences from the transmission parameters of RFC 7252 §4.8. */
  readonly coap?: Partial<TransmissionParameters>;
  /** When flights of a DTLS handshake are sent again. */
  readonly dtls?: Partial<RetransmitParameters>;
  /** Authorities that the device trusts beside what its Security object says (certificate usages 0 and 1). */
  readonly trustAnchors?: readonly Certificate[];
  /** Milliseconds since the epoch, to judge certificates by, and to tell when something was: needed with a certificate. */
  readonly wallClock?: () => number;
  /**
   * Every how many notifications of an observation one is confirmable; 1 makes all so; default 10. Once a day one is in
   * any case (RFC 7641 §4.5).
   */
  readonly confirmEvery?: number;
  /** Objects that take packages, such as a `FirmwareUpdate`; their instances are added to `objects`. */
  readonly updates?: readonly UpdateObject[];
  /** What of its objects a server may create and delete instances of; none by default. */
  readonly creatable?: Creatable;
  /** The newest version of LwM2M to offer; a server that does not know it is offered older ones. Default 1.1. */
  readonly version?: EnablerVersion;
  /**
   * Queue mode: the device listens for so many ms after the last message, MAX_TRANSMIT_WAIT if `true`, and sleeps until
   * it has something to say itself. Default: it never sleeps.
   */
  readonly queueMode?: boolean | number;
  /** Where it is reached by SMS, which the Register tells. */
  readonly smsNumber?: string;
  /** Whether to name a profile in the Register, so that a server that knows it needs no object list; since 1.2. */
  readonly profile?: boolean;
}
