import { DeviceRef, streams, type TimelineEntry } from '@reeve/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Access } from '../access/access.ts';
import type { Credentials } from '../access/identity.ts';
import type { Bus } from '../bus/port.ts';
import { ReeveError } from '../errors.ts';
import type { Seq } from '../ids.ts';
import type { JournalEntry } from '../journal/entries.ts';
import type { Store } from '../store/port.ts';
import { credentialsOf, identityOf } from './credentials.ts';
import { EventStream } from './event-stream.ts';
import { followJournal } from './follow-journal.ts';
import type { LiveFeed } from './handlers.ts';
import { httpLimits } from './limits.ts';

export interface StreamSources {
  readonly store: Store;
  readonly bus: Bus;
  readonly live: LiveFeed;
  readonly access: Pick<Access, 'authenticate'>;
  /** A journal entry in words. */
  readonly describe: (entry: JournalEntry) => string;
}

const EventsQuery = Type.Object({ after: Type.Optional(Type.Integer({ minimum: 0 })) });
const TraceParams = Type.Object({ device: DeviceRef });

/** The event streams of the contract, and everyone who listens to them. */
export class Streams {
  readonly #sources: StreamSources;
  readonly #open = new Map<EventStream, Credentials>();

  constructor(sources: StreamSources) {
    this.#sources = sources;
  }

  /** Registers the routes. */
  register(app: FastifyInstance): void {
    app.get<{ Querystring: Type.Static<typeof EventsQuery> }>(
      `/api/v1${streams.events.path}`,
      {
        schema: {
          operationId: 'streams.events',
          summary: 'Journal entries, samples and presence as server-sent events',
          querystring: EventsQuery,
        },
      },
      async (request, reply) => {
        const after = lastEventId(request) ?? request.query.after;
        await this.#events(this.#start(request, reply), after as Seq | undefined);
      },
    );
    app.get<{ Params: Type.Static<typeof TraceParams> }>(
      `/api/v1${streams.trace.path}`,
      {
        schema: {
          operationId: 'streams.trace',
          summary: 'Decoded traffic of one device as server-sent events',
          params: TraceParams,
        },
      },
      (request, reply) => this.#trace(request, reply, request.params.device),
    );
  }

  /** Keeps every stream alive, and ends those whose credentials are no longer good. */
  async beat(): Promise<void> {
    await Promise.all(
      [...this.#open].map(async ([stream, credentials]) => {
        stream.beat();
        // A store that does not answer is no reason to send people away.
        const known = await this.#sources.access.authenticate(credentials).catch(() => stream.identity);
        if (!known) stream.end();
      }),
    );
  }

  /** Ends every stream. */
  close(): void {
    for (const stream of this.#open.keys()) stream.end();
  }

  /** @throws ReeveError `too-many` */
  #start(request: FastifyRequest, reply: FastifyReply): EventStream {
    this.#checkRoom();
    const stream = new EventStream(reply, identityOf(request));
    this.#open.set(stream, credentialsOf(request));
    stream.onGone(() => this.#open.delete(stream));
    return stream;
  }

  #checkRoom(): void {
    if (this.#open.size >= httpLimits.streams) {
      throw new ReeveError(
        'too-many',
        `${httpLimits.streams} event streams are open already: close some pages of the console`,
      );
    }
  }

  async #events(stream: EventStream, after: Seq | undefined): Promise<void> {
    const { store, bus, live, describe } = this.#sources;
    const { organisationId } = stream.identity;
    stream.onGone(live.watch(organisationId, ({ kind, data }) => stream.send(kind, data)));
    try {
      await followJournal({
        store,
        bus,
        stream,
        ...(after === undefined ? {} : { after }),
        send: (entry) => {
          if (entry.organisationId === organisationId) {
            stream.send('journal', timelineEntry(entry, describe(entry)), entry.seq);
          }
        },
      });
    } catch {
      // The head is sent, so no error can be answered; the client resumes from where it is.
      stream.end();
    }
  }

  async #trace(request: FastifyRequest, reply: FastifyReply, device: string): Promise<void> {
    this.#checkRoom();
    const { organisationId } = identityOf(request);
    let stream: EventStream | undefined;
    // Before the head is sent, so that an unknown device is still answered as a problem.
    const stop = await this.#sources.live.trace(organisationId, device, (line) => stream?.send('trace', line));
    try {
      stream = this.#start(request, reply);
    } catch (error) {
      stop();
      throw error;
    }
    stream.onGone(stop);
  }
}

/** A journal entry as the API shows it. */
function timelineEntry(entry: JournalEntry, text: string): TimelineEntry {
  const { seq, at, deviceId, actor, cause, type, payload } = entry;
  return {
    seq,
    at,
    ...(deviceId === undefined ? {} : { deviceId }),
    actor,
    ...(cause === undefined ? {} : { cause }),
    type,
    text,
    payload,
  };
}

/** Where a client that reconnects wants to go on; it outranks the query, which a browser repeats unchanged. */
function lastEventId(request: FastifyRequest): number | undefined {
  const id = request.headers['last-event-id'];
  return typeof id === 'string' && /^\d{1,15}$/.test(id) ? Number(id) : undefined;
}
