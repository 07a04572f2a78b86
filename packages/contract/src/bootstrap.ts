import Type, { type Static } from 'typebox';
import { AccountSecurity, BootstrapKeys, ShortServerId } from './account-keys.ts';
import { Instant, PathText } from './common.ts';
import { SetValue } from './devices.ts';

const Seconds = Type.Integer({ minimum: 0, maximum: 2_147_483_647 });

/** An account of a server on the device: an instance of Security and one of Server. */
export const BootstrapAccount = Type.Object(
  {
    shortServerId: ShortServerId,
    uri: Type.Optional(
      Type.String({
        maxLength: 255,
        pattern: '^coaps?(\\+tcp)?://.+$',
        description: 'absent: this server, with a credential that is made for each device',
      }),
    ),
    security: Type.Optional(AccountSecurity),
    keys: Type.Optional(BootstrapKeys),
    lifetime: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: 'seconds, default 86400' }),
    ),
    binding: Type.Optional(Type.String({ pattern: '^[UTSNMHQ]+$', maxLength: 8, description: 'default U' })),
    storing: Type.Optional(Type.Boolean({ description: 'whether notifications are kept while offline; default true' })),
    mute: Type.Optional(Type.Boolean({ description: 'whether Sends are refused; default false; since LwM2M 1.1' })),
    minPeriod: Type.Optional(Seconds),
    maxPeriod: Type.Optional(Seconds),
    disableTimeout: Type.Optional(Seconds),
    holdOff: Type.Optional(Seconds),
  },
  { additionalProperties: false },
);
export type BootstrapAccount = Static<typeof BootstrapAccount>;

/** An instance of Access Control. */
export const BootstrapAccess = Type.Object(
  {
    objectId: Type.Integer({ minimum: 0, maximum: 65_534 }),
    instanceId: Type.Integer({ minimum: 0, maximum: 65_535, description: '65535: who may create instances' }),
    owner: Type.Integer({ minimum: 0, maximum: 65_535 }),
    rights: Type.Record(Type.String({ pattern: '^\\d{1,5}$' }), Type.Integer({ minimum: 0, maximum: 31 }), {
      maxProperties: 16,
      description: 'by short server id (0: everybody): 1 read, 2 write, 4 execute, 8 delete, 16 create',
    }),
  },
  { additionalProperties: false },
);
export type BootstrapAccess = Static<typeof BootstrapAccess>;

/** What the devices of a group are given. */
export const BootstrapTemplate = Type.Object(
  {
    accounts: Type.Array(BootstrapAccount, { minItems: 1, maxItems: 8 }),
    clear: Type.Optional(
      Type.Union([Type.Literal('accounts'), Type.Literal('all')], {
        description: 'what is deleted first; accounts by default. The account of the bootstrap server always stays',
      }),
    ),
    renewBootstrapKey: Type.Optional(
      Type.Boolean({
        description:
          'give a device that came with a pre-shared key another one for the bootstrap server; default false',
      }),
    ),
    discover: Type.Optional(Type.Boolean({ description: 'ask what is there first; default true' })),
    verify: Type.Optional(Type.Boolean({ description: 'read the server accounts back; default false' })),
    access: Type.Optional(Type.Array(BootstrapAccess, { maxItems: 64 })),
    resources: Type.Optional(Type.Array(SetValue, { maxItems: 64, description: 'written while bootstrapping' })),
    values: Type.Optional(
      Type.Array(SetValue, {
        maxItems: 64,
        description:
          'written once, after the first registration; {endpoint}, {site}, {owner} and {label.KEY} are replaced',
      }),
    ),
  },
  { additionalProperties: false },
);
export type BootstrapTemplate = Static<typeof BootstrapTemplate>;

/** A template with the group that it is for. */
export const BootstrapGroup = Type.Object({
  name: Type.String({ description: 'the value of the label `group` of its devices; `default`: of all others' }),
  template: BootstrapTemplate,
  builtIn: Type.Boolean({ description: 'nobody has said otherwise yet' }),
  changedAt: Type.Optional(Instant),
  changedBy: Type.Optional(Type.String()),
});
export type BootstrapGroup = Static<typeof BootstrapGroup>;

export const GroupName = Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]*$' });

export const BootstrapState = Type.Union([Type.Literal('running'), Type.Literal('finished'), Type.Literal('failed')]);
export type BootstrapState = Static<typeof BootstrapState>;

/** One request to the device, and what came of it. */
export const BootstrapStep = Type.Object({
  at: Instant,
  operation: Type.Union([
    Type.Literal('request'),
    Type.Literal('discover'),
    Type.Literal('delete'),
    Type.Literal('write'),
    Type.Literal('read'),
    Type.Literal('finish'),
    Type.Literal('pack'),
  ]),
  path: Type.Optional(PathText),
  /** CoAP code of the answer, e.g. "2.04". */
  code: Type.Optional(Type.String()),
  result: Type.Union([
    Type.Literal('done'),
    Type.Literal('passed-over'),
    Type.Literal('again'),
    Type.Literal('failed'),
  ]),
  text: Type.String(),
});
export type BootstrapStep = Static<typeof BootstrapStep>;

/** One time that a device was bootstrapped. */
export const BootstrapSession = Type.Object({
  bootstrapId: Type.String(),
  deviceId: Type.String(),
  endpoint: Type.String(),
  group: Type.String({ description: 'the template that was used' }),
  state: BootstrapState,
  reason: Type.Optional(Type.String({ description: 'why it failed' })),
  pack: Type.Boolean({ description: 'the device asked for everything at once' }),
  address: Type.String(),
  identity: Type.Optional(Type.String({ description: 'absent without DTLS' })),
  version: Type.Optional(Type.String({ description: 'of LwM2M, if the device said it' })),
  startedAt: Instant,
  endedAt: Type.Optional(Instant),
  steps: Type.Array(BootstrapStep),
});
export type BootstrapSession = Static<typeof BootstrapSession>;
