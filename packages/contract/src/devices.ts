import Type, { type Static } from 'typebox';
import { AccountKeys } from './account-keys.ts';
import { Actor, Instant, Labels, ObservedText, PathText } from './common.ts';
import { CredentialAdd, CredentialInfo, CredentialKind, CredentialPurpose, SetupItem } from './credentials.ts';
import { Downlink, downlinkSettings, WakeFor } from './downlink.ts';

/**
 * A value as JSON: integers beyond 2^53 and object links ("66:0") are strings, opaque is base64, time is Unix seconds.
 */
export const JsonValue = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]);

/**
 * That a written value is secret: sealed while it waits, and never shown again. What the definition lets be written and
 * not read is so anyway. Where a value is shown it says that null stands for one that is hidden.
 */
export const Secret = Type.Optional(
  Type.Literal(true, { description: 'sealed while it waits, and never shown: null stands for it' }),
);

/** A resource and its value; typed by the object's definition, or by `type`. */
export const SetValue = Type.Object(
  { path: PathText, value: JsonValue, type: Type.Optional(Type.String({ maxLength: 16 })), secret: Secret },
  { additionalProperties: false },
);
export type SetValue = Static<typeof SetValue>;

/** The newest value of one resource (or resource instance). */
export const ResourceValue = Type.Object({
  path: PathText,
  type: Type.String({ description: 'LwM2M data type, e.g. integer, string, opaque, objlnk' }),
  value: JsonValue,
  text: Type.String({ description: 'The value for people, with its unit' }),
  name: Type.Optional(Type.String({ description: 'of the resource, if a definition has it; not in event streams' })),
  observedAt: Type.Optional(Instant),
  receivedAt: Instant,
  /** `doubtful`: the device says a time before 2020 or over 5 minutes ahead; `receivedAt` is used instead. */
  clock: Type.Union([Type.Literal('none'), Type.Literal('good'), Type.Literal('doubtful')]),
  /** The notification had more blocks to come: shown, never evaluated. */
  truncated: Type.Optional(Type.Boolean()),
});
export type ResourceValue = Static<typeof ResourceValue>;

/** What is known of whether a device is there. Every time in it comes from authenticated contact only. */
export const Presence = Type.Object({
  state: Type.Union([
    Type.Literal('never'),
    Type.Literal('awake'),
    Type.Literal('asleep'),
    Type.Literal('overdue'),
    Type.Literal('expired'),
    Type.Literal('deregistered'),
  ]),
  lastContactAt: Type.Optional(Instant),
  nextContactBy: Type.Optional(Instant),
});
export type Presence = Static<typeof Presence>;

export const RuleState = Type.Union([
  Type.Literal('ok'),
  Type.Literal('pending'),
  Type.Literal('breached'),
  Type.Literal('cannot-evaluate'),
  Type.Literal('waiting'),
]);
export type RuleState = Static<typeof RuleState>;

export const RuleStatus = Type.Object({
  policyId: Type.String(),
  ruleId: Type.String(),
  rule: Type.String({ description: 'The rule in words' }),
  state: RuleState,
  since: Type.Optional(Instant),
  reason: Type.Optional(Type.String()),
  path: Type.Optional(PathText),
  /** Numbers to draw the value against, for threshold rules. */
  limits: Type.Optional(Type.Object({ below: Type.Optional(Type.Number()), above: Type.Optional(Type.Number()) })),
});
export type RuleStatus = Static<typeof RuleStatus>;

/** Whether the device is locked, as the device itself said last; never what was merely asked for. */
export const LockStatus = Type.Object({
  state: Type.Union([
    Type.Literal('unknown'),
    Type.Literal('unlocked'),
    Type.Literal('locking'),
    Type.Literal('locked'),
    Type.Literal('unlocking'),
    Type.Literal('failed'),
  ]),
  provedAt: Type.Optional(Instant),
  until: Type.Optional(Instant),
  holders: Type.Array(Type.String({ description: 'What holds the lock: incident ids or a person' })),
});
export type LockStatus = Static<typeof LockStatus>;

