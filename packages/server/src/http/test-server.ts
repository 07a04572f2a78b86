import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RouteName, routes, type TraceLine } from '@reeve/contract';
import type { FastifyInstance } from 'fastify';
import { Access } from '../access/access.ts';
import { Artifacts } from '../artifacts/artifacts.ts';
import { openLocalBus } from '../bus/local/bus.ts';
import type { Bus } from '../bus/port.ts';
import { ReeveError } from '../errors.ts';
import type { OrganisationId } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import type { Store } from '../store/port.ts';
import type { Handlers, LiveEvent, LiveFeed } from './handlers.ts';
import { buildHttp, type HttpOptions } from './server.ts';
import type { Streams } from './streams.ts';

/** A LiveFeed that tests speak into. */
class TestFeed implements LiveFeed {
  readonly watchers = new Map<(event: LiveEvent) => void, OrganisationId>();
  readonly tracers = new Set<(line: TraceLine) => void>();

  watch(organisationId: OrganisationId, listener: (event: LiveEvent) => void): () => void {
    this.watchers.set(listener, organisationId);
    return () => this.watchers.delete(listener);
  }

  async trace(_: unknown, device: string, listener: (line: TraceLine) => void): Promise<() => void> {
    if (device !== 'truck-1') throw new ReeveError('no-such-device', `There is no device ${device}`);
    this.tracers.add(listener);
    return () => this.tracers.delete(listener);
  }

  emit(event: LiveEvent): void {
    for (const listener of this.watchers.keys()) listener(event);
  }
}

export interface TestServer {
  readonly app: FastifyInstance;
  readonly options: HttpOptions;
  /** Every route that fastify registered, as `METHOD url`. */
  readonly registered: readonly string[];
  readonly streams: Streams;
  readonly store: Store;
  readonly bus: Bus;
  readonly access: Access;
  readonly feed: TestFeed;
  /** Virtual time in milliseconds. */
  readonly clock: { now: number };
  /** Secret of a bearer token. */
  readonly bearer: string;
  /** Commits one journal entry. */
  write(text: string): Promise<void>;
  close(): Promise<void>;
}

interface TestOptions {
  readonly publicUrl?: string;
  readonly consoleFolder?: string;
  /** In place of the handlers that answer 404. */
  readonly handlers?: Partial<Handlers>;
}

/** The HTTP server over a store of its own, with the handlers of `access` and 404 for every other route. */
export async function openTestServer(options: TestOptions = {}): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-http-'));
  const store = openMemoryStore();
  const bus = openLocalBus(store);
  const feed = new TestFeed();
  const clock = { now: 1_800_000_000_000 };
  const now = () => clock.now;
  const access = await Access.open({
    store,
    now,
    publicUrl: () => options.publicUrl ?? 'http://localhost:80',
    describeServer: () => ({
      version: '0.0.0',
      startedAt: 0,
      noSec: false,
      keyLog: false,
      coapsPort: 5684,
      warnings: [],
      store: 'ok',
    }),
  });
  const missing = async () => {
    throw new ReeveError('no-such-thing', 'not in this test');
  };
  const registered: string[] = [];
  const http: HttpOptions = {
    store,
    bus,
    access,
    now,
    live: feed,
    takeBackup: missing,
    artifacts: await Artifacts.load({ store, dataFolder: folder, now }),
    updates: { byToken: () => undefined, served() {} },
    handlers: {
      ...(Object.fromEntries(
        (Object.keys(routes) as RouteName[]).map((name) => [name, missing]),
      ) as unknown as Handlers),
      ...access.handlers(),
      ...options.handlers,
    },
    describe: (entry) => `words for ${entry.type}`,
    consoleFolder: options.consoleFolder ?? join(folder, 'no-console'),
    version: '0.0.0',
    logLevel: 'silent',
    ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
  };
  const { app, streams } = await buildHttp(http, ({ method, url }) => {
    for (const one of [method].flat()) registered.push(`${one} ${url}`);
  });
  return {
    app,
    options: http,
    registered,
    streams,
    store,
    bus,
    access,
    feed,
    clock,
    bearer: await access.localToken(join(folder, 'local-token')),
    async write(reason) {
      const entry: JournalDraft = {
        type: 'store.alarm',
        payload: { reason },
        at: clock.now,
        organisationId: access.organisationId,
        actor: { kind: 'server', name: 'reeve' },
      };
      await store.commit({ journal: [entry] });
    },
    async close() {
      await app.close();
      await bus.close();
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}
