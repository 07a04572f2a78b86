import Type, { type Static } from 'typebox';

/** Why what is to be sent to a device waits. */
export const Waiting = Type.Object({
  reason: Type.Union([
    Type.Literal('never-registered'),
    Type.Literal('not-registered'),
    Type.Literal('asleep'),
    Type.Literal('unreachable'),
    Type.Literal('budget'),
    Type.Literal('site'),
    Type.Literal('server'),
    Type.Literal('order'),
  ]),
  text: Type.String({ description: 'The reason for people, e.g. "asleep until heard"' }),
});
export type Waiting = Static<typeof Waiting>;

/** For which commands a sleeping device is woken by SMS: urgent ones, those and normal ones, or none. */
export const WakeFor = Type.Union([Type.Literal('urgent'), Type.Literal('normal'), Type.Literal('never')]);
export type WakeFor = Static<typeof WakeFor>;

/** What the server may send a device, and when. */
export const downlinkSettings = {
  /** Seconds that it stays awake after its last message, in queue mode. */
  awakeSeconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
  /** Bytes of requests in a day (UTC), urgent ones excepted; with the headers that carry them. */
  downlinkBytesPerDay: Type.Integer({ minimum: 1, maximum: 1_000_000_000_000 }),
  /** Where it is reached by SMS. */
  smsNumber: Type.String({ pattern: '^\\+?[0-9]{6,15}$' }),
};

/** What waits to be sent to a device, and what it may be sent. */
export const Downlink = Type.Object({
  awakeSeconds: Type.Integer(),
  bytesPerDay: Type.Optional(Type.Integer()),
  /** Of the present day; only of a device with a budget. */
  bytesToday: Type.Optional(Type.Integer()),
  queuedCommands: Type.Integer(),
  /** Why the first of them waits. */
  waiting: Type.Optional(Waiting),
});
export type Downlink = Static<typeof Downlink>;
