import type { Handlers } from '../http/handlers.ts';
import { collectMetrics, type MetricSources } from './collect.ts';
import { expose } from './exposition.ts';

/** The route that Prometheus scrapes. */
export function metricHandlers(sources: MetricSources): Pick<Handlers, 'server.metrics'> {
  return { 'server.metrics': async () => expose(await collectMetrics(sources)) };
}
