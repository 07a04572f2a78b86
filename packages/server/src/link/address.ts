import { type AddressKey, addressKey } from '@reeve/dtls';

/** Where a peer is: the socket that it reached us on, and its own address. */
export interface PeerAddress {
  readonly ingress: number;
  readonly host: string;
  readonly port: number;
}

/** The key under which the DTLS core knows an address. */
export function keyOfAddress(ingress: number, host: string, port: number): AddressKey {
  return addressKey(`${ingress}|${port}|${host}`);
}

/** The reverse of `keyOfAddress`. */
export function addressOfKey(key: string): PeerAddress {
  const first = key.indexOf('|');
  const second = key.indexOf('|', first + 1);
  return {
    ingress: Number(key.slice(0, first)),
    port: Number(key.slice(first + 1, second)),
    host: key.slice(second + 1),
  };
}

/** `host:port`, with brackets around IPv6. */
export function showAddress({ host, port }: Pick<PeerAddress, 'host' | 'port'>): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The network that handshakes are limited by. */
export function prefixOf(key: string): string {
  return networkOf(addressOfKey(key).host);
}

/** The network of an IP address: /24 of IPv4, /48 of IPv6. */
export function networkOf(host: string): string {
  const ipv4 = host.startsWith('::ffff:') ? host.slice(7) : host;
  return ipv4.includes(':') ? ipv4.split(':').slice(0, 3).join(':') : ipv4.slice(0, ipv4.lastIndexOf('.'));
}
