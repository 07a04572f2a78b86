import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpLimits } from './limits.ts';
import { openTestServer, type TestServer } from './test-server.ts';

interface Event {
  id?: string;
  event?: string;
  data?: string;
}

/** A client of server-sent events that reads on demand. */
class Client {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #abort: AbortController;
  readonly #decoder = new TextDecoder();
  #text = '';

  private constructor(body: ReadableStream<Uint8Array>, abort: AbortController) {
    this.#reader = body.getReader();
    this.#abort = abort;
  }

  static async open(url: string, headers: Record<string, string>): Promise<Client> {
    const abort = new AbortController();
    const response = await fetch(url, { headers, signal: abort.signal });
    if (!response.body || response.status !== 200) throw new Error(`answered ${response.status}`);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    return new Client(response.body, abort);
  }

  /** The next event that has data, or undefined at the stream's end. */
  async next(): Promise<Event | undefined> {
    for (;;) {
      const block = await this.block();
      if (block === undefined || block.data !== undefined) return block;
    }
  }

  /** The next block, e.g. a position or a comment. */
  async block(): Promise<Event | undefined> {
    while (!this.#text.includes('\n\n')) {
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      this.#text += this.#decoder.decode(value, { stream: true });
    }
    const end = this.#text.indexOf('\n\n');
    const lines = this.#text.slice(0, end).split('\n');
    this.#text = this.#text.slice(end + 2);
    return Object.fromEntries(lines.map((line) => line.split(/: ?(.*)/s).slice(0, 2)));
  }

  close(): void {
    this.#abort.abort();
  }
}

let server: TestServer;
let base: string;
const clients: Client[] = [];
beforeEach(async () => {
  server = await openTestServer();
  base = await server.app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.close();
});

async function open(path: string, headers: Record<string, string> = {}): Promise<Client> {
  const client = await Client.open(base + path, { authorization: `Bearer ${server.bearer}`, ...headers });
  clients.push(client);
  return client;
}

/** Writes `reason`s to the journal and gives back the newest seq. */
async function write(...reasons: string[]): Promise<number> {
  for (const reason of reasons) await server.write(reason);
  const [last] = await server.store.journal({ newestFirst: true, limit: 1 });
  return last?.seq ?? 0;
}

const reasonOf = (event: Event | undefined) => JSON.parse(event?.data ?? '{}').payload?.reason;
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the event stream', () => {
  it('sends what is committed from now on, with its words', async () => {
    const before = await write('before');
    const client = await open('/api/v1/events');
    expect(await client.block()).toEqual({ retry: '2000' });
    expect(await client.block()).toEqual({ id: String(before) });
    await write('a');
    const event = await client.next();
    expect(event).toMatchObject({ event: 'journal', id: String(before + 1) });
    expect(JSON.parse(event?.data ?? '')).toEqual({
      seq: before + 1,
      at: server.clock.now,
      actor: { kind: 'server', name: 'reeve' },
      type: 'store.alarm',
      text: 'words for store.alarm',
      payload: { reason: 'a' },
    });
  });

  it.each(['Last-Event-ID', 'after'])('resumes by %s without gap or duplicate', async (way) => {
    const many = Array.from({ length: httpLimits.catchUpPage * 2 + 7 }, (_, index) => `r${index}`);
    const start = await write('known');
    await write(...many);
    const client = await (way === 'after'
      ? open(`/api/v1/events?after=${start}`)
      : open('/api/v1/events?after=0', { 'last-event-id': String(start) }));
    // More comes while the client catches up.
    const later = write('x', 'y', 'z');
    for (const reason of [...many, 'x', 'y', 'z']) expect(reasonOf(await client.next())).toBe(reason);
    const end = await later;
    await write('last');
    expect(await client.next()).toMatchObject({ id: String(end + 1) });
  });

  it('sends everything after 0, and nothing old to one who is ahead', async () => {
    const client = await open('/api/v1/events?after=0');
    expect((await client.next())?.id).toBe('1');
    const ahead = await open('/api/v1/events', { 'last-event-id': '999999' });
    await ahead.block();
    await ahead.block();
    await write('new');
    expect(reasonOf(await ahead.next())).toBe('new');
  });

  it('keeps entries of another organisation to itself', async () => {
    const client = await open('/api/v1/events');
    await client.block();
    await client.block();
    await server.store.commit({
      journal: [
        {
          type: 'store.alarm',
          payload: { reason: 'foreign' },
          at: 0,
          organisationId: 'org-x' as typeof server.access.organisationId,
          actor: { kind: 'server', name: 'reeve' },
        },
      ],
    });
    await write('ours');
    expect(reasonOf(await client.next())).toBe('ours');
  });

  it('sends samples and presence live, without an id', async () => {
    const client = await open('/api/v1/events');
    await client.block();
    expect([...server.feed.watchers.values()]).toEqual([server.access.organisationId]);
    server.feed.emit({ kind: 'presence', data: { deviceId: 'dev-1', presence: { state: 'awake' } } });
    server.feed.emit({ kind: 'samples', data: { deviceId: 'dev-1', values: [] } });
    const events = [await client.next(), await client.next()];
    expect(events.map((event) => [event?.id, event?.event])).toEqual([
      [undefined, 'presence'],
      [undefined, 'samples'],
    ]);
  });

  it('lets go of everything when its client goes', async () => {
    const client = await open('/api/v1/events');
    await client.block();
    expect(server.feed.watchers.size).toBe(1);
    client.close();
    while (server.feed.watchers.size > 0) await turn();
  });

  it('disconnects a client that does not read', async () => {
    await open('/api/v1/events');
    const text = 'x'.repeat(100_000);
    // More than the sockets' buffers and ours can hold together.
    for (let sent = 0; sent < 2000 && server.feed.watchers.size > 0; sent++) {
      server.feed.emit({ kind: 'samples', data: { deviceId: text, values: [] } });
      if (sent % 10 === 0) await turn();
    }
    expect(server.feed.watchers.size).toBe(0);
  });

  it('beats, and ends when its credentials are revoked', async () => {
    const client = await open('/api/v1/events');
    await client.block();
    await client.block();
    await server.streams.beat();
    expect(await client.block()).toEqual({ '': '' });
    const [token] = await server.store.list('tokens');
    if (token) await server.store.commit({ changes: [{ delete: 'tokens', key: { tokenId: token.tokenId } }] });
    await server.streams.beat();
    expect(await client.next()).toBeUndefined();
  });

  it('ends with the server', async () => {
    const client = await open('/api/v1/events');
    await server.app.close();
    expect(await client.next()).toBeUndefined();
  });

  it('refuses one stream too many', async () => {
    const all = await Promise.all(Array.from({ length: httpLimits.streams }, () => open('/api/v1/events')));
    expect(all.length).toBe(httpLimits.streams);
    await expect(open('/api/v1/events')).rejects.toThrow('answered 429');
  });
});

describe('the trace', () => {
  it('sends the decoded traffic of one device', async () => {
    const client = await open('/api/v1/devices/truck-1/trace');
    const line = { at: 1, direction: 'in', text: 'CON POST /rd', bytes: 60 } as const;
    for (const tell of server.feed.tracers) tell(line);
    const event = await client.next();
    expect(event?.event).toBe('trace');
    expect(JSON.parse(event?.data ?? '')).toEqual(line);
    client.close();
    while (server.feed.tracers.size > 0) await turn();
  });

  it('of an unknown device is a problem', async () => {
    await expect(open('/api/v1/devices/other/trace')).rejects.toThrow('answered 404');
  });
});
