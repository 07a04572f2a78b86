import type { DeviceDetail } from '@reeve/contract';
import type { QueryState } from '@tanstack/react-query';
import { type Key, queryScopes } from './keys.ts';

/** What the journal entries since the last look were about. */
export interface Touched {
  /** An entry without a device may concern any of them. */
  everything: boolean;
  devices: Set<string>;
}

type State = Pick<QueryState, 'data' | 'fetchStatus'>;

/**
 * Whether a query has to be fetched again.
 *
 * @param state of a device's own query, which may be keyed by the endpoint name instead: the data says whose it is, and
 *   as long as the first is under way nobody knows
 */
export function isStale(touched: Touched, queryKey: Key, { data, fetchStatus }: State): boolean {
  const [kind, id] = queryKey;
  switch (queryScopes[kind]) {
    case 'fleet':
      return true;
    case 'live':
      return false;
    case 'device': {
      if (touched.everything) return true;
      if (kind !== 'device') return touched.devices.has(id ?? '');
      if (data === undefined) return fetchStatus === 'fetching' || touched.devices.has(id ?? '');
      return touched.devices.has((data as DeviceDetail).deviceId);
    }
  }
}
