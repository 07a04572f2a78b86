import Type, { type Static } from 'typebox';
import { Instant } from './common.ts';
import { ResourceInfo } from './devices.ts';

/** One version of an object as the server knows it. */
export const ModelInfo = Type.Object({
  objectId: Type.Integer(),
  version: Type.String(),
  name: Type.String(),
  urn: Type.String(),
  multiple: Type.Boolean({ description: 'whether it may have several instances' }),
  mandatory: Type.Boolean(),
  resourceCount: Type.Integer(),
  source: Type.Union([Type.Literal('shipped'), Type.Literal('added')]),
  addedAt: Type.Optional(Instant),
});
export type ModelInfo = Static<typeof ModelInfo>;

export const ModelDetail = Type.Object({
  ...ModelInfo.properties,
  versions: Type.Array(Type.String(), { description: 'every known version of the object, oldest first' }),
  resources: Type.Array(ResourceInfo),
  devices: Type.Integer({ description: 'registered devices that are read by this version' }),
});
export type ModelDetail = Static<typeof ModelDetail>;

export const ModelAdd = Type.Object(
  {
    xml: Type.String({
      minLength: 1,
      maxLength: 524_288,
      description: 'a document in the form of the OMA registry (LWM2M.xsd or LWM2M-v1_1.xsd)',
    }),
  },
  { additionalProperties: false },
);
