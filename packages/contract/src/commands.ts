import Type, { type Static } from 'typebox';
import { Actor, Instant, PathText } from './common.ts';
import { JsonValue, ResourceValue, Secret } from './devices.ts';
import { Waiting } from './downlink.ts';

const Attribute = Type.Optional(Type.Union([Type.Number(), Type.Null()]));
const Whole = Type.Optional(Type.Union([Type.Integer({ minimum: 0, maximum: 4_294_967_295 }), Type.Null()]));
const Bit = Type.Optional(Type.Union([Type.Integer({ minimum: 0, maximum: 1 }), Type.Null()]));

/**
 * What decides when a device notifies; null takes an attribute away. Periods are in seconds, thresholds in the unit of
 * the resource. `epmin` and `epmax` need LwM2M 1.1; `edge`, `con` and `hqmax` need 1.2.
 */
export const NotificationAttributes = Type.Object(
  {
    pmin: Whole,
    pmax: Whole,
    gt: Attribute,
    lt: Attribute,
    st: Attribute,
    epmin: Whole,
    epmax: Whole,
    edge: Bit,
    con: Bit,
    hqmax: Whole,
  },
  { additionalProperties: false },
);
export type NotificationAttributes = Static<typeof NotificationAttributes>;

const WrittenValue = Type.Object({
  path: PathText,
  value: JsonValue,
  type: Type.Optional(Type.String({ maxLength: 16 })),
  secret: Secret,
});

/** What a command asks of the device. Values are typed by the object's definition, or by `type`. */
export const CommandOperation = Type.Union([
  Type.Object({ kind: Type.Literal('read'), path: PathText }),
  Type.Object({
    kind: Type.Literal('read-composite'),
    /** Of nodes anywhere in the device; what it does not have, or does not tell, is missing from the answer. */
    paths: Type.Array(PathText, { minItems: 1, maxItems: 100, uniqueItems: true }),
  }),
  Type.Object({
    kind: Type.Literal('write-composite'),
    /** Of resources anywhere in the device, written all or not at all; null removes a resource instance (LwM2M 1.2). */
    values: Type.Array(WrittenValue, { minItems: 1, maxItems: 200 }),
    /**
     * A device that refuses them together may be written one after the other, so that in the end some may be written
     * and others not. Nothing can be removed so.
     */
    inPieces: Type.Optional(Type.Boolean()),
  }),
  Type.Object({
    kind: Type.Literal('write'),
    /** `replace` is a PUT; `partial` a POST that merges. */
    mode: Type.Union([Type.Literal('replace'), Type.Literal('partial')]),
    path: PathText,
    values: Type.Array(WrittenValue, { minItems: 1, maxItems: 200 }),
  }),
  Type.Object({
    kind: Type.Literal('execute'),
    path: PathText,
    arguments: Type.Optional(Type.String({ maxLength: 1024 })),
  }),
  Type.Object({
    kind: Type.Literal('create'),
    /** Of the object, e.g. /5. */
    path: PathText,
    /** Left out, the device chooses: not every device can. */
    instanceId: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_534 })),
    /** What the instance begins with; paths are those of resources within it, e.g. /1, or /2/0 for one of several values. */
    values: Type.Array(WrittenValue, { maxItems: 200 }),
  }),
  Type.Object({ kind: Type.Literal('delete'), path: PathText }),
  Type.Object({
    kind: Type.Literal('discover'),
    path: PathText,
    /** Levels below the path; devices before 1.2 list what they list. */
    depth: Type.Optional(Type.Integer({ minimum: 0, maximum: 3 })),
  }),
  Type.Object({
    kind: Type.Literal('write-attributes'),
    path: PathText,
    attributes: NotificationAttributes,
  }),
]);
export type CommandOperation = Static<typeof CommandOperation>;

