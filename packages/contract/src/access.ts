import Type, { type Static } from 'typebox';
import { Actor, Instant } from './common.ts';
import { Scope } from './scopes.ts';

/** Who the caller is and what the server is, for the first paint of the console. */
export const Session = Type.Object({
  actor: Actor,
  server: Type.Object({
    version: Type.String(),
    startedAt: Instant,
    noSec: Type.Boolean({ description: 'true: devices may connect without security; the console says so' }),
    keyLog: Type.Boolean({
      description: 'true: the keys of all DTLS sessions are written to a file; the console says so',
    }),
    coapsPort: Type.Integer(),
    warnings: Type.Array(Type.String(), { description: 'what needs attention, a sentence each' }),
    store: Type.Union([Type.Literal('ok'), Type.Literal('full'), Type.Literal('failing')]),
  }),
});
export type Session = Static<typeof Session>;

export const SignIn = Type.Object(
  { token: Type.String({ minLength: 20, maxLength: 200 }) },
  { additionalProperties: false },
);

export const Person = Type.Object({ personId: Type.String(), name: Type.String(), createdAt: Instant });
export type Person = Static<typeof Person>;

export const PersonAdd = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9._@-]+$' }) },
  { additionalProperties: false },
);

/** A one-time sign-in link, valid for ten minutes. The secret is in the fragment, which browsers do not send. */
export const SignInLink = Type.Object({ name: Type.String(), url: Type.String(), expiresAt: Instant });
export type SignInLink = Static<typeof SignInLink>;

export const Token = Type.Object({
  tokenId: Type.String(),
  name: Type.String(),
  scope: Scope,
  createdAt: Instant,
  lastUsedAt: Type.Optional(Instant),
  /** When it last asked for what its scope does not allow; written once an hour at most. */
  refusedAt: Type.Optional(Instant),
});
export type Token = Static<typeof Token>;

export const TokenCreate = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 64 }),
    scope: Type.Optional(Scope),
  },
  { additionalProperties: false },
);

export const TokenCreated = Type.Object({ token: Token, secret: Type.String({ description: 'Shown this once' }) });
export type TokenCreated = Static<typeof TokenCreated>;

export const Webhook = Type.Object({
  webhookId: Type.String(),
  url: Type.String(),
  createdAt: Instant,
  waiting: Type.Integer({ description: 'notices not delivered yet' }),
  dead: Type.Integer({ description: 'notices given up' }),
  lastDeliveredAt: Type.Optional(Instant),
  lastError: Type.Optional(Type.String()),
});
export type Webhook = Static<typeof Webhook>;

export const WebhookAdd = Type.Object(
  { url: Type.String({ pattern: '^https?://', maxLength: 2000 }) },
  { additionalProperties: false },
);

export const WebhookAdded = Type.Object({ webhook: Webhook, secret: Type.String({ description: 'Shown this once' }) });
export type WebhookAdded = Static<typeof WebhookAdded>;

export const DeadLetter = Type.Object({
  deliveryId: Type.String(),
  webhookId: Type.String(),
  type: Type.String(),
  createdAt: Instant,
  attempts: Type.Integer(),
  lastError: Type.String(),
});
export type DeadLetter = Static<typeof DeadLetter>;

/**
 * One server-sent event of `GET /api/v1/events`. `id` is the journal's seq for entries, so that a stream resumes;
 * `sample` and `presence` are live only and carry no id.
 */
export const LiveEventKind = { journal: 'journal', samples: 'samples', presence: 'presence' } as const;
