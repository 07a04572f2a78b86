import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Identity } from '../access/identity.ts';
import { httpLimits } from './limits.ts';

/**
 * One client of server-sent events (HTML standard, §9.2). What the client has not read yet waits in the response, up
 * to `streamBytes`; a client that is slower than that is disconnected, and may resume.
 */
export class EventStream {
  readonly identity: Identity;
  readonly #response: ServerResponse;
  readonly #gone = new AbortController();

  /** Takes the response over from fastify and sends its head. */
  constructor(reply: FastifyReply, identity: Identity) {
    this.identity = identity;
    reply.hijack();
    this.#response = reply.raw;
    this.#response.once('close', () => this.#gone.abort());
    // Its client may have left before we came here.
    if (this.#response.destroyed) this.#gone.abort();
    // A client that resets its connection is gone, not a fault.
    this.#response.on('error', () => this.#gone.abort());
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) this.#response.setHeader(name, value);
    }
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Tells nginx not to hold the events back.
      'x-accel-buffering': 'no',
    });
    this.#write('retry: 2000\n\n');
  }

  /** Aborted when the client is gone. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Calls `run` when the client is gone, at once if it is. */
  onGone(run: () => void): void {
    if (this.gone.aborted) run();
    else this.gone.addEventListener('abort', run);
  }

  /** Sends one event. `id` is what the client resumes from. */
  send(event: string, data: object, id?: number): void {
    this.#write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Tells the client where it stands, so that it resumes from there even if no event comes. */
  position(id: number): void {
    this.#write(`id: ${id}\n\n`);
  }

  /** A comment, which keeps proxies from closing a silent connection. */
  beat(): void {
    this.#write(':\n\n');
  }

  /** Resolves when the client has taken what was sent; ends the stream if it does not in time. */
  async drained(): Promise<void> {
    if (!this.#response.writableNeedDrain) return;
    const late = AbortSignal.timeout(httpLimits.drainTime);
    try {
      await once(this.#response, 'drain', { signal: AbortSignal.any([this.gone, late]) });
    } catch {
      this.#response.destroy();
      this.#gone.abort();
    }
  }

  end(): void {
    this.#gone.abort();
    this.#response.end();
  }

  #write(text: string): void {
    if (this.gone.aborted) return;
    this.#response.write(text);
    if (this.#response.writableLength > httpLimits.streamBytes) {
      this.#response.destroy();
      this.#gone.abort();
    }
  }
}
