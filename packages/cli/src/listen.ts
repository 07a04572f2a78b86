import { createSocket } from 'node:dgram';

/**
 * Whether the machine has IPv6: without it a socket can't be bound to `::`, and a server that insisted would serve nobody.
 */
export function hasIpv6(): Promise<boolean> {
  const socket = createSocket({ type: 'udp6', ipv6Only: true });
  return new Promise((resolve) => {
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind(0, '::', () => socket.close(() => resolve(true)));
  });
}

/** An address as URLs write it. */
export function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