export const DeviceSummary = Type.Object({
  deviceId: Type.String(),
  endpoint: Type.String(),
  labels: Labels,
  site: Type.Optional(Type.String()),
  owner: Type.Optional(Type.String()),
  model: Type.Optional(Type.String()),
  firmware: Type.Optional(Type.String()),
  presence: Presence,
  secure: Type.Optional(Type.Boolean({ description: 'false: registered over NoSec' })),
  gateway: Type.Optional(Type.String({ description: 'endpoint name of the gateway that it is behind' })),
  battery: Type.Optional(Type.Number()),
  location: Type.Optional(Type.Object({ latitude: Type.Number(), longitude: Type.Number(), at: Instant })),
  openIncidents: Type.Integer(),
  /** The gravest state of the rules that apply: breached, cannot-evaluate, waiting, pending, ok. Absent: no rule applies. */
  ruleState: Type.Optional(RuleState),
  lock: LockStatus,
});
export type DeviceSummary = Static<typeof DeviceSummary>;

export const Observation = Type.Object({
  path: ObservedText,
  wantedBy: Type.Array(Type.String({ description: 'policy ids, or the names of people' })),
  state: Type.Union([Type.Literal('wanted'), Type.Literal('requested'), Type.Literal('live'), Type.Literal('refused')]),
  since: Instant,
  reason: Type.Optional(Type.String()),
});
export type Observation = Static<typeof Observation>;

/** A DTLS session that lives, over restarts of the server too. */
export const DtlsSession = Type.Object({
  openedAt: Instant,
  identity: Type.String(),
  address: Type.String(),
  connectionId: Type.Boolean({ description: 'whether the device may come from another address' }),
});
export type DtlsSession = Static<typeof DtlsSession>;

/** What an object's definition says of one resource: enough to draw and operate it. */
export const ResourceInfo = Type.Object({
  resourceId: Type.Integer(),
  name: Type.String(),
  operations: Type.Union([
    Type.Literal('none'),
    Type.Literal('R'),
    Type.Literal('W'),
    Type.Literal('RW'),
    Type.Literal('E'),
  ]),
  type: Type.Optional(Type.String({ description: 'LwM2M data type, as in ResourceValue; absent if executable' })),
  multiple: Type.Boolean(),
  mandatory: Type.Optional(Type.Boolean()),
  range: Type.Optional(
    Type.Object(
      { least: Type.Number(), largest: Type.Number() },
      { description: 'of a number, or of the length in bytes of a string or opaque' },
    ),
  ),
  units: Type.Optional(Type.String({ description: 'SenML unit (RFC 8428), else in words' })),
  values: Type.Optional(
    Type.Array(Type.Object({ value: Type.Number(), name: Type.String() }), { description: 'what its numbers mean' }),
  ),
});
export type ResourceInfo = Static<typeof ResourceInfo>;

export const ObjectLink = Type.Object({
  objectId: Type.Integer(),
  version: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
  instances: Type.Array(Type.Integer()),
  /** Absent for an object that the server has no definition of. */
  resources: Type.Optional(Type.Array(ResourceInfo)),
});
export type ObjectLink = Static<typeof ObjectLink>;

/** A content format by its CoAP number, and what people call it. */
export const FormatInfo = Type.Object({ format: Type.Integer(), name: Type.String() });
export type FormatInfo = Static<typeof FormatInfo>;

