import type { Actor, Person, SignInLink } from '@reeve/contract';
import { ReeveError } from '../errors.ts';
import type { Handlers } from '../http/handlers.ts';
import { type Millis, newId, type OrganisationId } from '../ids.ts';
import type { Change, Store } from '../store/port.ts';
import { StoreError } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import { accessLimits } from './limits.ts';
import { hashSecret, newSecret } from './secret.ts';

interface PeopleOptions {
  readonly store: Store;
  readonly now: () => Millis;
  /** Origin under which people reach the console, for the links. */
  readonly publicUrl: () => string;
}

interface Link {
  readonly answer: SignInLink;
  readonly change: Change;
}

/** People and the one-time links with which they sign in. */
export class People {
  readonly #store: Store;
  readonly #now: () => Millis;
  readonly #publicUrl: () => string;
  /** Hashes of links that are being used: two posts of one link at the same time must not both succeed. */
  readonly #inUse = new Set<string>();

  constructor(options: PeopleOptions) {
    this.#store = options.store;
    this.#now = options.now;
    this.#publicUrl = options.publicUrl;
  }

  /**
   * Makes a one-time link for a person.
   *
   * @param who name or id of the person
   * @throws ReeveError `no-such-thing`, `too-many`
   */
  async makeLink(organisationId: OrganisationId, who: string, actor: Actor): Promise<SignInLink> {
    const person = await this.#find(organisationId, who);
    await this.#makeRoomForLink();
    const link = this.#link(person);
    await this.#store.commit({
      changes: [link.change],
      journal: [{ type: 'person.link-made', payload: { name: person.name }, at: this.#now(), organisationId, actor }],
    });
    return link.answer;
  }

  /**
   * Uses a link up. The caller commits the returned change together with what the sign-in leads to, and calls `done`
   * after that, whatever came of it.
   *
   * @throws ReeveError `link-invalid`
   */
  async useLink(token: string): Promise<{ person: Row<'people'>; change: Change; done: () => void }> {
    const hash = hashSecret(token);
    const invalid = () =>
      new ReeveError('link-invalid', 'The link was used or is too old. Make a new one: ./reeve user link NAME');
    if (this.#inUse.has(hash)) throw invalid();
    this.#inUse.add(hash);
    const done = () => void this.#inUse.delete(hash);
    try {
      const link = await this.#store.get('signInLinks', { hash });
      if (!link || link.expiresAt <= this.#now()) throw invalid();
      const person = await this.#store.get('people', { personId: link.personId });
      if (!person) throw invalid();
      return { person, change: { delete: 'signInLinks', key: { hash } }, done };
    } catch (error) {
      done();
      throw error;
    }
  }

  handlers(): Pick<Handlers, 'people.list' | 'people.add' | 'people.link'> {
    return {
      'people.list': async ({ organisationId }) => {
        const rows = await this.#store.list('people', { where: { organisationId } });
        return { items: rows.map(person) };
      },
      'people.add': ({ organisationId, body, actor }) => this.#add(organisationId, body.name, actor),
      'people.link': ({ organisationId, params, actor }) => this.makeLink(organisationId, params.id, actor),
    };
  }

  async #add(organisationId: OrganisationId, name: string, actor: Actor): Promise<SignInLink> {
    if ((await this.#store.count('people', { organisationId })) >= accessLimits.people) {
      throw new ReeveError('too-many', `There are ${accessLimits.people} people already: remove one first`);
    }
    await this.#makeRoomForLink();
    const at = this.#now();
    const row: Row<'people'> = { organisationId, personId: newId.person(), name, createdAt: at };
    const link = this.#link(row);
    try {
      await this.#store.commit({
        changes: [{ put: 'people', row }, link.change],
        journal: [
          { type: 'person.added', payload: { name }, at, organisationId, actor },
          { type: 'person.link-made', payload: { name }, at, organisationId, actor },
        ],
      });
    } catch (error) {
      if (!(error instanceof StoreError) || error.kind !== 'conflict') throw error;
      throw new ReeveError('name-taken', `There is a person named ${name} already`, [], { cause: error });
    }
    return link.answer;
  }

  async #find(organisationId: OrganisationId, who: string): Promise<Row<'people'>> {
    const [named] = await this.#store.list('people', { where: { organisationId, name: who }, limit: 1 });
    if (named) return named;
    const people = await this.#store.list('people', { where: { organisationId } });
    const person = people.find(({ personId }) => personId === who);
    if (!person) throw new ReeveError('no-such-thing', `There is no person ${who}. Add one: ./reeve user add NAME`);
    return person;
  }

  #link(person: Row<'people'>): Link {
    const token = newSecret();
    const expiresAt = this.#now() + accessLimits.linkLife;
    return {
      // The fragment never leaves the browser with a request, so previews and proxies cannot use the link up.
      answer: { name: person.name, url: `${this.#publicUrl()}/sign-in#${token}`, expiresAt },
      change: {
        put: 'signInLinks',
        row: {
          organisationId: person.organisationId,
          hash: hashSecret(token),
          personId: person.personId,
          expiresAt,
        },
      },
    };
  }

  /** Sweeps out links that are too old. @throws ReeveError `too-many` */
  async #makeRoomForLink(): Promise<void> {
    const links = await this.#store.list('signInLinks');
    const old = links.filter(({ expiresAt }) => expiresAt <= this.#now());
    if (links.length - old.length >= accessLimits.links) {
      throw new ReeveError('too-many', `${accessLimits.links} sign-in links wait to be used; try again in ten minutes`);
    }
    if (old.length > 0) {
      await this.#store.commit({ changes: old.map(({ hash }) => ({ delete: 'signInLinks', key: { hash } })) });
    }
  }
}

function person({ personId, name, createdAt }: Row<'people'>): Person {
  return { personId, name, createdAt };
}
