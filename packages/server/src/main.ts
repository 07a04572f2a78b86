import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Access } from './access/access.ts';
import { openLocalBus } from './bus/local/bus.ts';
import type { Bus } from './bus/port.ts';
import type { Warn } from './bus/stuck.ts';
import { after, Clock } from './clock.ts';
import { commandHandlers } from './commands/handlers.ts';
import { CommandQueue } from './commands/queue.ts';
import { openCore } from './core.ts';
import { ReeveError } from './errors.ts';
import { listenHttp } from './http/server.ts';
import type { DeviceId, Millis } from './ids.ts';
import { incidentHandlers } from './incidents/handlers.ts';
import { Incidents } from './incidents/incidents.ts';
import type { JournalEntry } from './journal/entries.ts';
import { describeEntry } from './journal/words.ts';
import { openMainThreadLink } from './link/main-thread.ts';
import { Outgoing } from './link/outgoing.ts';
import type { LinkConfig, LinkDown, ListenAddress, OpenLink } from './link/port.ts';
import { openWorkerLink } from './link/worker-thread.ts';
import { Notices } from './notices/notices.ts';
import { policyHandlers } from './policies/handlers.ts';
import { tickDevices } from './policies/tick.ts';
import type { Device } from './registry/fleet.ts';
import { deviceHandlers } from './registry/handlers.ts';
import { identify } from './registry/identify.ts';
import { findDevice } from './registry/registrations.ts';
import { StoreAlarm } from './store/alarm.ts';
import type { Store } from './store/port.ts';
import { openSealer } from './store/sealing.ts';
import { openSqliteStore } from './store/sqlite/store.ts';
import type { Report } from './telemetry/ingest.ts';
import { version } from './version.ts';

/** What an operator chooses. */
export interface ServerConfig {
  /** Folder of the database, the sealing key and the local token; made with mode 0700. */
  readonly dataFolder: string;
  /** CoAP sockets; at least one `coaps`. */
  readonly listen: readonly ListenAddress[];
  readonly http: { readonly host: string; readonly port: number };
  /** Where people reach the console if a proxy is in front. */
  readonly publicUrl?: string;
  /** File of the sealing key, if it is not to lie beside the data. */
  readonly sealingKeyFile?: string;
  readonly link: 'main' | 'worker';
  readonly transmission?: LinkConfig['transmission'];
  readonly logLevel: 'info' | 'warn' | 'error' | 'silent';
}

/** The adapters behind the ports. Tests wrap them; everything else is the same. */
export interface ServerPorts {
  readonly openStore: (file: string) => Promise<Store>;
  readonly openBus: (store: Store) => Bus;
  readonly openLink: OpenLink;
  readonly fetch: typeof globalThis.fetch;
  readonly now: () => Millis;
  /** Says a line to whoever runs the server, of what neither journal nor console can show. */
  readonly warn: Warn;
}

/** A server that answers. */
export interface RunningServer {
  /** Origin of the console and API. */
  readonly url: string;
  readonly coap: readonly ListenAddress[];
  /** True when this start made the data folder. */
  readonly firstStart: boolean;
  /** File of the local command line's bearer token. */
  readonly tokenFile: string;
  /** A one-time sign-in link. */
  makeLink(name: string): Promise<string>;
  close(): Promise<void>;
}

const CONSOLE_FOLDER = fileURLToPath(new URL('../../console/dist', import.meta.url));
/** How long the journal and samples are kept. */
const RETENTION_MS = 400 * 24 * 3_600_000;

export function defaultPorts(config: ServerConfig): ServerPorts {
  return {
    openStore: (file) => openSqliteStore({ file }),
    openBus: openLocalBus,
    openLink: config.link === 'worker' ? openWorkerLink : openMainThreadLink,
    fetch: globalThis.fetch,
    now: Date.now,
    warn: config.logLevel === 'silent' ? () => {} : (line) => process.stderr.write(`${line}\n`),
  };
}