export const DeviceDetail = Type.Object({
  ...DeviceSummary.properties,
  /** One line for people: what matters about this device now. */
  verdict: Type.Object({
    tone: Type.Union([Type.Literal('good'), Type.Literal('attention'), Type.Literal('bad'), Type.Literal('unknown')]),
    text: Type.String(),
  }),
  createdAt: Instant,
  /** Where it is reached by SMS, if that is not as it registers; and for what it is woken, if not as the server has it. */
  smsNumber: Type.Optional(Type.String()),
  wake: Type.Optional(WakeFor),
  sendsFrames: Type.Optional(Type.Boolean({ description: 'over a network too thin for a handshake' })),
  /** Of a gateway. */
  admitsBehind: Type.Optional(Type.Boolean({ description: 'devices that it names as behind it are added' })),
  behind: Type.Optional(
    Type.Array(Type.Object({ endpoint: Type.String(), prefix: Type.Optional(Type.String()) }), {
      description: 'the devices behind it; a prefix has who is registered',
    }),
  ),
  registration: Type.Optional(
    Type.Object({
      registrationId: Type.String(),
      registeredAt: Instant,
      lifetime: Type.Integer({ description: 'seconds; 0 = never expires' }),
      version: Type.String(),
      binding: Type.String(),
      queueMode: Type.Boolean(),
      address: Type.String(),
      identity: Type.Optional(Type.String()),
      /** What the device proved itself with; absent without DTLS. */
      security: Type.Optional(CredentialKind),
      sms: Type.Optional(Type.String({ description: 'telephone number or external identifier for SMS' })),
      profile: Type.Optional(Type.String({ description: 'name under which the device once listed its objects' })),
      /** What it was heard over last, since the server started. */
      transport: Type.Optional(
        Type.Union([Type.Literal('coap'), Type.Literal('coaps'), Type.Literal('coap+tcp'), Type.Literal('coaps+tcp')]),
      ),
      rootPath: Type.Optional(Type.String({ description: 'what its paths begin with; absent: nothing but /' })),
      contentFormats: Type.Optional(
        Type.Array(FormatInfo, { description: 'that it says it has; absent: it did not say' }),
      ),
      refusedFormats: Type.Optional(Type.Array(FormatInfo, { description: 'that it refused: they are tried last' })),
      noFetch: Type.Optional(
        Type.Boolean({ description: 'it takes no FETCH: of several paths it is asked for one at a time' }),
      ),
      noIpatch: Type.Optional(
        Type.Boolean({
          description: 'it takes no iPATCH: several values are written one at a time, where they may be',
        }),
      ),
      readByInstance: Type.Optional(
        Type.Array(Type.Integer(), {
          description: 'objects too long for its answers: read and observed instance by instance',
        }),
      ),
      extra: Type.Optional(
        Type.Record(Type.String(), Type.String(), { description: 'parameters that no version of LwM2M has' }),
      ),
    }),
  ),
  objects: Type.Array(ObjectLink),
  values: Type.Array(ResourceValue),
  observations: Type.Array(Observation),
  rules: Type.Array(RuleStatus),
  credentials: Type.Array(CredentialInfo),
  sessions: Type.Array(DtlsSession),
  downlink: Downlink,
});
export type DeviceDetail = Static<typeof DeviceDetail>;

export const DeviceAdd = Type.Object(
  {
    endpoint: Type.String({ minLength: 1, maxLength: 255 }),
    identity: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 258,
        description: 'PSK identity, default: the endpoint name; hex:… for bytes',
      }),
    ),
    key: Type.Optional(
      Type.String({
        pattern: '^([0-9a-fA-F]{2}){16,64}$',
        description: 'PSK in hex; made and returned once if absent',
      }),
    ),
    credential: Type.Optional(CredentialAdd),
    labels: Type.Optional(Labels),
    site: Type.Optional(Type.String({ maxLength: 255 })),
    owner: Type.Optional(Type.String({ maxLength: 255 })),
    model: Type.Optional(Type.String({ maxLength: 255 })),
    noSec: Type.Optional(Type.Boolean({ description: 'admit without DTLS; only if the server runs with --nosec' })),
    framesOnly: Type.Optional(
      Type.Boolean({ description: 'it sends frames and never registers: no credential is made' }),
    ),
    gateway: Type.Optional(
      Type.String({ maxLength: 255, description: 'the gateway that it is behind, which alone speaks for it' }),
    ),
    values: Type.Optional(
      Type.Array(SetValue, { maxItems: 64, description: 'written once, after its first registration' }),
    ),
  },
  { additionalProperties: false },
);
export type DeviceAdd = Static<typeof DeviceAdd>;

