import Type from 'typebox';
import type { Route } from './route.ts';

/** Routes of the server itself. */
export const serverRoutes = {
  'server.metrics': {
    method: 'GET',
    path: '/metrics',
    scope: 'metrics',
    summary: 'Metrics for Prometheus, in its text exposition format',
    status: 200,
    result: Type.String(),
    text: 'text/plain; version=0.0.4; charset=utf-8',
  },
} as const satisfies Record<string, Route>;
