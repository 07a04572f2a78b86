import { type Key, queryScopes } from './keys.ts';

/** What the journal entries since the last look were about. */
export interface Touched {
  /** An entry without a device may concern any of them. */
  everything: boolean;
  devices: Set<string>;
}

/**
 * Whether a query has to be fetched again.
 *
 * @param deviceId of the data it holds: a device's own query may be keyed by the endpoint name instead
 */
export function isStale(touched: Touched, queryKey: Key, deviceId?: string): boolean {
  const [kind, id] = queryKey;
  switch (queryScopes[kind]) {
    case 'fleet':
      return true;
    case 'live':
      return false;
    case 'device':
      return touched.everything || touched.devices.has(deviceId ?? id ?? '');
  }
}
