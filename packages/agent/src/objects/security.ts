import { type ObjectInstance, objectInstance } from '../instance.ts';

/** A server and how to reach it. */
export interface SecurityOptions {
  /** `coap://host:port` or `coaps://host:port`. */
  readonly uri: string;
  /** The pre-shared key; without it there is no security, and the scheme must be `coap`. */
  readonly psk?: { readonly identity: Uint8Array; readonly key: Uint8Array };
  /** 1–65534; default 1. */
  readonly shortServerId?: number;
}

/** Values of /0/x/2 (OMA Core Appendix E.1). */
export const SecurityMode = { psk: 0, noSec: 3 } as const;

const NONE = '';

/**
 * An instance of object 0, Security (OMA Core Appendix E.1). No server can read or write it.
 *
 * @throws RangeError when scheme and key do not go together
 */
export function securityInstance({ uri, psk, shortServerId = 1 }: SecurityOptions, id = 0): ObjectInstance {
  if (uri.startsWith('coaps:') !== (psk !== undefined))
    throw new RangeError(`${uri} ${psk ? 'takes no' : 'needs a'} key`);
  return objectInstance(0, id, {
    values: {
      0: uri,
      1: false,
      2: psk === undefined ? SecurityMode.noSec : SecurityMode.psk,
      3: psk === undefined ? NONE : base64(psk.identity),
      4: NONE,
      5: psk === undefined ? NONE : base64(psk.key),
      10: shortServerId,
    },
  });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
