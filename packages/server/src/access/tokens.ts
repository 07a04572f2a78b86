import type { Actor, Token } from '@reeve/contract';
import { ReeveError } from '../errors.ts';
import type { Handlers } from '../http/handlers.ts';
import { type Millis, newId, type OrganisationId } from '../ids.ts';
import type { Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import type { Identity } from './identity.ts';
import { accessLimits } from './limits.ts';
import { hashSecret, newSecret } from './secret.ts';

/** So that people and secret scanners recognise a token that lies about. */
const PREFIX = 'reeve_';

/** Bearer tokens of programs. */
export class Tokens {
  readonly #store: Store;
  readonly #now: () => Millis;

  constructor(store: Store, now: () => Millis) {
    this.#store = store;
    this.#now = now;
  }

  /** Who a token's secret stands for. */
  async identify(secret: string): Promise<Identity | undefined> {
    const token = await this.find(secret);
    if (!token) return undefined;
    const now = this.#now();
    if (now - (token.lastUsedAt ?? 0) >= accessLimits.touchEvery) {
      // Not awaited: a disk that is full must not keep programs from reading.
      this.#store
        .commit({ changes: [{ patch: 'tokens', key: { tokenId: token.tokenId }, set: { lastUsedAt: now } }] })
        .catch(() => {});
    }
    return { actor: { kind: 'token', name: token.name }, organisationId: token.organisationId };
  }

  /** The stored token of a secret. */
  async find(secret: string): Promise<Row<'tokens'> | undefined> {
    if (!secret.startsWith(PREFIX)) return undefined;
    const [token] = await this.#store.list('tokens', { where: { hash: hashSecret(secret) }, limit: 1 });
    return token;
  }

  /** Makes a token. @throws ReeveError `too-many` */
  async create(
    organisationId: OrganisationId,
    name: string,
    actor: Actor,
  ): Promise<{ token: Row<'tokens'>; secret: string }> {
    if ((await this.#list(organisationId)).length >= accessLimits.tokens) {
      throw new ReeveError('too-many', `There are ${accessLimits.tokens} tokens already: revoke one first`);
    }
    const secret = newSecret(PREFIX);
    const at = this.#now();
    const token: Row<'tokens'> = {
      organisationId,
      tokenId: newId.token(),
      hash: hashSecret(secret),
      name,
      createdAt: at,
    };
    await this.#store.commit({
      changes: [{ put: 'tokens', row: token }],
      journal: [{ type: 'token.created', payload: { name }, at, organisationId, actor }],
    });
    return { token, secret };
  }

  /** Revokes a token. */
  async revoke(token: Row<'tokens'>, actor: Actor): Promise<void> {
    const { organisationId, tokenId, name } = token;
    await this.#store.commit({
      changes: [{ delete: 'tokens', key: { tokenId } }],
      journal: [{ type: 'token.revoked', payload: { name }, at: this.#now(), organisationId, actor }],
    });
  }

  handlers(): Pick<Handlers, 'tokens.list' | 'tokens.create' | 'tokens.revoke'> {
    return {
      'tokens.list': async ({ organisationId }) => {
        return { items: (await this.#list(organisationId)).map(shown) };
      },
      'tokens.create': async ({ organisationId, body, actor }) => {
        const { token, secret } = await this.create(organisationId, body.name, actor);
        return { token: shown(token), secret };
      },
      'tokens.revoke': async ({ organisationId, params, actor }) => {
        const token = (await this.#list(organisationId)).find(({ tokenId }) => tokenId === params.id);
        if (!token) throw new ReeveError('no-such-thing', `There is no token ${params.id}`);
        await this.revoke(token, actor);
      },
    };
  }

  async #list(organisationId: OrganisationId): Promise<Row<'tokens'>[]> {
    const rows = await this.#store.list('tokens');
    return rows.filter((row) => row.organisationId === organisationId);
  }
}

function shown({ tokenId, name, createdAt, lastUsedAt }: Row<'tokens'>): Token {
  return { tokenId, name, createdAt, ...(lastUsedAt === undefined ? {} : { lastUsedAt }) };
}
