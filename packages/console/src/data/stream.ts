import { LiveEventKind, type LivePresence, type LiveSamples, streams, type TimelineEntry } from '@reeve/contract';

/** Whether what the page shows follows the server right now. */
export type Connection = 'connecting' | 'live' | 'lost';

interface StreamHandlers {
  onConnection(state: Connection): void;
  onEntry(entry: TimelineEntry): void;
  onSamples(samples: LiveSamples): void;
  onPresence(presence: LivePresence): void;
}

const FIRST_RETRY = 1000;
const LONGEST_RETRY = 15_000;

/**
 * The server's event stream, held open until the answered function is called.
 *
 * The browser itself resumes a broken stream; it gives up when the server answers anything but 200, as a proxy does
 * during a restart, and then a new stream is opened. A hidden page holds none: browsers allow six connections to a
 * server, and many open tabs would use them all up.
 */
export function openStream(handlers: StreamHandlers): () => void {
  let source: EventSource | undefined;
  let timer: number | undefined;
  let retryIn = FIRST_RETRY;

  function open() {
    close();
    if (document.hidden) return;
    const stream = new EventSource(`/api/v1${streams.events.path}`);
    source = stream;
    stream.onopen = () => {
      retryIn = FIRST_RETRY;
      handlers.onConnection('live');
    };
    stream.onerror = () => {
      handlers.onConnection('lost');
      if (stream.readyState !== EventSource.CLOSED) return;
      timer = window.setTimeout(open, retryIn);
      retryIn = Math.min(retryIn * 2, LONGEST_RETRY);
    };
    stream.addEventListener(LiveEventKind.journal, (event) => handlers.onEntry(JSON.parse(event.data)));
    stream.addEventListener(LiveEventKind.samples, (event) => handlers.onSamples(JSON.parse(event.data)));
    stream.addEventListener(LiveEventKind.presence, (event) => handlers.onPresence(JSON.parse(event.data)));
  }

  function close() {
    window.clearTimeout(timer);
    source?.close();
  }

  handlers.onConnection('connecting');
  open();
  document.addEventListener('visibilitychange', open);
  // A computer that wakes up or changes its network holds a stream that is dead without knowing it.
  window.addEventListener('online', open);
  return () => {
    document.removeEventListener('visibilitychange', open);
    window.removeEventListener('online', open);
    close();
  };
}
