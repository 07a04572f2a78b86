/**
 * Every kind of query and what makes it stale.
 *
 * - `fleet`: any journal entry, for it counts or lists things of all devices
 * - `device`: entries of the same device (the id is the second part of the key)
 * - `live`: patched by the event stream, fetched again only when the stream was interrupted
 */
export const queryScopes = {
  session: 'fleet',
  devices: 'fleet',
  device: 'device',
  timeline: 'device',
  commands: 'device',
  deviceIncidents: 'device',
  history: 'live',
  deviceBootstraps: 'device',
  bootstraps: 'fleet',
  bootstrapTemplates: 'fleet',
  // They are checked against templates too.
  accountKeys: 'fleet',
  deviceUpdates: 'device',
  updates: 'fleet',
  artifacts: 'fleet',
  layouts: 'fleet',
  frameSource: 'device',
  admissions: 'fleet',
  incidents: 'fleet',
  incident: 'fleet',
  incidentTimeline: 'fleet',
  approvals: 'fleet',
  policies: 'fleet',
  policyDevices: 'fleet',
  handshakes: 'fleet',
  deviceHandshakes: 'fleet',
  handshakeCounters: 'fleet',
  webhooks: 'fleet',
  deadLetters: 'fleet',
  authorities: 'fleet',
  serverIdentity: 'fleet',
  people: 'fleet',
  models: 'fleet',
  model: 'fleet',
  tokens: 'fleet',
} as const satisfies Record<string, 'fleet' | 'device' | 'live'>;

type QueryKind = keyof typeof queryScopes;

/** First the kind, then the device's or other thing's id, then further arguments. */
export type Key = readonly [kind: QueryKind, id?: string, ...rest: (string | number)[]];

declare module '@tanstack/react-query' {
  interface Register {
    queryKey: Key;
  }
}
