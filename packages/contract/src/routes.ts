import Type, { type Static } from 'typebox';
import * as access from './access.ts';
import * as commands from './commands.ts';
import { DeviceRef, Id, Instant, Page, PageQuery, PathText } from './common.ts';
import { credentialRoutes } from './credential-routes.ts';
import * as devices from './devices.ts';
import * as handshakes from './handshakes.ts';
import * as policies from './policies.ts';

/** One route of the API: everything that server, console, CLI and openapi.json know of it. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `:name` parameters, below `/api/v1`. */
  readonly path: string;
  readonly summary: string;
  readonly params?: Type.TObject;
  readonly query?: Type.TObject;
  readonly body?: Type.TSchema;
  /** Success status and its body. */
  readonly status: 200 | 201 | 202 | 204;
  readonly result?: Type.TSchema;
  /** Media type of the result if it is text instead of JSON. */
  readonly text?: string;
}

const device = Type.Object({ device: DeviceRef });
const one = Type.Object({ id: Id });

/** Commands: `wait` lets a person's request stay open for the outcome. */
const wait = Type.Optional(
  Type.Integer({ minimum: 0, maximum: 60, description: 'seconds to wait for the outcome before answering 202' }),
);

/** Every route of `/api/v1`, but for event streams and files, which are listed in `streams` and `downloads`. */
export const routes = {
  'session.show': {
    method: 'GET',
    path: '/session',
    summary: 'Who am I, and what server is this',
    status: 200,
    result: access.Session,
  },
  'session.open': {
    method: 'POST',
    path: '/session',
    summary: 'Sign in with a one-time token',
    body: access.SignIn,
    status: 200,
    result: access.Session,
  },
  'session.close': { method: 'DELETE', path: '/session', summary: 'Sign out', status: 204 },

  'people.list': { method: 'GET', path: '/people', summary: 'People', status: 200, result: Page(access.Person) },
  'people.add': {
    method: 'POST',
    path: '/people',
    summary: 'Add a person; answers their first sign-in link',
    body: access.PersonAdd,
    status: 201,
    result: access.SignInLink,
  },
  'people.link': {
    method: 'POST',
    path: '/people/:id/link',
    summary: 'A new one-time sign-in link, by name or id',
    params: one,
    status: 201,
    result: access.SignInLink,
  },
  'tokens.list': { method: 'GET', path: '/tokens', summary: 'Bearer tokens', status: 200, result: Page(access.Token) },
  'tokens.create': {
    method: 'POST',
    path: '/tokens',
    summary: 'Make a bearer token',
    body: access.TokenCreate,
    status: 201,
    result: access.TokenCreated,
  },
  'tokens.revoke': {
    method: 'DELETE',
    path: '/tokens/:id',
    summary: 'Revoke a bearer token',
    params: one,
    status: 204,
  },

  'devices.list': {
    method: 'GET',
    path: '/devices',
    summary: 'Devices, searched by endpoint, label (key=value), site or owner',
    query: Type.Object({ ...PageQuery, search: Type.Optional(Type.String({ maxLength: 255 })) }),
    status: 200,
    result: Page(devices.DeviceSummary),
  },
  'devices.add': {
    method: 'POST',
    path: '/devices',
    summary: 'Add a device and its key',
    body: devices.DeviceAdd,
    status: 201,
    result: devices.DeviceAdded,
  },
  'devices.import': {
    method: 'POST',
    path: '/device-imports',
    summary: 'Add many devices with their keys: all of them or none',
    body: devices.DevicesImport,
    status: 201,
    result: Type.Object({ added: Type.Integer() }),
  },
  'devices.show': {
    method: 'GET',
    path: '/devices/:device',
    summary: 'Everything known of one device',
    params: device,
    status: 200,
    result: devices.DeviceDetail,
  },
  'devices.change': {
    method: 'PATCH',
    path: '/devices/:device',
    summary: 'Change labels, site, owner, model',
    params: device,
    body: devices.DeviceChange,
    status: 200,
    result: devices.DeviceSummary,
  },
  'devices.remove': {
    method: 'DELETE',
    path: '/devices/:device',
    summary: 'Remove a device and its keys',
    params: device,
    status: 204,
  },
  ...credentialRoutes,
  'devices.history': {
    method: 'GET',
    path: '/devices/:device/history',
    summary: 'History of one resource',
    params: device,
    query: Type.Object({
      path: PathText,
      from: Type.Optional(Instant),
      to: Type.Optional(Instant),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 1000 })),
    }),
    status: 200,
    result: devices.History,
  },
  'devices.timeline': {
    method: 'GET',
    path: '/devices/:device/timeline',
    summary: 'Journal of one device, newest first',
    params: device,
    query: Type.Object({ before: Type.Optional(Type.Integer()), limit: PageQuery.limit }),
    status: 200,
    result: Page(devices.TimelineEntry),
  },
  'devices.observe': {
    method: 'PUT',
    path: '/devices/:device/observations',
    summary: 'Keep a path observed for people',
    params: device,
    body: Type.Object({ path: PathText }),
    status: 200,
    result: devices.Observation,
  },
  'devices.unobserve': {
    method: 'DELETE',
    path: '/devices/:device/observations',
    summary: 'Stop observing a path for people',
    params: device,
    query: Type.Object({ path: PathText }),
    status: 204,
  },
  'devices.lock': {
    method: 'PUT',
    path: '/devices/:device/lock',
    summary: 'A person holds or lets go the lock',
    params: device,
    body: Type.Object({ held: Type.Boolean() }),
    status: 202,
    result: devices.LockStatus,
  },

  'commands.create': {
    method: 'POST',
    path: '/devices/:device/commands',
    summary: 'Queue a command; `Idempotency-Key` makes a repeat harmless',
    params: device,
    query: Type.Object({ wait }),
    body: commands.CommandCreate,
    status: 202,
    result: commands.Command,
  },
  'commands.list': {
    method: 'GET',
    path: '/commands',
    summary: 'Commands, newest first',
    query: Type.Object({ ...PageQuery, device: Type.Optional(DeviceRef), state: Type.Optional(commands.CommandState) }),
    status: 200,
    result: Page(commands.Command),
  },
  'commands.show': {
    method: 'GET',
    path: '/commands/:id',
    summary: 'One command with its receipts',
    params: one,
    query: Type.Object({ wait }),
    status: 200,
    result: commands.Command,
  },
  'commands.cancel': {
    method: 'DELETE',
    path: '/commands/:id',
    summary: 'Cancel a queued command',
    params: one,
    status: 200,
    result: commands.Command,
  },

  'policies.list': {
    method: 'GET',
    path: '/policies',
    summary: 'Policies',
    status: 200,
    result: Page(policies.Policy),
  },
  'policies.apply': {
    method: 'PUT',
    path: '/policies',
    summary: 'Apply a policy document',
    body: Type.Object({ source: Type.String({ maxLength: 262_144 }) }),
    status: 200,
    result: policies.PolicyApplied,
  },
  'policies.show': {
    method: 'GET',
    path: '/policies/:id',
    summary: 'One policy',
    params: one,
    status: 200,
    result: policies.Policy,
  },
  'policies.devices': {
    method: 'GET',
    path: '/policies/:id/devices',
    summary: 'Rules of the policy, device by device',
    params: one,
    query: Type.Object(PageQuery),
    status: 200,
    result: Page(policies.PolicyDevice),
  },
  'policies.remove': {
    method: 'DELETE',
    path: '/policies/:id',
    summary: 'Remove a policy; its automatic responses are undone',
    params: one,
    status: 204,
  },

  'incidents.list': {
    method: 'GET',
    path: '/incidents',
    summary: 'Incidents, newest first',
    query: Type.Object({
      ...PageQuery,
      state: Type.Optional(policies.IncidentState),
      device: Type.Optional(DeviceRef),
    }),
    status: 200,
    result: Page(policies.Incident),
  },
  'incidents.show': {
    method: 'GET',
    path: '/incidents/:id',
    summary: 'One incident',
    params: one,
    status: 200,
    result: policies.Incident,
  },
  'incidents.acknowledge': {
    method: 'POST',
    path: '/incidents/:id/acknowledge',
    summary: 'Someone looks after it',
    params: one,
    status: 200,
    result: policies.Incident,
  },
  'incidents.close': {
    method: 'POST',
    path: '/incidents/:id/close',
    summary: 'Close it',
    params: one,
    status: 200,
    result: policies.Incident,
  },
  'incidents.timeline': {
    method: 'GET',
    path: '/incidents/:id/timeline',
    summary: 'What happened, in order',
    params: one,
    status: 200,
    result: Page(devices.TimelineEntry),
  },

  'approvals.list': {
    method: 'GET',
    path: '/approvals',
    summary: 'Responses that wait for a person',
    query: Type.Object({ state: Type.Optional(policies.Approval.properties.state) }),
    status: 200,
    result: Page(policies.Approval),
  },
  'approvals.approve': {
    method: 'POST',
    path: '/approvals/:id/approve',
    summary: 'Let the response go ahead',
    params: one,
    status: 200,
    result: policies.Approval,
  },
  'approvals.deny': {
    method: 'POST',
    path: '/approvals/:id/deny',
    summary: 'Refuse the response',
    params: one,
    status: 200,
    result: policies.Approval,
  },

  'webhooks.list': { method: 'GET', path: '/webhooks', summary: 'Webhooks', status: 200, result: Page(access.Webhook) },
  'webhooks.add': {
    method: 'POST',
    path: '/webhooks',
    summary: 'Add a webhook; its secret is answered once',
    body: access.WebhookAdd,
    status: 201,
    result: access.WebhookAdded,
  },
  'webhooks.remove': { method: 'DELETE', path: '/webhooks/:id', summary: 'Remove a webhook', params: one, status: 204 },
  'webhooks.test': {
    method: 'POST',
    path: '/webhooks/:id/test',
    summary: 'Queue a test notice',
    params: one,
    status: 202,
  },
  'webhooks.dead': {
    method: 'GET',
    path: '/dead-letters',
    summary: 'Notices given up after their last try',
    status: 200,
    result: Page(access.DeadLetter),
  },
  'webhooks.redeliver': {
    method: 'POST',
    path: '/dead-letters/:id/redeliver',
    summary: 'Try a dead notice again',
    params: one,
    status: 202,
  },

  'server.metrics': {
    method: 'GET',
    path: '/metrics',
    summary: 'Metrics for Prometheus, in its text exposition format',
    status: 200,
    result: Type.String(),
    text: 'text/plain; version=0.0.4; charset=utf-8',
  },

  'handshakes.list': {
    method: 'GET',
    path: '/handshakes',
    summary: "Why can't my device connect? Failed handshakes, newest first",
    query: Type.Object({
      ...PageQuery,
      device: Type.Optional(DeviceRef),
      check: Type.Optional(Type.String({ maxLength: 64, description: 'only those that failed this check' })),
    }),
    status: 200,
    result: Page(handshakes.FailedHandshake),
  },
  'handshakes.show': {
    method: 'GET',
    path: '/handshakes/:id',
    summary: 'One failed handshake',
    params: one,
    status: 200,
    result: handshakes.FailedHandshake,
  },
  'handshakes.counters': {
    method: 'GET',
    path: '/handshake-counters',
    summary: 'How handshakes went since the server started',
    status: 200,
    result: handshakes.HandshakeCounters,
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;
type Part<N extends RouteName, K extends string> =
  (typeof routes)[N] extends Record<K, infer S extends Type.TSchema> ? Static<S> : undefined;
export type ParamsOf<N extends RouteName> = Part<N, 'params'>;
export type QueryOf<N extends RouteName> = Part<N, 'query'>;
export type BodyOf<N extends RouteName> = Part<N, 'body'>;
export type ResultOf<N extends RouteName> = Part<N, 'result'>;
