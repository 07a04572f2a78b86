import type {
  Actor,
  CommandOperation,
  CommandPriority,
  CommandState,
  Receipt,
  WakeFor,
  WrittenPiece,
} from '@reeve/contract';
import type {
  CommandId,
  CredentialId,
  DeviceId,
  HandshakeId,
  IncidentId,
  PolicyId,
  RegistrationId,
  ResponseId,
} from '../ids.ts';
import type { Check, HandshakeFacts } from '../link/handshake-facts.ts';
import type { SessionId } from '../link/port.ts';
import type { Profile } from '../registry/profiles.ts';
import type { Quirks } from '../registry/quirks.ts';
import { accessTables } from './access-tables.ts';
import { bootstrapTables } from './bootstrap-tables.ts';
import { device, organisation } from './columns.ts';
import { credentialTables } from './credential-tables.ts';
import { frameTables } from './frame-tables.ts';
import { incidentTables } from './incident-tables.ts';
import { modelTables } from './model-tables.ts';
import { noticeTables } from './notice-tables.ts';
import { bytes, integer, json, type KeyOf, optional, type RowOf, table, text } from './schema.ts';
import { updateTables } from './update-tables.ts';
import { wakeTables } from './wake-tables.ts';

/** An object that a registration announced. */
export interface RegisteredObject {
  objectId: number;
  version?: string;
  instances: number[];
}

/** A value as it is stored: JSON form of contract's `ResourceValue` with its LwM2M type. */
export interface StoredValue {
  type: string;
  value: string | number | boolean | null;
}

/**
 * Everything the store keeps apart from journal and history. Every row of a device carries its `deviceId` and
 * `organisationId`; endpoint names and identities are attributes.
 */