/** The composition root: configuration in, a running server out. State is loaded before the first socket opens. */
export async function startServer(
  config: ServerConfig,
  ports: ServerPorts = defaultPorts(config),
): Promise<RunningServer> {
  const { now, warn } = ports;
  const startedAt = now();
  const made = await mkdir(config.dataFolder, { recursive: true, mode: 0o700 });
  const noSec = config.listen.some(({ transport }) => transport === 'coap');
  const store = await ports.openStore(join(config.dataFolder, 'reeve.db'));
  const bus = ports.openBus(store);
  const sealer = await openSealer({ keyFile: config.sealingKeyFile ?? join(config.dataFolder, 'sealing.key') });

  let publicUrl = config.publicUrl ?? '';
  let coap: readonly ListenAddress[] = [];
  const access = await Access.open({
    store,
    now,
    publicUrl: () => publicUrl,
    describeServer: () => ({
      version,
      startedAt,
      noSec,
      coapsPort: coap.find(({ transport }) => transport === 'coaps')?.port ?? 0,
      store: store.health().state,
    }),
  });
  const { organisationId } = access;

  // Messages downward are gathered over one turn of the microtask queue, as those upward are by the link.
  const outgoing = new Outgoing();
  const send = (message: LinkDown) => outgoing.push(message);
  const {
    lanes,
    live,
    fleet,
    credentials,
    values,
    engine,
    refusals,
    registrations,
    observer,
    dispatcher,
    requests,
    lost,
  } = await openCore({
    store,
    sealer,
    organisationId,
    noSec,
    send,
    now,
    contacted: (device, anew) => {
      if (anew) meet(device);
      commands.heard(device);
    },
  });
  const commands = await CommandQueue.open({
    store,
    bus,
    fleet,
    now,
    organisationId,
    perform: (device, operation) => requests.perform(device, operation),
    lost,
    received: (device, report) => lanes.run(device.row.deviceId, () => dispatcher.take(device, report)),
  });
  const incidents = await Incidents.open({ store, bus, engine, values, commands, now, warn });
  const names = { device: (deviceId: DeviceId) => fleet.get(deviceId)?.row.endpoint };
  const describe = (entry: JournalEntry) => describeEntry(entry, names);
  const notices = await Notices.open({
    store,
    bus,
    sealer,
    now,
    fetch: ports.fetch,
    describe,
    random: Math.random,
    after,
    warn,
  });

  /** Tells the link to show the device's traffic, for the session that it comes over. */
  const trace = ({ session }: Device, on: boolean) => {
    if (session) send({ kind: 'trace', sessionId: session.sessionId, on });
  };
  /** The device came with a new registration or over a new session. */
  const meet = (device: Device) => {
    if (live.isTraced(device.row.deviceId)) trace(device, true);
    const take = (of: Device, report: Report) => dispatcher.take(of, report);
    void identify(device, { lanes, values, requests, now, take }).catch(() => {});
  };

  const link = await ports.openLink(
    {
      listen: config.listen,
      // What was observed before a restart is known before the first datagram is read.
      initial: outgoing.take(),
      ...(config.transmission ? { transmission: config.transmission } : {}),
    },
    (messages) => dispatcher.dispatch(messages),
  );
  coap = link.addresses;
  outgoing.connect(link);

  const alarm = new StoreAlarm(store, organisationId);
  const clock = new Clock({
    seconds: [
      (at) => alarm.check(at),
      (at) => refusals.flush(at),
      (at) => commands.tick(at),
      (at) => incidents.tick(at),
      (at) => tickDevices(engine.due(at), { engine, lanes, store }, at),
    ],
    minutes: [(at) => registrations.expire(at)],
    days: [
      (at) => store.prune({ journal: at - RETENTION_MS, samples: at - RETENTION_MS }),
      (at) => commands.prune(at - RETENTION_MS),
      (at) => incidents.prune(at - RETENTION_MS),
    ],
    now,
  });

  const http = await listenHttp({
    ...config.http,
    ...(config.publicUrl === undefined ? {} : { publicUrl: config.publicUrl }),
    consoleFolder: CONSOLE_FOLDER,
    version,
    logLevel: config.logLevel,
    now,
    store,
    bus,
    access,
    describe,
    handlers: {
      ...access.handlers(),
      ...notices.handlers(),
      ...commandHandlers({ store, fleet, queue: commands, now }),
      ...incidentHandlers({ store, fleet, incidents, describe, now }),
      ...policyHandlers({ store, fleet, engine, observer, lanes, now }),
      ...deviceHandlers({
        store,
        fleet,
        credentials,
        lanes,
        engine,
        observer,
        views: { values, engine, observer, credentials },
        refusals,
        send,
        standings: (devices) => incidents.standings(devices),
        describe,
        noSec,
        now,
      }),
    },
    live: {
      watch: (organisation, listener) =>
        live.watch((event) => {
          if (findDevice(fleet, organisation, event.data.deviceId)) listener(event);
        }),
      trace: async (organisation, ref, listener) => {
        const device = findDevice(fleet, organisation, ref);
        if (!device) throw new ReeveError('no-such-device', `No device "${ref}": see \`reeve device ls\``);
        const stop = live.addTrace(device.row.deviceId, listener);
        trace(device, true);
        return () => {
          if (stop()) trace(device, false);
        };
      },
    },
  });
  if (publicUrl === '') publicUrl = http.url;
  const tokenFile = join(config.dataFolder, 'local.token');
  await access.localToken(tokenFile);
  await store.commit({
    journal: [
      {
        type: 'server.started',
        at: startedAt,
        organisationId,
        actor: { kind: 'server', name: 'main' },
        payload: { version },
      },
    ],
  });

  return {
    url: http.url,
    coap,
    firstStart: made !== undefined,
    tokenFile,
    makeLink: async (name) => (await access.makeLink(name)).url,
    close: async () => {
      clock.stop();
      await http.close();
      await link.close();
      await notices.stop();
      await incidents.close();
      await commands.close();
      await bus.close();
      await store.close();
    },
  };
}
