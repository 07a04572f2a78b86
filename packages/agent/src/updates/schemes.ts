import type { PackageFault } from './fault.ts';

/** Values of /5/0/8 by the scheme of a URI. */
export const PROTOCOL_OF_SCHEME = { coap: 0, coaps: 1, http: 2, https: 3, 'coap+tcp': 4, 'coaps+tcp': 5 } as const;
export type PackageScheme = keyof typeof PROTOCOL_OF_SCHEME;

/** What is wrong with a URI, for a device that fetches by these schemes. */
export function uriFault(uri: string, schemes: readonly string[]): PackageFault | undefined {
  const parsed = URL.parse(uri);
  if (parsed === null || parsed.hostname === '') return 'invalid-uri';
  return schemes.includes(parsed.protocol.slice(0, -1)) ? undefined : 'protocol';
}
