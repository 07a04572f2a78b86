import { streams, type TraceLine, urlOf } from '@reeve/contract';

/** Messages of a device as they pass, until the answered function is called. */
export function openTrace(
  device: string,
  handlers: { onLine: (line: TraceLine) => void; onLost: () => void },
): () => void {
  const stream = new EventSource(urlOf(streams.trace, { device }));
  stream.addEventListener('trace', (event) => handlers.onLine(JSON.parse(event.data)));
  stream.onerror = handlers.onLost;
  return () => stream.close();
}
