import { downloads, type RouteName, type RouteScope, routes, streams, uploads } from '@reeve/contract';
import { FETCH_URL } from './artifact-routes.ts';

/** Routes of the contract that answer without credentials. */
export type PublicRouteName = {
  [N in RouteName]: (typeof routes)[N]['scope'] extends 'public' ? N : never;
}[RouteName];

const ofContract = (method: string, { path, scope }: { path: string; scope: RouteScope }) =>
  [`${method} /api/v1${path}`, scope] as const;

/** What every registered route asks of its caller, by `METHOD url`: the contract's, and the few beside it. */
export const routeScopes: ReadonlyMap<string, RouteScope> = new Map<string, RouteScope>([
  ...Object.values(routes).map((route) => ofContract(route.method, route)),
  ...Object.values(streams).map((stream) => ofContract('GET', stream)),
  ...Object.values(downloads).map((download) => ofContract('POST', download)),
  ...Object.values(uploads).map((upload) => ofContract('PUT', upload)),
  ['GET /api/v1/openapi.json', 'signed-in'],
  // Nothing is there, which nobody but callers need know.
  ['GET /api/*', 'signed-in'],
  ['GET /metrics', 'metrics'],
  // The console's page and assets hold no data.
  ['GET /*', 'public'],
  // By a path that cannot be guessed, told to one device.
  [`GET ${FETCH_URL}`, 'public'],
]);

/** What a request asks of its caller. A route that is not listed, or no route, is for who may do everything. */
export function scopeOf(method: string, url: string | undefined): RouteScope {
  return routeScopes.get(`${method} ${url}`) ?? 'admin';
}
