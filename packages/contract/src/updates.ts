import Type, { type Static } from 'typebox';
import { Id, Instant } from './common.ts';

/** What devices are updated with. */
export const ArtifactInfo = Type.Object({
  artifactId: Type.String(),
  name: Type.String(),
  version: Type.String(),
  kind: Type.Union([Type.Literal('firmware'), Type.Literal('software')]),
  bytes: Type.Integer(),
  sha256: Type.String({ description: 'in hex' }),
  received: Type.Integer({ description: 'bytes that are here' }),
  state: Type.Union([Type.Literal('uploading'), Type.Literal('ready'), Type.Literal('missing')]),
  addedAt: Instant,
  addedBy: Type.String(),
});
export type ArtifactInfo = Static<typeof ArtifactInfo>;

export const ArtifactAdd = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' }),
    version: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$' }),
    kind: Type.Union([Type.Literal('firmware'), Type.Literal('software')]),
    bytes: Type.Integer({ minimum: 1, maximum: 1_073_741_824 }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  },
  { additionalProperties: false },
);

/** How an update is going. */
export const UpdatePhase = Type.Union([
  Type.Literal('checking'),
  Type.Literal('resetting'),
  Type.Literal('pushing'),
  Type.Literal('offering'),
  Type.Literal('downloading'),
  Type.Literal('executing'),
  Type.Literal('installing'),
  Type.Literal('verifying'),
  Type.Literal('activating'),
]);
export type UpdatePhase = Static<typeof UpdatePhase>;

/** `unconfirmed`: the device says that it is updated, and names another version than the artifact's. */
export const UpdateState = Type.Union([
  Type.Literal('running'),
  Type.Literal('succeeded'),
  Type.Literal('unconfirmed'),
  Type.Literal('failed'),
  Type.Literal('cancelled'),
]);
export type UpdateState = Static<typeof UpdateState>;

export const UpdateMethod = Type.Union([Type.Literal('auto'), Type.Literal('push'), Type.Literal('pull')]);
export type UpdateMethod = Static<typeof UpdateMethod>;

export const UpdateScheme = Type.Union([
  Type.Literal('coap'),
  Type.Literal('coaps'),
  Type.Literal('coap+tcp'),
  Type.Literal('coaps+tcp'),
  Type.Literal('http'),
  Type.Literal('https'),
]);
export type UpdateScheme = Static<typeof UpdateScheme>;

export const UpdateInfo = Type.Object({
  updateId: Type.String(),
  deviceId: Type.String(),
  endpoint: Type.String(),
  path: Type.String({ description: 'the object instance' }),
  artifactId: Type.String(),
  artifact: Type.String({ description: 'name and version' }),
  state: UpdateState,
  phase: UpdatePhase,
  delivery: Type.Optional(Type.Union([Type.Literal('push'), Type.Literal('pull')])),
  bytes: Type.Integer(),
  done: Type.Integer({ description: 'bytes that the device has taken, or was served' }),
  detail: Type.Optional(Type.String({ description: 'why it ended so, or what it waits for' })),
  startedAt: Instant,
  startedBy: Type.String(),
  changedAt: Instant,
  endedAt: Type.Optional(Instant),
  expiresAt: Instant,
});
export type UpdateInfo = Static<typeof UpdateInfo>;

export const UpdateStart = Type.Object(
  {
    artifactId: Id,
    method: Type.Optional(UpdateMethod),
    scheme: Type.Optional(UpdateScheme),
    instance: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_534 })),
    expireSeconds: Type.Optional(Type.Integer({ minimum: 60, maximum: 30 * 86_400 })),
  },
  { additionalProperties: false },
);
