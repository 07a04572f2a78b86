import type { Scope } from '@reeve/contract';
import type { PersonId, TokenId } from '../ids.ts';
import { organisation } from './columns.ts';
import { integer, optional, table, text } from './schema.ts';

/** Who may sign in, and with what. */
export const accessTables = {
  people: table({ ...organisation, personId: text<PersonId>(), name: text(), createdAt: integer() }, ['personId'], {
    unique: [['organisationId', 'name']],
  }),
  /** One-time sign-in links, by the hash of their token. */
  signInLinks: table({ ...organisation, hash: text(), personId: text<PersonId>(), expiresAt: integer() }, ['hash']),
  /** Console sessions, by the hash of their cookie. */
  sessions: table(
    { ...organisation, hash: text(), personId: text<PersonId>(), createdAt: integer(), expiresAt: integer() },
    ['hash'],
  ),
  tokens: table(
    {
      ...organisation,
      tokenId: text<TokenId>(),
      hash: text(),
      name: text(),
      createdAt: integer(),
      lastUsedAt: optional(integer()),
      scope: text<Scope>(),
      /** When it last asked for what its scope does not allow. */
      refusedAt: optional(integer()),
    },
    ['tokenId'],
    { unique: [['hash']] },
  ),
} as const;
