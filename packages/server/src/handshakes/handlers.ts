import { ReeveError } from '../errors.ts';
import type { Handlers } from '../http/handlers.ts';
import type { Millis, OrganisationId } from '../ids.ts';
import { requireDevice } from '../registry/fleet.ts';
import type { HandshakeCounts } from './counters.ts';
import type { FailedHandshakes } from './failed.ts';
import { failedView, type Inventory, suspects } from './views.ts';

interface Options extends Inventory {
  readonly failed: FailedHandshakes;
  readonly counts: HandshakeCounts;
  /** When the counters began. */
  readonly since: Millis;
}

/** Routes of "Why can't my device connect?". */
export function handshakeHandlers(
  o: Options,
): Pick<Handlers, 'handshakes.list' | 'handshakes.show' | 'handshakes.counters'> {
  const recordsOf = (organisationId: OrganisationId) =>
    o.failed.list().filter((row) => row.organisationId === organisationId);
  return {
    'handshakes.list': async ({ organisationId, query }) => {
      const { after, limit = 100, device: ref, check } = query;
      const device = ref === undefined ? undefined : requireDevice(o.fleet, organisationId, ref);
      const all = recordsOf(organisationId)
        .filter((row) => check === undefined || row.check === check)
        .filter((row) => device === undefined || suspects(row, o).includes(device));
      const start = after === undefined ? 0 : all.findIndex(({ handshakeId }) => handshakeId === after) + 1;
      const items = all.slice(start, start + limit).map((row) => failedView(row, o));
      const last = items.at(-1);
      return start + limit < all.length && last ? { items, next: last.handshakeId } : { items };
    },

    'handshakes.show': async ({ organisationId, params }) => {
      const row = recordsOf(organisationId).find(({ handshakeId }) => handshakeId === params.id);
      if (!row) {
        throw new ReeveError(
          'no-such-thing',
          `No record "${params.id}": it may have made room; see \`reeve handshake ls\``,
        );
      }
      return failedView(row, o);
    },

    'handshakes.counters': async () => o.counts.view(o.failed, o.since),
  };
}