/** Devices added by one request at most. */
export const MAX_IMPORTED = 5000;

/** One of many devices that are added at once: with a pre-shared key that is known already, or other credentials. */
export const DeviceImport = Type.Object(
  {
    ...Type.Pick(DeviceAdd, ['endpoint', 'identity', 'labels', 'site', 'owner', 'values']).properties,
    purpose: Type.Optional(CredentialPurpose),
    key: Type.Optional(Type.String({ pattern: '^([0-9a-fA-F]{2}){16,64}$', description: 'PSK in hex' })),
    credentials: Type.Optional(
      Type.Array(CredentialAdd, {
        minItems: 1,
        maxItems: 4,
        description: 'instead of identity, key and purpose; a PSK or OSCORE secret must be given',
      }),
    ),
    accountKeys: Type.Optional(AccountKeys),
  },
  { additionalProperties: false },
);
export type DeviceImport = Static<typeof DeviceImport>;

export const DevicesImport = Type.Object(
  { devices: Type.Array(DeviceImport, { minItems: 1, maxItems: MAX_IMPORTED }) },
  { additionalProperties: false },
);

export const DeviceAdded = Type.Object({
  device: DeviceSummary,
  identity: Type.Optional(Type.String()),
  key: Type.Optional(Type.String({ description: 'The made key in hex: shown this once, never again' })),
  setup: Type.Array(SetupItem, { description: 'what to set on the device' }),
});
export type DeviceAdded = Static<typeof DeviceAdded>;

export const DeviceChange = Type.Object(
  {
    labels: Type.Optional(Labels),
    site: Type.Optional(Type.Union([Type.String({ maxLength: 255 }), Type.Null()])),
    owner: Type.Optional(Type.Union([Type.String({ maxLength: 255 }), Type.Null()])),
    model: Type.Optional(Type.Union([Type.String({ maxLength: 255 }), Type.Null()])),
    awakeSeconds: Type.Optional(Type.Union([downlinkSettings.awakeSeconds, Type.Null()])),
    downlinkBytesPerDay: Type.Optional(Type.Union([downlinkSettings.downlinkBytesPerDay, Type.Null()])),
    smsNumber: Type.Optional(Type.Union([downlinkSettings.smsNumber, Type.Null()])),
    wake: Type.Optional(Type.Union([WakeFor, Type.Null()])),
    admitsBehind: Type.Optional(
      Type.Boolean({ description: 'it is a gateway: devices that it names as behind it are added' }),
    ),
  },
  { additionalProperties: false, minProperties: 1 },
);
export type DeviceChange = Static<typeof DeviceChange>;

/** A stretch of history, as columns of equal length, oldest first. */
export const History = Type.Object({
  path: PathText,
  at: Type.Array(Instant),
  receivedAt: Type.Array(Instant),
  value: Type.Array(JsonValue),
});
export type History = Static<typeof History>;

/** One entry of the journal as people and programs see it. */
export const TimelineEntry = Type.Object({
  seq: Type.Integer(),
  at: Instant,
  deviceId: Type.Optional(Type.String()),
  actor: Actor,
  cause: Type.Optional(Type.Integer({ description: 'seq of the entry that caused this one' })),
  type: Type.String(),
  text: Type.String({ description: 'The entry in words' }),
  payload: Type.Unknown(),
});
export type TimelineEntry = Static<typeof TimelineEntry>;

/** One decoded message of `reeve trace`. */
export const TraceLine = Type.Object({
  at: Instant,
  direction: Type.Union([Type.Literal('in'), Type.Literal('out')]),
  text: Type.String(),
  bytes: Type.Integer(),
});
export type TraceLine = Static<typeof TraceLine>;
