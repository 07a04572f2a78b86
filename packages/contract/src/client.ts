import type { Problem } from './common.ts';
import {
  type BodyOf,
  type ParamsOf,
  type QueryOf,
  type ResultOf,
  type Route,
  type RouteName,
  routes,
} from './routes/routes.ts';

/** Arguments of one call: only the parts that its route has. */
export interface CallArguments<N extends RouteName> {
  params?: ParamsOf<N>;
  query?: Partial<NonNullable<QueryOf<N>>>;
  body?: BodyOf<N>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** An answer other than success; `problem.code` is stable (docs/errors.md). */
export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = 'ApiError';
    this.problem = problem;
  }
}

/** Path and query of a call, below `/api/v1`. */
export function urlOf(route: Pick<Route, 'path'>, params: object = {}, query: object = {}): string {
  const values = params as Record<string, string>;
  const path = route.path.replace(/:([a-z]+)/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return `/api/v1${path}${text ? `?${text}` : ''}`;
}

export type Api = <N extends RouteName>(name: N, args?: CallArguments<N>) => Promise<ResultOf<N>>;

/**
 * A typed client of the API.
 *
 * @param base origin of the server, '' in the console
 * @param headers sent with every call, e.g. `authorization`
 * @param fetch injected for tests
 */
export function createApi(base: string, headers: Record<string, string> = {}, fetch = globalThis.fetch): Api {
  return async (name, args = {}) => {
    const route: Route = routes[name];
    const response = await fetch(base + urlOf(route, (args.params ?? {}) as object, (args.query ?? {}) as object), {
      method: route.method,
      credentials: 'same-origin',
      headers: {
        ...headers,
        ...args.headers,
        ...(args.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(args.body === undefined ? {} : { body: JSON.stringify(args.body) }),
      ...(args.signal ? { signal: args.signal } : {}),
    });
    const text = await response.text();
    const type = response.headers.get('content-type') ?? '';
    const json: unknown = text !== '' && type.includes('json') ? JSON.parse(text) : undefined;
    if (response.ok) return (route.text === undefined ? json : text) as never;
    throw new ApiError(
      (json as Problem | undefined) ?? {
        type: 'about:blank',
        title: response.statusText || 'Request failed',
        status: response.status,
        code: 'http',
        detail: `The server answered ${response.status}`,
      },
    );
  };
}
