import type { DtlsSettings } from './dtls-settings.ts';

/** What a socket speaks: CoAP in datagrams, or over connections (RFC 8323); with an `s` under DTLS or TLS. */
export type Transport = 'coaps' | 'coap' | 'coaps+tcp' | 'coap+tcp';

export interface ListenAddress {
  readonly transport: Transport;
  readonly host: string;
  readonly port: number;
  /** Whether it serves the bootstrap interface, and nothing else. */
  readonly bootstrap?: boolean;
}

/** A socket as an operator wants it. */
export interface Listener extends ListenAddress {
  /** Of `coaps`, and as far as it means something there of `coaps+tcp`; what is left out is as `defaultDtls` has it. */
  readonly dtls?: Partial<DtlsSettings>;
  /** Of `coap` and `coap+tcp`: false to hear nobody but those who protect what they say by OSCORE. */
  readonly noSec?: boolean;
  /** Of `coap`: peers without security first prove that they receive at their address (RFC 9175). */
  readonly echo?: boolean;
}

/** Whether a socket lets anybody speak who reaches it. */
export function admitsNoSec({ transport, noSec = true }: Listener): boolean {
  return (transport === 'coap' || transport === 'coap+tcp') && noSec;
}
