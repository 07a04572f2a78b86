import Type, { type Static } from 'typebox';
import { Instant, PathText } from './common.ts';

/** Some bits of a payload, and the resource that they are a value of. */
export const FrameField = Type.Object(
  {
    /** Left out: bits that mean nothing. */
    path: Type.Optional(PathText),
    bits: Type.Integer({ minimum: 1, maximum: 48 }),
    encoding: Type.Optional(
      Type.Union([Type.Literal('unsigned'), Type.Literal('signed'), Type.Literal('boolean'), Type.Literal('float')]),
    ),
    /** The value is the number × scale + offset. */
    scale: Type.Optional(Type.Number()),
    offset: Type.Optional(Type.Number()),
  },
  { additionalProperties: false },
);
export type FrameField = Static<typeof FrameField>;

const LayoutName = Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9._-]+$' });

/** What the frames of devices on a thin network mean. Fields stand in order, from the most significant bit on. */
export const FrameLayout = Type.Object(
  {
    name: LayoutName,
    /** Seconds between two frames, so that a silent device is noticed. */
    every: Type.Optional(Type.Integer({ minimum: 1, maximum: 31_536_000 })),
    fields: Type.Array(FrameField, { minItems: 1, maxItems: 24 }),
  },
  { additionalProperties: false },
);
export type FrameLayout = Static<typeof FrameLayout>;

/** How a device sends frames. */
export const FrameSource = Type.Object({
  endpoint: Type.String(),
  /** What the network calls the device. */
  link: Type.String(),
  /** Names of its layouts; the first has number 0 in a frame. */
  layouts: Type.Array(LayoutName),
  /** Number of its newest frame; 0 before the first. */
  newest: Type.Integer(),
  lastAt: Type.Optional(Instant),
});
export type FrameSource = Static<typeof FrameSource>;

export const FrameSourceSet = Type.Object(
  {
    link: Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9._:-]+$' }),
    layouts: Type.Array(LayoutName, { minItems: 1, maxItems: 16 }),
    /** 16 octets in hex; left out, a key is made when there is none. */
    key: Type.Optional(Type.String({ pattern: '^[0-9A-Fa-f]{32}$' })),
  },
  { additionalProperties: false },
);
export type FrameSourceSet = Static<typeof FrameSourceSet>;

/** A frame source as it was set; the key is answered once, if it was made here. */
export const FrameSourceAnswer = Type.Object({ source: FrameSource, key: Type.Optional(Type.String()) });
export type FrameSourceAnswer = Static<typeof FrameSourceAnswer>;

/** A frame as a network's callback delivers it; what else the network says is ignored. */
export const FrameDelivery = Type.Object({
  link: Type.String({ maxLength: 64 }),
  /** The frame in hex. */
  data: Type.String({ maxLength: 64, pattern: '^([0-9A-Fa-f]{2})*$' }),
  /** When the network received it: Unix seconds. */
  time: Type.Optional(Type.Number({ minimum: 0, maximum: 4_294_967_295 })),
});
export type FrameDelivery = Static<typeof FrameDelivery>;
