/** Handshake messages of DTLS 1.2, declared as data (RFC 5246 §7.4, RFC 6347 §4.2, RFC 5077 §3.3). */
import {
  decode,
  encode,
  type Field,
  fixed,
  list,
  opaque,
  type ParseError,
  rest,
  struct,
  trailing,
  uint,
  type ValueOf,
} from './schema.ts';

/** Protocol versions as they stand on the wire (RFC 6347 §4.1): ones' complement, so DTLS 1.2 is below 1.0. */
export const Version = { DTLS_1_0: 0xfeff, DTLS_1_2: 0xfefd } as const;

export const RANDOM_LENGTH = 32;
export const VERIFY_DATA_LENGTH = 12;
export const NULL_COMPRESSION = 0;

const extension = struct<{ type: number; data: Uint8Array }>({ type: uint(2), data: opaque(2) });
export type Extension = ValueOf<typeof extension>;

const clientHello = struct<{
  version: number;
  random: Uint8Array;
  sessionId: Uint8Array;
  cookie: Uint8Array;
  cipherSuites: readonly number[];
  compressionMethods: readonly number[];
  extensions: readonly Extension[];
}>({
  version: uint(2),
  random: fixed(RANDOM_LENGTH),
  sessionId: opaque(1, { max: 32 }),
  cookie: opaque(1),
  cipherSuites: list(2, uint(2), { min: 1 }),
  compressionMethods: list(1, uint(1), { min: 1 }),
  extensions: trailing(list(2, extension)),
});
export type ClientHello = ValueOf<typeof clientHello>;

const serverHello = struct<{
  version: number;
  random: Uint8Array;
  sessionId: Uint8Array;
  cipherSuite: number;
  compressionMethod: number;
  extensions: readonly Extension[];
}>({
  version: uint(2),
  random: fixed(RANDOM_LENGTH),
  sessionId: opaque(1, { max: 32 }),
  cipherSuite: uint(2),
  compressionMethod: uint(1),
  extensions: trailing(list(2, extension)),
});
export type ServerHello = ValueOf<typeof serverHello>;

const helloVerifyRequest = struct<{ version: number; cookie: Uint8Array }>({ version: uint(2), cookie: opaque(1) });
/** Certificates and key exchanges are read by what was negotiated: see `certificates.ts` and `key-exchange.ts`. */
const asNegotiated = struct<{ content: Uint8Array }>({ content: rest() });

const certificateRequest = struct<{
  certificateTypes: readonly number[];
  signatureSchemes: readonly number[];
  /** Names in DER. */
  authorities: readonly Uint8Array[];
}>({
  certificateTypes: list(1, uint(1), { min: 1 }),
  signatureSchemes: list(2, uint(2), { min: 1 }),
  authorities: list(2, opaque(2)),
});
export type CertificateRequest = ValueOf<typeof certificateRequest>;

const certificateVerify = struct<{ scheme: number; signature: Uint8Array }>({ scheme: uint(2), signature: opaque(2) });
const newSessionTicket = struct<{ lifetimeSeconds: number; ticket: Uint8Array }>({
  lifetimeSeconds: uint(4),
  ticket: opaque(2),
});
const finished = struct<{ verifyData: Uint8Array }>({ verifyData: fixed(VERIFY_DATA_LENGTH) });
const nothing = struct<Record<never, never>>({});

/** Every handshake message that is understood: its `HandshakeType` and its body. */
export const HANDSHAKE_MESSAGES = {
  'hello-request': { type: 0, body: nothing },
  'client-hello': { type: 1, body: clientHello },
  'server-hello': { type: 2, body: serverHello },
  'hello-verify-request': { type: 3, body: helloVerifyRequest },
  'new-session-ticket': { type: 4, body: newSessionTicket },
  certificate: { type: 11, body: asNegotiated },
  'server-key-exchange': { type: 12, body: asNegotiated },
  'certificate-request': { type: 13, body: certificateRequest },
  'server-hello-done': { type: 14, body: nothing },
  'certificate-verify': { type: 15, body: certificateVerify },
  'client-key-exchange': { type: 16, body: asNegotiated },
  finished: { type: 20, body: finished },
} as const;

type Messages = typeof HANDSHAKE_MESSAGES;

/** Names of the handshake messages that are understood. */
export type HandshakeKind = keyof Messages;

/** The body of each handshake message. */
export type HandshakeBodies = { readonly [K in HandshakeKind]: ValueOf<Messages[K]['body']> };

/** A decoded handshake message. */
export type HandshakeMessage = {
  [K in HandshakeKind]: { readonly kind: K; readonly body: HandshakeBodies[K] };
}[HandshakeKind];

const KIND_OF_TYPE: ReadonlyMap<number, HandshakeKind> = new Map(
  Object.entries(HANDSHAKE_MESSAGES).map(([kind, { type }]) => [type, kind as HandshakeKind]),
);

/** The name of a `HandshakeType` octet. */
export function handshakeKind(type: number): HandshakeKind | 'unknown-handshake' {
  return KIND_OF_TYPE.get(type) ?? 'unknown-handshake';
}

/** Decodes the body of a whole handshake message; views point into `body`. */
export function decodeBody(
  kind: HandshakeKind,
  body: Uint8Array,
): { readonly ok: true; readonly message: HandshakeMessage } | { readonly ok: false; readonly error: ParseError } {
  const parsed = decode<object>(HANDSHAKE_MESSAGES[kind].body as Field<object>, body);
  return parsed.ok ? { ok: true, message: { kind, body: parsed.value } as HandshakeMessage } : parsed;
}

/** Encodes the body of a handshake message, without its header. */
export function encodeBody<K extends HandshakeKind>(kind: K, body: HandshakeBodies[K]): Uint8Array {
  return encode(HANDSHAKE_MESSAGES[kind].body as unknown as Field<HandshakeBodies[K]>, body);
}
