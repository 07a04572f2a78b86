import type { Millis } from '../ids.ts';
import type { Change, Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import type { Grant } from './identity.ts';
import { accessLimits } from './limits.ts';
import { hashSecret, newSecret } from './secret.ts';

/** Sessions of people who signed in: a secret in a cookie, its hash in the store. */
export class Sessions {
  readonly #store: Store;
  readonly #now: () => Millis;

  constructor(store: Store, now: () => Millis) {
    this.#store = store;
    this.#now = now;
  }

  /** A session for a person: its secret, and the changes that open it. */
  async open(person: Row<'people'>): Promise<{ secret: string; changes: Change[] }> {
    const createdAt = this.#now();
    const secret = newSecret();
    const row = {
      organisationId: person.organisationId,
      hash: hashSecret(secret),
      personId: person.personId,
      createdAt,
      expiresAt: createdAt + accessLimits.sessionIdle,
    };
    return { secret, changes: [...(await this.#superfluous()), { put: 'sessions', row }] };
  }

  /** Who a session's secret stands for; its life is extended by use. */
  async identify(secret: string): Promise<Grant | undefined> {
    const now = this.#now();
    const hash = hashSecret(secret);
    const session = await this.#store.get('sessions', { hash });
    if (!session || session.expiresAt <= now) return undefined;
    const person = await this.#store.get('people', { personId: session.personId });
    if (!person) return undefined;
    const expiresAt = Math.min(now + accessLimits.sessionIdle, session.createdAt + accessLimits.sessionLife);
    if (expiresAt - session.expiresAt >= accessLimits.touchEvery) {
      // Not awaited: a disk that is full must not keep people from reading. A lost extension only ends a session sooner.
      this.#store.commit({ changes: [{ patch: 'sessions', key: { hash }, set: { expiresAt } }] }).catch(() => {});
    }
    return { actor: { kind: 'person', name: person.name }, organisationId: person.organisationId, scope: 'admin' };
  }

  /** The change that ends a session. */
  close(secret: string): Change {
    return { delete: 'sessions', key: { hash: hashSecret(secret) } };
  }

  /** Sessions that ended, and the ones nearest to their end when there are too many. */
  async #superfluous(): Promise<Change[]> {
    const now = this.#now();
    const rows = (await this.#store.list('sessions')).sort((a, b) => b.expiresAt - a.expiresAt);
    return rows
      .filter(({ expiresAt }, index) => expiresAt <= now || index >= accessLimits.sessions - 1)
      .map(({ hash }) => ({ delete: 'sessions', key: { hash } }));
  }
}
