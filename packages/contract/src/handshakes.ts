import Type, { type Static } from 'typebox';
import { Instant } from './common.ts';
import { CredentialKind } from './credentials.ts';

/** What a peer showed of itself in a handshake; nothing of it need be true unless the handshake proved it. */
export const PresentedIdentity = Type.Union([
  Type.Object({
    kind: Type.Literal('psk'),
    identity: Type.String({ description: 'UTF-8 if printable, else hex:…' }),
  }),
  Type.Object({
    kind: Type.Literal('oscore'),
    identity: Type.String({ description: 'Sender ID, hex:…, and the ID context if there is one' }),
  }),
  Type.Object({
    kind: Type.Literal('raw-key'),
    fingerprint: Type.String({ description: 'SHA-256 of the SubjectPublicKeyInfo, in hex' }),
  }),
  Type.Object({
    kind: Type.Literal('certificate'),
    fingerprint: Type.String({ description: 'SHA-256 of the certificate, in hex' }),
    /** The rest is absent if the certificate can't be read. */
    subject: Type.Optional(Type.String()),
    issuer: Type.Optional(Type.String()),
    serial: Type.Optional(Type.String({ description: 'in hex' })),
    notBefore: Type.Optional(Instant),
    notAfter: Type.Optional(Instant),
    names: Type.Optional(Type.Array(Type.String({ description: 'common name, DNS name or URI' }))),
  }),
]);
export type PresentedIdentity = Static<typeof PresentedIdentity>;

/**
 * One record of "Why can't my device connect?": a handshake that failed, or a registration after it. Equal ones are
 * counted in one record; what may differ between them is of the last.
 */
export const FailedHandshake = Type.Object({
  handshakeId: Type.String(),
  firstAt: Instant,
  lastAt: Type.Integer({ description: 'Milliseconds since the Unix epoch (UTC), by the clock of the server' }),
  count: Type.Integer(),
  address: Type.String({ description: 'IP address; the port differs each time' }),
  listener: Type.Optional(Type.String({ description: 'Where the server was reached, e.g. coaps://[::]:5684' })),
  stage: Type.Union([Type.Literal('dtls'), Type.Literal('lwm2m')], {
    description: 'dtls: the handshake itself; lwm2m: what came after it, or without it',
  }),
  check: Type.String({ description: 'The check that failed, a stable word: docs/handshakes.md' }),
  title: Type.String({ description: 'The check in a few words' }),
  detail: Type.String({ description: 'What was wrong this time' }),
  meaning: Type.String({ description: 'What it means when this check fails' }),
  steps: Type.Array(Type.String({ description: 'What to do; commands in backticks' })),
  presented: Type.Optional(PresentedIdentity),
  endpoint: Type.Optional(Type.String({ description: 'Endpoint name that it said' })),
  device: Type.Optional(
    Type.Object(
      { deviceId: Type.String(), endpoint: Type.String() },
      { description: 'The device that it seems to be; not proved' },
    ),
  ),
  serverName: Type.Optional(Type.String({ description: 'Name of the server that it asked for (SNI)' })),
  offered: Type.Optional(Type.Array(Type.String({ description: 'What it offered' }))),
  wanted: Type.Optional(Type.Array(Type.String({ description: 'What would have been accepted' }))),
  suite: Type.Optional(Type.String({ description: 'Cipher suite that was chosen' })),
  alert: Type.Optional(
    Type.Object(
      { name: Type.String(), meaning: Type.Optional(Type.String()) },
      { description: 'The alert that ended it: the one of the device if the check is `alert`, else ours' },
    ),
  ),
});
export type FailedHandshake = Static<typeof FailedHandshake>;

/** How handshakes went since the server started, and what lives now. */
export const HandshakeCounters = Type.Object({
  since: Instant,
  established: Type.Array(
    Type.Object({
      kind: CredentialKind,
      suite: Type.String(),
      resumed: Type.Boolean({ description: 'true: an abbreviated handshake' }),
      count: Type.Integer(),
    }),
  ),
  failed: Type.Array(Type.Object({ check: Type.String(), title: Type.String(), count: Type.Integer() })),
  dropped: Type.Array(Type.Object({ reason: Type.String(), meaning: Type.String(), count: Type.Integer() }), {
    description: 'Records dropped without an answer',
  }),
  sessions: Type.Object({
    live: Type.Integer({ description: 'ready in memory' }),
    asleep: Type.Integer({ description: 'hibernated: woken by the next record' }),
    underWay: Type.Integer({ description: 'handshakes not finished yet' }),
  }),
});
export type HandshakeCounters = Static<typeof HandshakeCounters>;
