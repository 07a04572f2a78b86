import type Type from 'typebox';
import type { Static } from 'typebox';
import { accessRoutes } from './access.ts';
import { bootstrapRoutes } from './bootstrap.ts';
import { commandRoutes } from './commands.ts';
import { credentialRoutes } from './credentials.ts';
import { deviceRoutes } from './devices.ts';
import { frameRoutes } from './frames.ts';
import { handshakeRoutes } from './handshakes.ts';
import { incidentRoutes } from './incidents.ts';
import { modelRoutes } from './models.ts';
import { policyRoutes } from './policies.ts';
import type { Route } from './route.ts';
import { serverRoutes } from './server.ts';
import { updateRoutes } from './updates.ts';
import { webhookRoutes } from './webhooks.ts';

export type { Route } from './route.ts';

/** Every route of `/api/v1`, but for event streams and files, which are listed in `streams` and `downloads`. */
export const routes = {
  ...accessRoutes,
  ...deviceRoutes,
  ...commandRoutes,
  ...credentialRoutes,
  ...bootstrapRoutes,
  ...frameRoutes,
  ...modelRoutes,
  ...updateRoutes,
  ...policyRoutes,
  ...incidentRoutes,
  ...webhookRoutes,
  ...serverRoutes,
  ...handshakeRoutes,
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;
type Part<N extends RouteName, K extends string> =
  (typeof routes)[N] extends Record<K, infer S extends Type.TSchema> ? Static<S> : undefined;
export type ParamsOf<N extends RouteName> = Part<N, 'params'>;
export type QueryOf<N extends RouteName> = Part<N, 'query'>;
export type BodyOf<N extends RouteName> = Part<N, 'body'>;
export type ResultOf<N extends RouteName> = Part<N, 'result'>;
