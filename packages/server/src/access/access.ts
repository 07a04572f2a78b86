import type { Scope, Session, SignInLink } from '@reeve/contract';
import { ReeveError } from '../errors.ts';
import type { Handlers } from '../http/handlers.ts';
import { type Millis, newId, type OrganisationId } from '../ids.ts';
import type { Store } from '../store/port.ts';
import { type Credentials, type Grant, serverActor } from './identity.ts';
import { localToken } from './local-token.ts';
import { People } from './people.ts';
import { Sessions } from './sessions.ts';
import { Tokens } from './tokens.ts';

export interface AccessOptions {
  readonly store: Store;
  readonly now: () => Millis;
  /** Origin under which people reach the console, without a slash at its end; asked for each link. */
  readonly publicUrl: () => string;
  /** What the server says of itself to whoever is signed in. */
  readonly describeServer: () => Session['server'];
}

type AccessRoute =
  | 'session.show'
  | 'session.open'
  | 'session.close'
  | 'people.list'
  | 'people.add'
  | 'people.link'
  | 'tokens.list'
  | 'tokens.create'
  | 'tokens.revoke';

/** Who may use the server: people with their sessions, programs with their tokens. The store is the only memory. */
export class Access {
  /** The organisation that the first start made. */
  readonly organisationId: OrganisationId;
  readonly #options: AccessOptions;
  readonly #people: People;
  readonly #sessions: Sessions;
  readonly #tokens: Tokens;

  private constructor(options: AccessOptions, organisationId: OrganisationId) {
    this.#options = options;
    this.organisationId = organisationId;
    this.#people = new People(options);
    this.#sessions = new Sessions(options.store, options.now);
    this.#tokens = new Tokens(options.store, options.now);
  }

  /** Opens the access of a store; the first start makes the organisation `default` and the person `admin`. */
  static async open(options: AccessOptions): Promise<Access> {
    const [organisation] = await options.store.list('organisations', { limit: 1 });
    return new Access(options, organisation?.organisationId ?? (await firstStart(options.store, options.now())));
  }

  /** Who sent a request; undefined if the credentials prove nobody. */
  async authenticate({ bearer, session }: Credentials): Promise<Grant | undefined> {
    if (bearer !== undefined) return this.#tokens.identify(bearer);
    if (session !== undefined) return this.#sessions.identify(session);
    return undefined;
  }

  /**
   * The error for a request that needs more than its maker may do; the journal tells of programs that try.
   *
   * @param request what was asked for, e.g. `GET /api/v1/tokens`
   */
  async heldBack({ tokenId }: Grant, needed: Scope, request: string): Promise<ReeveError> {
    if (tokenId === undefined) return new ReeveError('insufficient-scope', `This needs the scope ${needed}`);
    return this.#tokens.heldBack(tokenId, needed, request);
  }

  /** A one-time sign-in link for the person of that name. @throws ReeveError `no-such-thing`, `too-many` */
  makeLink(name: string): Promise<SignInLink> {
    return this.#people.makeLink(this.organisationId, name, serverActor);
  }

  /** The bearer token of the local command line, kept in `file` with mode 0600. */
  localToken(file: string): Promise<string> {
    return localToken(this.#tokens, this.organisationId, file);
  }

  handlers(): Pick<Handlers, AccessRoute> {
    const { store, now, describeServer } = this.#options;
    return {
      ...this.#people.handlers(),
      ...this.#tokens.handlers(),
      'session.show': async ({ actor }) => ({ actor, server: describeServer() }),
      'session.open': async ({ body, session }) => {
        const { person, change, done } = await this.#people.useLink(body.token);
        const actor = { kind: 'person', name: person.name } as const;
        try {
          const { secret, changes } = await this.#sessions.open(person);
          await store.commit({
            changes: [change, ...changes],
            journal: [
              {
                type: 'person.signed-in',
                payload: { name: person.name },
                at: now(),
                organisationId: person.organisationId,
                actor,
              },
            ],
          });
          session.set(secret);
        } finally {
          done();
        }
        return { actor, server: describeServer() };
      },
      'session.close': async ({ actor, organisationId, session }) => {
        session.clear();
        if (session.secret === undefined || actor.kind !== 'person') return;
        await store.commit({
          changes: [this.#sessions.close(session.secret)],
          journal: [{ type: 'person.signed-out', payload: { name: actor.name }, at: now(), organisationId, actor }],
        });
      },
    };
  }
}

async function firstStart(store: Store, at: Millis): Promise<OrganisationId> {
  const organisationId = newId.organisation();
  const name = 'admin';
  await store.commit({
    changes: [
      { put: 'organisations', row: { organisationId, name: 'default', createdAt: at } },
      { put: 'people', row: { organisationId, personId: newId.person(), name, createdAt: at } },
    ],
    journal: [{ type: 'person.added', payload: { name }, at, organisationId, actor: serverActor }],
  });
  return organisationId;
}
