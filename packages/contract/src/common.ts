import Type, { type Static } from 'typebox';

/** Milliseconds since the Unix epoch, as a JSON number. */
export const Instant = Type.Integer({ description: 'Milliseconds since the Unix epoch (UTC)' });

/** Labels of a device: at most 32 pairs, keys of 63 and values of 255 characters. */
export const Labels = Type.Record(
  Type.String({ minLength: 1, maxLength: 63, pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]*$' }),
  Type.String({ maxLength: 255 }),
  { maxProperties: 32, additionalProperties: false },
);
export type Labels = Static<typeof Labels>;

/** Who or what caused something: a person, a token, a policy, the device itself or the server. */
export const Actor = Type.Object({
  kind: Type.Union([
    Type.Literal('person'),
    Type.Literal('token'),
    Type.Literal('policy'),
    Type.Literal('device'),
    Type.Literal('server'),
  ]),
  name: Type.String(),
});
export type Actor = Static<typeof Actor>;

/** RFC 9457 problem details; `code` is stable and listed in docs/errors.md. */
export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String(),
  detail: Type.Optional(Type.String({ description: 'What happened and what to do next' })),
  errors: Type.Optional(
    Type.Array(
      Type.Object({ at: Type.String({ description: 'Field, or line of a document' }), message: Type.String() }),
    ),
  ),
});
export type Problem = Static<typeof Problem>;

/** One page of a list: `next` is passed as `after` to get the following one. */
export function Page<T extends Type.TSchema>(item: T) {
  return Type.Object({ items: Type.Array(item), next: Type.Optional(Type.String()) });
}

/** Query of a paged list. */
export const PageQuery = {
  after: Type.Optional(Type.String({ maxLength: 200 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
};

export const Id = Type.String({ minLength: 1, maxLength: 64 });
/** A device in a path: its id or its endpoint name. */
export const DeviceRef = Type.String({ minLength: 1, maxLength: 255 });
/** An LwM2M path as a regular expression: at most object, instance, resource and resource instance. */
export const PATH_PATTERN = '^/(\\d{1,5}(/\\d{1,5}){0,3})?$';

/**
 * What one observation is of: a path, or several with a space between them (Observe-Composite); then perhaps `?` and
 * notification attributes for this observation alone, e.g. `/3/0/9 /6/0?pmin=60`.
 */
export const ObservedText = Type.String({
  pattern: '^/[0-9/]*( /[0-9/]*)*(\\?[a-z]+=[0-9.eE+-]+(&[a-z]+=[0-9.eE+-]+)*)?$',
  maxLength: 1500,
});

/** A canonical LwM2M path such as `/3/0/9`. */
export const PathText = Type.String({ pattern: PATH_PATTERN, maxLength: 24 });
