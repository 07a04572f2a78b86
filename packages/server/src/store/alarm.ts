import type { Millis, OrganisationId } from '../ids.ts';
import type { Store, StoreHealth } from './port.ts';

/**
 * Watches the store's health, once a second. While nothing can be saved the console says so; what could not be written
 * then is written as soon as it can be: the journal tells of the gap, and notices go out.
 */
export class StoreAlarm {
  readonly #store: Store;
  readonly #organisationId: OrganisationId;
  #trouble: { readonly since: Millis; readonly health: StoreHealth } | undefined;

  constructor(store: Store, organisationId: OrganisationId) {
    this.#store = store;
    this.#organisationId = organisationId;
  }

  async check(now: Millis): Promise<void> {
    const health = this.#store.health();
    if (health.state !== 'ok') {
      this.#trouble ??= { since: now, health };
      return;
    }
    if (!this.#trouble) return;
    const { since, health: before } = this.#trouble;
    const seconds = Math.round((now - since) / 1000);
    const words = before.state === 'full' ? 'the disk was full' : 'the disk failed';
    const reason = `${words} for ${seconds} s: devices were told to come back, and nothing that was acknowledged is lost`;
    await this.#store.commit({
      journal: [
        {
          type: 'store.alarm',
          at: now,
          organisationId: this.#organisationId,
          actor: { kind: 'server', name: 'store' },
          payload: { reason },
        },
      ],
    });
    this.#trouble = undefined;
  }
}