export const tables = {
  organisations: table({ ...organisation, name: text(), createdAt: integer() }, ['organisationId']),

  devices: table(
    {
      ...device,
      endpoint: text(),
      labels: json<Record<string, string>>(),
      site: optional(text()),
      owner: optional(text()),
      /** What the operator says the model is; the device's own /3/0/1 counts if absent. */
      model: optional(text()),
      /** May register without DTLS (only while the server runs with --nosec). */
      noSec: integer(),
      createdAt: integer(),
      /** Seconds that it stays awake after its last message, in queue mode; absent: as the RFC has it. */
      awakeSeconds: optional(integer()),
      /** Bytes that the server may send it in a day without urgency; absent: as many as it likes. */
      downlinkBytesPerDay: optional(integer()),
      /** The gateway that it is behind. */
      gatewayId: optional(text<DeviceId>()),
      /** 1: devices that it names as behind it are added by themselves. */
      admitsBehind: optional(integer()),
      /** Where it is reached by SMS, in place of what it registers. */
      smsNumber: optional(text()),
      /** What it is woken for by SMS; absent: as the server has it. */
      wake: optional(text<WakeFor>()),
    },
    ['deviceId'],
    { unique: [['organisationId', 'endpoint']] },
  ),

  ...credentialTables,
  ...frameTables,
  ...updateTables,
  ...modelTables,
  ...noticeTables,
  ...bootstrapTables,
  ...wakeTables,
  ...accessTables,

  /** The terms of a device's one current registration. */
  registrations: table(
    {
      ...device,
      registrationId: text<RegistrationId>(),
      endpoint: text(),
      /** Label of the authenticated identity, absent for NoSec. */
      identity: optional(text()),
      lifetime: integer(),
      version: text(),
      binding: text(),
      queueMode: integer(),
      rootPath: text(),
      contentFormats: json<readonly number[]>(),
      objects: json<readonly RegisteredObject[]>(),
      extra: json<Record<string, string>>(),
      registeredAt: integer(),
      state: text<'registered' | 'deregistered' | 'expired'>(),
      endedAt: optional(integer()),
      /** Content formats that the device has refused since it registered. */
      refusedFormats: optional(json<number[]>()),
      /** How it has to be asked. */
      quirks: optional(json<Quirks>()),
      /** Telephone number or external identifier, as the device has it. */
      sms: optional(text()),
      /** What the device offers under a name. */
      profile: optional(json<Profile>()),
      /** By which the gateway names it, of a device behind one; the last segment of `rootPath`. */
      prefix: optional(text()),
    },
    ['deviceId'],
  ),

  /** When and where from a registered device was last heard. A plain Update touches this row alone. */
  contacts: table(
    {
      ...device,
      lastContactAt: integer(),
      address: text(),
      /** The DTLS session that it was heard over; absent for NoSec. */
      sessionId: optional(text<SessionId>()),
      /** Newest record of that session whose effect is stored: it and those before it are replays after a restart. */
      received: optional(integer()),
    },
    ['deviceId'],
  ),

  /** DTLS sessions that live, so that a restart keeps them. */
  dtlsSessions: table(
    {
      ...organisation,
      sessionId: text<SessionId>(),
      /** The device that its credential belongs to. */
      deviceId: optional(text<DeviceId>()),
      /** Label of the authenticated identity. */
      identity: text(),
      /** What admitted it, in the words of the registry. */
      credential: text<CredentialId>(),
      /** Ours, in hex; absent if the session is found by its address. */
      connectionId: optional(text()),
      /** `ip:port` for people; the link's own is in the snapshot. */
      address: text(),
      /** Index of the socket that it came in on. */
      ingress: integer(),
      /** Keys and parameters; sealed, bound to this row. */
      sealedSnapshot: bytes(),
      /** Numbers of records below this one may have been sent. Raised by compare-and-set, never lowered. */
      sendLimit: integer(),
      openedAt: integer(),
    },
    ['sessionId'],
  ),

  /** Which process owns the Connection IDs of a slot; they live for longer than processes do. */
  connectionIdSlots: table({ slot: integer(), owner: text(), since: integer() }, ['slot'], { unique: [['owner']] }),

  /**
   * Observations that a person asked for; those of policies follow from the policies. `path` is the text of a target; see
   * observations/target.ts.
   */
  wantedObservations: table({ ...device, path: text(), person: text(), createdAt: integer() }, [
    'deviceId',
    'path',
    'person',
  ]),

  /** Observations that the device accepted, so that notifications are matched again after a restart. */
  observations: table(
    {
      ...device,
      registrationId: text<RegistrationId>(),
      path: text(),
      token: text(),
      since: integer(),
      /** Content format of the list of paths, of a composite one. */
      format: optional(integer()),
    },
    ['deviceId', 'path'],
  ),

  /** Newest value per resource. */
  values: table(
    {
      ...device,
      path: text(),
      stored: json<StoredValue>(),
      observedAt: optional(integer()),
      receivedAt: integer(),
      clock: text<'none' | 'good' | 'doubtful'>(),
      truncated: integer(),
    },
    ['deviceId', 'path'],
  ),

  /** What was sent to devices that have a budget of bytes, on the newest day that something was. */
  downlinkUse: table(
    {
      ...device,
      /** Days since 1970-01-01, UTC. */
      day: integer(),
      bytes: integer(),
    },
    ['deviceId'],
  ),

  commands: table(
    {
      ...device,
      commandId: text<CommandId>(),
      /** Order within the device's queue. */
      position: integer(),
      operation: json<CommandOperation>(),
      state: text<CommandState>(),
      actor: json<Actor>(),
      repeatable: integer(),
      attempts: integer(),
      idempotencyKey: optional(text()),
      incidentId: optional(text<IncidentId>()),
      responseId: optional(text<ResponseId>()),
      receipts: json<Receipt[]>(),
      code: optional(text()),
      values: optional(json<{ path: string; stored: StoredValue; receivedAt: number; observedAt?: number }[]>()),
      createdAt: integer(),
      expiresAt: integer(),
      finishedAt: optional(integer()),
      /** The object instance that a Create made. */
      created: optional(text()),
      /** What a Discover listed. */
      nodes: optional(json<{ path: string; attributes: Readonly<Record<string, string>> }[]>()),
      /** What became of each value that was written by itself. */
      pieces: optional(json<readonly WrittenPiece[]>()),
      /** Absent: normal. */
      priority: optional(text<CommandPriority>()),
      /** 1: it was sent and not answered, so the device may have acted on it. */
      unanswered: optional(integer()),
      /** Who asked to have it cancelled while it was under way. */
      cancelledBy: optional(json<Actor>()),
      /** What `operation` has null for because it is secret; gone once the command has ended. */
      sealedValues: optional(bytes()),
      /** With an idempotency key: what only the same secrets have. */
      valuesDigest: optional(bytes()),
    },
    ['commandId'],
    {
      unique: [['organisationId', 'idempotencyKey']],
      indexes: [['deviceId', 'state'], ['state'], ['responseId'], ['createdAt']],
    },
  ),

  policies: table(
    {
      ...organisation,
      policyId: text<PolicyId>(),
      version: integer(),
      mode: text<'monitor' | 'enforce'>(),
      source: text(),
      /** `CompiledPolicy` of @reeve/policy, with its geometry. */
      compiled: json<unknown>(),
      appliedAt: integer(),
      appliedBy: json<Actor>(),
    },
    ['organisationId', 'policyId'],
  ),

  /** State of one rule for one device, keyed by the rule's content so that it outlives policy versions. */
  ruleStates: table(
    {
      ...device,
      ruleKey: text(),
      policyId: text<PolicyId>(),
      ruleId: text(),
      state: json<unknown>(),
      /** When the evaluator wants a tick next. */
      wakeAt: optional(integer()),
    },
    ['deviceId', 'policyId', 'ruleKey'],
    { indexes: [['policyId']] },
  ),

  ...incidentTables,

  /** Handshakes that failed, and registrations after them; equal ones are one row. */
  failedHandshakes: table(
    {
      ...organisation,
      handshakeId: text<HandshakeId>(),
      firstAt: integer(),
      lastAt: integer(),
      count: integer(),
      /** Without the port. */
      address: text(),
      listener: optional(text()),
      stage: text<'dtls' | 'lwm2m'>(),
      check: text<Check>(),
      detail: text(),
      /** Label of the identity that was presented. */
      identity: optional(text()),
      endpoint: optional(text()),
      handshake: optional(json<HandshakeFacts>()),
    },
    ['handshakeId'],
    { indexes: [['lastAt']] },
  ),

  /** How far each consumer of the journal has come. */
  cursors: table({ consumer: text(), seq: integer() }, ['consumer']),
} as const;

type Tables = typeof tables;
export type TableName = keyof Tables;
export type Row<T extends TableName> = RowOf<Tables[T]>;
export type Key<T extends TableName> = KeyOf<Tables[T]>;
