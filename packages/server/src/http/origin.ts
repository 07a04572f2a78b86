import type { IncomingMessage } from 'node:http';
import { ReeveError } from '../errors.ts';

/** Methods that change nothing (RFC 9110 §9.2.1). */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses requests that a browser was talked into by another site.
 *
 * - Host must name this server: `localhost`, the address that the connection came in on, or the public URL's host. A
 *   name of somebody else's that resolves to this machine (DNS rebinding) is none of these. The port may differ, as it
 *   does behind a tunnel.
 * - A request that changes something must come from this origin. Only a program with a bearer token may leave the
 *   Origin out: browsers always send it with such requests (Fetch standard, "append a request Origin header").
 *
 * @throws ReeveError `forbidden-origin`
 */
export function checkOrigin(request: IncomingMessage, publicUrl: URL | undefined, hasBearer: boolean): void {
  const { host = '', origin } = request.headers;
  const name = hostName(host);
  const local = new Set(['localhost', publicUrl?.hostname, addressName(request.socket.localAddress)]);
  if (name === undefined || !local.has(name)) {
    throw new ReeveError('forbidden-origin', `This server is not ${host || 'named'}: --public-url tells its name`);
  }
  if (origin === undefined ? hasBearer || SAFE.has(request.method ?? '') : isOurs(origin, host, publicUrl)) return;
  throw new ReeveError(
    'forbidden-origin',
    origin === undefined
      ? 'A request without a bearer token needs an Origin header'
      : `The request came from ${origin}, not from this server's page`,
  );
}

function isOurs(origin: string, host: string, publicUrl: URL | undefined): boolean {
  return origin === publicUrl?.origin || origin === `http://${host.toLowerCase()}`;
}

/** Host without port, in lower case, with the brackets of an IPv6 address. */
function hostName(host: string): string | undefined {
  try {
    const url = new URL(`http://${host}`);
    return url.username || url.pathname !== '/' || url.search || url.hash ? undefined : url.hostname;
  } catch {
    return undefined;
  }
}

/** A socket's address as it is written in a URL; IPv4 within IPv6 as IPv4. */
function addressName(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  const plain = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
  return plain.includes(':') ? hostName(`[${plain.split('%')[0]}]`) : plain;
}
