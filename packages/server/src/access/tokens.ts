import type { Actor, Scope, Token } from '@reeve/contract';
import { ReeveError } from '../errors.ts';
import type { Handlers } from '../http/handlers.ts';
import { type Millis, newId, type OrganisationId, type TokenId } from '../ids.ts';
import type { Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import type { Grant } from './identity.ts';
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
  async identify(secret: string): Promise<Grant | undefined> {
    const token = await this.find(secret);
    if (!token) return undefined;
    const { organisationId, scope, tokenId, name } = token;
    const now = this.#now();
    if (now - (token.lastUsedAt ?? 0) >= accessLimits.touchEvery) {
      // Not awaited: a disk that is full must not keep programs from reading.
      this.#store
        .commit({ changes: [{ patch: 'tokens', key: { tokenId }, set: { lastUsedAt: now } }] })
        .catch(() => {});
    }
    return { actor: { kind: 'token', name }, organisationId, scope, tokenId };
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
    scope: Scope,
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
      scope,
      createdAt: at,
    };
    await this.#store.commit({
      changes: [{ put: 'tokens', row: token }],
      journal: [{ type: 'token.created', payload: { name, scope }, at, organisationId, actor }],
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

  /**
   * The error for a token that asked for what its scope does not allow. The journal tells of it, once an hour at most.
   *
   * @param request what was asked for, e.g. `GET /api/v1/tokens`
   */
  async heldBack(tokenId: TokenId, needed: Scope, request: string): Promise<ReeveError> {
    const token = await this.#store.get('tokens', { tokenId });
    if (!token) return new ReeveError('not-signed-in', 'The token was revoked');
    const { organisationId, name, scope, refusedAt = 0 } = token;
    const at = this.#now();
    if (at - refusedAt >= accessLimits.refusalEvery) {
      const payload = { name, scope, needed, request };
      const actor = { kind: 'token', name } as const;
      // Not awaited: what is refused is refused, even if nothing can be stored.
      this.#store
        .commit({
          changes: [{ patch: 'tokens', key: { tokenId }, set: { refusedAt: at } }],
          journal: [{ type: 'token.held-back', payload, at, organisationId, actor }],
        })
        .catch(() => {});
    }
    return new ReeveError(
      'insufficient-scope',
      `This needs the scope ${needed}; the token "${name}" has ${scope}. Make another: reeve token create NAME --scope ${needed}`,
      [{ at: 'scope', message: needed }],
    );
  }

  handlers(): Pick<Handlers, 'tokens.list' | 'tokens.create' | 'tokens.revoke'> {
    return {
      'tokens.list': async ({ organisationId }) => {
        return { items: (await this.#list(organisationId)).map(shown) };
      },
      'tokens.create': async ({ organisationId, body, actor }) => {
        const { token, secret } = await this.create(organisationId, body.name, body.scope ?? 'admin', actor);
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

function shown({ tokenId, name, scope, createdAt, lastUsedAt, refusedAt }: Row<'tokens'>): Token {
  return {
    tokenId,
    name,
    scope,
    createdAt,
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
    ...(refusedAt === undefined ? {} : { refusedAt }),
  };
}
