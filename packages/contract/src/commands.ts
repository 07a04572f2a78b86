import Type, { type Static } from 'typebox';
import { Actor, Instant, PathText } from './common.ts';
import { JsonValue, ResourceValue } from './devices.ts';

/** What a command asks of the device. Values are typed by the object's definition, or by `type`. */
export const CommandOperation = Type.Union([
  Type.Object({ kind: Type.Literal('read'), path: PathText }),
  Type.Object({
    kind: Type.Literal('write'),
    /** `replace` is a PUT; `partial` a POST that merges. */
    mode: Type.Union([Type.Literal('replace'), Type.Literal('partial')]),
    path: PathText,
    values: Type.Array(
      Type.Object({ path: PathText, value: JsonValue, type: Type.Optional(Type.String({ maxLength: 16 })) }),
      { minItems: 1, maxItems: 200 },
    ),
  }),
  Type.Object({
    kind: Type.Literal('execute'),
    path: PathText,
    arguments: Type.Optional(Type.String({ maxLength: 1024 })),
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

/** What a command left at one step. */
export const Receipt = Type.Object({
  at: Instant,
  step: Type.String({ description: 'queued, sent, repeated, answered, failed, expired, cancelled, outcome-unknown' }),
  text: Type.String(),
});
export type Receipt = Static<typeof Receipt>;

export const Command = Type.Object({
  commandId: Type.String(),
  deviceId: Type.String(),
  endpoint: Type.String(),
  operation: CommandOperation,
  state: CommandState,
  actor: Actor,
  createdAt: Instant,
  expiresAt: Instant,
  receipts: Type.Array(Receipt),
  /** CoAP code of the answer, e.g. "2.05". */
  code: Type.Optional(Type.String()),
  values: Type.Optional(Type.Array(ResourceValue)),
  incidentId: Type.Optional(Type.String()),
});
export type Command = Static<typeof Command>;

export const CommandCreate = Type.Object(
  {
    operation: CommandOperation,
    /** Seconds until an unanswered command is given up; default one day. */
    expiresIn: Type.Optional(Type.Integer({ minimum: 1, maximum: 31_536_000 })),
    /** The caller accepts that an Execute or partial Write without an answer is sent again. */
    repeatable: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type CommandCreate = Static<typeof CommandCreate>;
