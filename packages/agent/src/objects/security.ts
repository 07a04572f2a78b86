import type { KeyObject } from 'node:crypto';
import type { CertificateUsage, MatchingType } from '@reeve/dtls';
import { type ObjectInstance, objectInstance } from '../instance.ts';
import type { ContentJson } from '../resource.ts';
import { transportOf } from '../transports.ts';

/** By what a device proves itself to a server, and how it knows the server. Keys and certificates are in DER. */
interface Credentials {
  /** A pre-shared key. */
  readonly psk?: { readonly identity: Uint8Array; readonly key: Uint8Array };
  /** Raw public keys, its own and the server's, as SubjectPublicKeyInfo. */
  readonly rawKey?: { readonly publicKey: Uint8Array; readonly privateKey: KeyObject; readonly serverKey: Uint8Array };
  readonly certificate?: {
    /** The device's own certificate first. */
    readonly chain: readonly Uint8Array[];
    readonly privateKey: KeyObject;
    /** The server's certificate, or that of its authority, or a digest of it (/0/x/4), and what that is good for. */
    readonly server: {
      readonly data: Uint8Array;
      /** Default: the server's own certificate, whatever it says. */
      readonly usage?: CertificateUsage;
      /** Default: `data` is the certificate itself. */
      readonly matchingType?: MatchingType;
    };
    /** The name to ask for and to find in the server's certificate; the host of the URI if left out. */
    readonly serverName?: string;
  };
}

/** A server and how to reach it; without credentials there is no security but OSCORE, and the scheme must be one without. */
export interface SecurityOptions extends Credentials {
  /** `coap://host:port` or `coaps://host:port`, or one with `coap+tcp` or `coaps+tcp`. */
  readonly uri: string;
  /** 1–65534; default 1. */
  readonly shortServerId?: number;
  /** The instance of object 21 that protects what is said without DTLS; see `oscoreInstance`. */
  readonly oscore?: number;
}

/** A bootstrap server and how to reach it. Times in seconds. */
export interface BootstrapOptions extends Credentials {
  /** `coap://host:port` or `coaps://host:port`, or one with `coap+tcp` or `coaps+tcp`. */
  readonly uri: string;
  /** How long to wait before a bootstrap; default 0. */
  readonly holdOff?: number;
  /** How long the account lives after a bootstrap; default 0, for ever. */
  readonly accountTimeout?: number;
  /** The instance of object 21 that protects what is said without DTLS; see `oscoreInstance`. */
  readonly oscore?: number;
}

/** Values of /0/x/2 (OMA Core Appendix E.1). */
export const SecurityMode = { psk: 0, rawKey: 1, certificate: 2, noSec: 3 } as const;

/** Resources of object 0 that a link is made of. */
export const SecurityResource = {
  uri: 0,
  bootstrapServer: 1,
  mode: 2,
  publicKeyOrIdentity: 3,
  serverPublicKey: 4,
  secretKey: 5,
  shortServerId: 10,
  holdOff: 11,
  accountTimeout: 12,
  matchingType: 13,
  serverName: 14,
  certificateUsage: 15,
  oscore: 17,
} as const;

const NONE = '';
const { mode, publicKeyOrIdentity, serverPublicKey, secretKey } = SecurityResource;

/**
 * An instance of object 0, Security, for a server (OMA Core Appendix E.1). No server can read or write it.
 *
 * @throws RangeError when scheme and credentials do not go together, or there are several of these
 */
export function securityInstance({ uri, shortServerId = 1, oscore, ...rest }: SecurityOptions, id = 0): ObjectInstance {
  return accountInstance(id, uri, rest, {
    ...oscoreLink(uri, oscore),
    [SecurityResource.bootstrapServer]: false,
    [SecurityResource.shortServerId]: shortServerId,
  });
}

/**
 * An instance of object 0 for a bootstrap server, which itself gives the accounts of servers.
 *
 * @throws RangeError when scheme and credentials do not go together, or there are several of these
 */
export function bootstrapInstance(
  { uri, holdOff = 0, accountTimeout = 0, oscore, ...rest }: BootstrapOptions,
  id = 0,
): ObjectInstance {
  return accountInstance(id, uri, rest, {
    ...oscoreLink(uri, oscore),
    [SecurityResource.bootstrapServer]: true,
    [SecurityResource.holdOff]: holdOff,
    [SecurityResource.accountTimeout]: accountTimeout,
  });
}

function oscoreLink(uri: string, instance: number | undefined): Record<number, ContentJson> {
  if (instance === undefined) return {};
  if (transportOf(uri)?.secured) throw new RangeError('OSCORE is for URIs without DTLS here');
  return { [SecurityResource.oscore]: `21:${instance}` };
}

function accountInstance(
  id: number,
  uri: string,
  credentials: Credentials,
  more: Readonly<Record<number, ContentJson>>,
): ObjectInstance {
  const kinds = Object.keys(credentials).length;
  if (kinds > 1) throw new RangeError('one kind of credentials is enough');
  if ((transportOf(uri)?.secured ?? false) !== kinds > 0)
    throw new RangeError(`${uri} ${kinds > 0 ? 'takes no' : 'needs a'} key`);
  return objectInstance(0, id, {
    values: { [SecurityResource.uri]: uri, ...credentialValues(credentials), ...more },
  });
}

function credentialValues({ psk, rawKey, certificate }: Credentials): Record<number, ContentJson> {
  if (psk) {
    return {
      [mode]: SecurityMode.psk,
      [publicKeyOrIdentity]: base64(psk.identity),
      [serverPublicKey]: NONE,
      [secretKey]: base64(psk.key),
    };
  }
  if (rawKey) {
    return {
      [mode]: SecurityMode.rawKey,
      [publicKeyOrIdentity]: base64(rawKey.publicKey),
      [serverPublicKey]: base64(rawKey.serverKey),
      [secretKey]: base64(derOf(rawKey.privateKey)),
    };
  }
  if (certificate) {
    const { chain, privateKey, server, serverName } = certificate;
    return {
      [mode]: SecurityMode.certificate,
      [publicKeyOrIdentity]: base64(Buffer.concat(chain)),
      [serverPublicKey]: base64(server.data),
      [secretKey]: base64(derOf(privateKey)),
      [SecurityResource.matchingType]: server.matchingType ?? 0,
      [SecurityResource.certificateUsage]: server.usage ?? 3,
      ...(serverName === undefined ? {} : { [SecurityResource.serverName]: serverName }),
    };
  }
  return { [mode]: SecurityMode.noSec, [publicKeyOrIdentity]: NONE, [serverPublicKey]: NONE, [secretKey]: NONE };
}

/** OneAsymmetricKey (RFC 5958), as LwM2M keeps private keys. */
function derOf(key: KeyObject): Uint8Array {
  return key.export({ type: 'pkcs8', format: 'der' });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
