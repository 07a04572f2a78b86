import { type RouteName, routes } from '@reeve/contract';
import { FETCH_URL } from './artifact-routes.ts';

/** Routes of the contract that answer without credentials. */
const publicRouteNames = ['session.open'] as const satisfies readonly RouteName[];
export type PublicRouteName = (typeof publicRouteNames)[number];

/**
 * Everything that answers without credentials, as `METHOD url` of the registered route: the console's page and assets,
 * which hold no data, what a device was told where to fetch, by a path that can't be guessed, and sign-in. Whatever else is registered, or is not, answers 401.
 */
export const publicRoutes: ReadonlySet<string> = new Set([
  'GET /*',
  `GET ${FETCH_URL}`,
  ...publicRouteNames.map((name) => `${routes[name].method} /api/v1${routes[name].path}`),
]);
