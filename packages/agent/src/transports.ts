/** What the scheme of a server's URI says. */
interface Transport {
  readonly secured: boolean;
  /** Whether it is a connection, over which messages come in order and none is lost (RFC 8323). */
  readonly stream: boolean;
  /** The port where the URI names none. */
  readonly port: number;
}

/** By the scheme of a URI (RFC 7252 §6, RFC 8323 §8). */
const TRANSPORTS: Readonly<Record<string, Transport>> = {
  'coap:': { secured: false, stream: false, port: 5683 },
  'coaps:': { secured: true, stream: false, port: 5684 },
  'coap+tcp:': { secured: false, stream: true, port: 5683 },
  'coaps+tcp:': { secured: true, stream: true, port: 5684 },
};

/** How the server of a URI is reached; undefined for a URI that is none, or names no server or no transport of CoAP. */
export function transportOf(uri: string): Transport | undefined {
  const url = URL.parse(uri);
  return url?.hostname ? TRANSPORTS[url.protocol] : undefined;
}
