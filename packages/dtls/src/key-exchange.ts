/** ServerKeyExchange and ClientKeyExchange of each way to agree on keys, declared as data. */
import { GROUPS, type GroupName, groupLabel, groupOf } from './algorithms.ts';
import type { Objection } from './objection.ts';
import { decode, encode, type Field, opaque, type Parsed, struct, uint } from './schema.ts';
import type { KeyExchange } from './suites.ts';

/** The server's ephemeral public key, and the curve that it is on (RFC 8422 §5.4). */
export interface EcdhParameters {
  readonly curveType: number;
  readonly group: number;
  readonly publicKey: Uint8Array;
}
const parameters = struct<{ curveType: number; group: number; publicKey: Uint8Array }>({
  curveType: uint(1),
  group: uint(2),
  publicKey: opaque(1),
});

/** What a ServerKeyExchange holds, as far as its key exchange has it. */
export interface ServerKeyExchange {
  readonly identityHint?: Uint8Array;
  readonly parameters?: EcdhParameters;
  readonly scheme?: number;
  readonly signature?: Uint8Array;
}

/** What a ClientKeyExchange holds, as far as its key exchange has it. */
export interface ClientKeyExchange {
  readonly identity?: Uint8Array;
  readonly publicKey?: Uint8Array;
}

/** RFC 4279 §2; RFC 5489 §2; RFC 8422 §5.4. */
const SERVER: Record<KeyExchange, Field<ServerKeyExchange>> = {
  psk: struct<{ identityHint: Uint8Array }>({ identityHint: opaque(2) }),
  'ecdhe-psk': struct<{ identityHint: Uint8Array; parameters: EcdhParameters }>({
    identityHint: opaque(2),
    parameters,
  }),
  'ecdhe-ecdsa': struct<{ parameters: EcdhParameters; scheme: number; signature: Uint8Array }>({
    parameters,
    scheme: uint(2),
    signature: opaque(2),
  }),
};

/** RFC 4279 §2; RFC 5489 §2; RFC 8422 §5.7. */
const CLIENT: Record<KeyExchange, Field<ClientKeyExchange>> = {
  psk: struct<{ identity: Uint8Array }>({ identity: opaque(2) }),
  'ecdhe-psk': struct<{ identity: Uint8Array; publicKey: Uint8Array }>({ identity: opaque(2), publicKey: opaque(1) }),
  'ecdhe-ecdsa': struct<{ publicKey: Uint8Array }>({ publicKey: opaque(1) }),
};

const NAMED_CURVE = 3;

export function ecdhParameters(group: GroupName, publicKey: Uint8Array): EcdhParameters {
  return { curveType: NAMED_CURVE, group: GROUPS[group].id, publicKey };
}

/** What the server signs: both random values, and its parameters (RFC 8422 §5.4). */
export function signedParameters(client: Uint8Array, server: Uint8Array, offered: EcdhParameters): Uint8Array {
  return Buffer.concat([client, server, encode(parameters, offered)]);
}

export function encodeServerKeyExchange(keyExchange: KeyExchange, value: ServerKeyExchange): Uint8Array {
  return encode(SERVER[keyExchange], value);
}

export function readServerKeyExchange(keyExchange: KeyExchange, content: Uint8Array): Parsed<ServerKeyExchange> {
  return decode(SERVER[keyExchange], content);
}

export function encodeClientKeyExchange(keyExchange: KeyExchange, value: ClientKeyExchange): Uint8Array {
  return encode(CLIENT[keyExchange], value);
}

export function readClientKeyExchange(keyExchange: KeyExchange, content: Uint8Array): Parsed<ClientKeyExchange> {
  return decode(CLIENT[keyExchange], content);
}

/** The group of a server's parameters, if it is one of those that were offered. */
export function groupOfParameters(
  { curveType, group }: EcdhParameters,
  offered: readonly GroupName[],
): GroupName | Objection {
  const name = curveType === NAMED_CURVE ? groupOf(group) : undefined;
  if (name !== undefined && offered.includes(name)) return name;
  const detail = `the server chose ${groupLabel(group)}, which was not offered`;
  return { check: 'no-common-group', detail, alert: 'illegal_parameter', wanted: offered };
}
