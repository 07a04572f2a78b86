import type { ListenAddress } from '../link/port.ts';

/** Under which URIs devices reach this server; what has no socket is absent. */
export interface ServerUris {
  readonly coaps?: string;
  readonly coap?: string;
  readonly 'coaps+tcp'?: string;
  readonly 'coap+tcp'?: string;
  /** The bootstrap server, with DTLS, else with TLS. */
  readonly bootstrap?: string;
  /** The bootstrap server without either, for devices that use OSCORE, or nothing. */
  readonly plainBootstrap?: string;
}

/**
 * @param addresses where the sockets listen
 * @param host the name or address under which devices reach the server; absent: where a socket listens, if that says it
 */
export function urisOf(addresses: readonly ListenAddress[], host: string | undefined): ServerUris {
  const uri = (transport: ListenAddress['transport'], bootstrap: boolean): string | undefined => {
    const those = addresses.filter((each) => each.transport === transport && (each.bootstrap ?? false) === bootstrap);
    const [address] = host === undefined ? those.filter((each) => !isEverywhere(each.host)) : those;
    return address && `${transport}://${inUri(host ?? address.host)}:${address.port}`;
  };
  const entries = Object.entries({
    coaps: uri('coaps', false),
    coap: uri('coap', false),
    'coaps+tcp': uri('coaps+tcp', false),
    'coap+tcp': uri('coap+tcp', false),
    bootstrap: uri('coaps', true) ?? uri('coaps+tcp', true),
    plainBootstrap: uri('coap', true) ?? uri('coap+tcp', true),
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** What an operator of a bootstrap server should know. */
export function bootstrapWarnings(addresses: readonly ListenAddress[], uris: ServerUris): string[] {
  const known = uris.coaps ?? uris['coaps+tcp'];
  return known === undefined && addresses.some(({ bootstrap }) => bootstrap)
    ? ['Devices can not be bootstrapped: say under which name or address they reach this server, with --device-host.']
    : [];
}

/** Whether a socket listens on all addresses of the machine, which tells devices nothing. */
function isEverywhere(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function inUri(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
