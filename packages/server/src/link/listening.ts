import { isIPv4, isIPv6 } from 'node:net';
import { showAddress } from './address.ts';
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

/** Whether a socket on one host takes what is sent to the other too: the same, or every address of that family. */
function covers(host: string, other: string): boolean {
  return host === other || (host === '0.0.0.0' && isIPv4(other)) || (host === '::' && isIPv6(other));
}

/** The hosts without those that another one covers. */
export function distinctHosts(hosts: readonly string[]): string[] {
  const each = [...new Set(hosts)];
  return each.filter((host) => !each.some((other) => other !== host && covers(other, host)));
}

/** What is wrong with sockets of which one takes what another one is for, in words; undefined if none does. */
export function overlapOf(listen: readonly ListenAddress[]): string | undefined {
  for (const [index, one] of listen.entries()) {
    const other = listen.slice(index + 1).find((next) => overlap(one, next));
    if (!other) continue;
    const [wide, narrow] = covers(one.host, other.host) ? [one, other] : [other, one];
    return `${uriOf(narrow)} and ${uriOf(wide)} are one port: the second takes what is sent to either. Leave one of them away, or give it another port`;
  }
  return undefined;
}

function overlap(one: ListenAddress, other: ListenAddress): boolean {
  const alike = one.port !== 0 && one.port === other.port && isStream(one) === isStream(other);
  return alike && (covers(one.host, other.host) || covers(other.host, one.host));
}

function isStream({ transport }: ListenAddress): boolean {
  return transport === 'coaps+tcp' || transport === 'coap+tcp';
}

function uriOf(address: ListenAddress): string {
  return `${address.transport}://${showAddress(address)}`;
}