export const CommandState = Type.Union([
  Type.Literal('queued'),
  Type.Literal('sent'),
  Type.Literal('answered'),
  Type.Literal('failed'),
  Type.Literal('expired'),
  Type.Literal('cancelled'),
  Type.Literal('outcome-unknown'),
]);
export type CommandState = Static<typeof CommandState>;

/**
 * What goes first: urgent commands before all others, and whatever the device may be sent; background ones last, and
 * only as fast as the limits of site and server allow. Those of one priority go in the order of their queueing.
 */
export const CommandPriority = Type.Union([Type.Literal('urgent'), Type.Literal('normal'), Type.Literal('background')]);
export type CommandPriority = Static<typeof CommandPriority>;

/** What a command left at one step. */
export const Receipt = Type.Object({
  at: Instant,
  step: Type.String({
    description: 'queued, woken, sent, repeated, answered, failed, expired, cancelled, outcome-unknown',
  }),
  text: Type.String(),
});
export type Receipt = Static<typeof Receipt>;

/** One node that a Discover listed. */
export const DiscoveredNode = Type.Object({
  path: PathText,
  name: Type.Optional(Type.String()),
  attributes: Type.Record(Type.String(), Type.String(), {
    description: 'Notification attributes, `dim` (number of instances) and the like, as the device wrote them',
  }),
});
export type DiscoveredNode = Static<typeof DiscoveredNode>;

/** What became of one value that was written by itself. */
export const WrittenPiece = Type.Object({
  path: PathText,
  written: Type.Boolean({ description: 'the device said so' }),
  text: Type.String({ description: 'what it answered' }),
});
export type WrittenPiece = Static<typeof WrittenPiece>;

export const Command = Type.Object({
  commandId: Type.String(),
  deviceId: Type.String(),
  endpoint: Type.String(),
  operation: CommandOperation,
  state: CommandState,
  priority: CommandPriority,
  /** Why a queued command is not sent yet. */
  waiting: Type.Optional(Waiting),
  /** Who asked to have it cancelled while it was under way: its answer counts still, but it is not repeated. */
  cancelledBy: Type.Optional(Type.String()),
  actor: Actor,
  createdAt: Instant,
  expiresAt: Instant,
  receipts: Type.Array(Receipt),
  /** CoAP code of the answer, e.g. "2.05". */
  code: Type.Optional(Type.String()),
  values: Type.Optional(Type.Array(ResourceValue)),
  /** The object instance that a Create made, if it is known. */
  created: Type.Optional(PathText),
  /** What a Discover listed. */
  nodes: Type.Optional(Type.Array(DiscoveredNode)),
  /** What became of each value that was to be written together, where they were written one after the other. */
  pieces: Type.Optional(Type.Array(WrittenPiece)),
  incidentId: Type.Optional(Type.String()),
});
export type Command = Static<typeof Command>;

export const CommandCreate = Type.Object(
  {
    operation: CommandOperation,
    /** Default: normal. */
    priority: Type.Optional(CommandPriority),
    /** Seconds until an unanswered command is given up; default one day. */
    expiresIn: Type.Optional(Type.Integer({ minimum: 1, maximum: 31_536_000 })),
    /** The caller accepts that an Execute, Create, Delete or partial Write without an answer is sent again. */
    repeatable: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type CommandCreate = Static<typeof CommandCreate>;

/** What a command would cost the device if its first request is answered. */
export const CommandCost = Type.Object({
  bytes: Type.Integer({ description: 'of the request, with all headers' }),
  datagrams: Type.Integer({ description: 'that carry it' }),
  /** Absent where nothing is read, or nothing is known of it. */
  answerBytes: Type.Optional(Type.Integer({ description: 'of the answer, if values are as long as those known' })),
  unread: Type.Optional(Type.Array(PathText, { description: 'what is read, and of which no value is known yet' })),
  wakeUps: Type.Integer({ description: 'that the device has to make for it' }),
  /** Why it could not be sent now. */
  waiting: Type.Optional(Waiting),
});
export type CommandCost = Static<typeof CommandCost>;
