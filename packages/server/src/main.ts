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
import { Dispatcher } from './dispatcher.ts';
import { ReeveError } from './errors.ts';
import { listenHttp } from './http/server.ts';
import type { DeviceId, Millis } from './ids.ts';
import { incidentHandlers } from './incidents/handlers.ts';
import { Incidents } from './incidents/incidents.ts';
import type { JournalEntry } from './journal/entries.ts';
import { describeEntry } from './journal/words.ts';
import { Lanes } from './lanes.ts';
import { openMainThreadLink } from './link/main-thread.ts';
import { Outgoing } from './link/outgoing.ts';
import type { LinkConfig, LinkDown, ListenAddress, OpenLink } from './link/port.ts';
import { Requests } from './link/requests.ts';
import { openWorkerLink } from './link/worker-thread.ts';
import { Live } from './live.ts';
import { Notices } from './notices/notices.ts';
import { Observer } from './observations/observer.ts';
import { RuleEngine } from './policies/engine.ts';
import { policyHandlers } from './policies/handlers.ts';
import { tickDevices } from './policies/tick.ts';
import { Credentials } from './registry/credentials.ts';
import { type Device, Fleet } from './registry/fleet.ts';
import { deviceHandlers } from './registry/handlers.ts';
import { identify } from './registry/identify.ts';
import { Refusals } from './registry/refusals.ts';
import { findDevice, Registrations } from './registry/registrations.ts';
import { StoreAlarm } from './store/alarm.ts';
import type { Store } from './store/port.ts';
import { openSealer } from './store/sealing.ts';
import { openSqliteStore } from './store/sqlite/store.ts';
import { Ingest, type Report } from './telemetry/ingest.ts';
import { Values } from './telemetry/values.ts';
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

  const lanes = new Lanes();
  const live = new Live();
  const fleet = await Fleet.load(store);
  const credentials = await Credentials.load(store, sealer);
  const values = await Values.load(store);
  const refusals = await Refusals.load(store, organisationId);
  const engine = await RuleEngine.load(store, fleet, values);
  const ingest = new Ingest(values, engine);

  // Messages downward are gathered over one turn of the microtask queue, as those upward are by the link.
  const outgoing = new Outgoing();
  const send = (message: LinkDown) => outgoing.push(message);
  const requests = new Requests(send);
  /** The device did not answer: nothing is sent to it until it is heard again. */
  const lost = (device: Device) => fleet.setSession(device, undefined);

  const observer: Observer = await Observer.load({
    store,
    fleet,
    lanes,
    engine,
    values,
    requests,
    send,
    lost,
    now,
    take: (device, report, also) => dispatcher.take(device, report, also),
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

  /** Learns what the device is and observes it anew: whatever it knew of us is gone. */
  const beginAgain = (device: Device, reason: 'new-registration' | 'new-session') => {
    const take = (of: Device, report: Report) => dispatcher.take(of, report);
    void observer.restart(device, reason);
    void identify(device, { lanes, values, requests, now, take }).catch(() => {});
  };
  /** Tells the link to show the device's traffic; again for each session that it comes over. */
  const trace = ({ session }: Device, on: boolean) => {
    if (session) send({ kind: 'trace', sessionId: session.sessionId, on });
  };
  const heard = (device: Device, fresh: boolean) => {
    if (fresh && live.isTraced(device.row.deviceId)) trace(device, true);
    if (fresh) beginAgain(device, 'new-session');
    else observer.heard(device);
    commands.heard(device);
    dispatcher.tellPresence(device);
  };
  const registrations = new Registrations({
    store,
    fleet,
    credentials,
    lanes,
    send,
    organisationId,
    noSec,
    refuse: (refused) => refusals.count(refused),
    hooks: {
      contact: (device, at) => engine.contact(device, at),
      registered: (device) => {
        if (live.isTraced(device.row.deviceId)) trace(device, true);
        beginAgain(device, 'new-registration');
        commands.heard(device);
        dispatcher.tellPresence(device);
      },
      heard,
      ended: (device) => dispatcher.tellPresence(device),
    },
  });
  const dispatcher: Dispatcher = new Dispatcher({
    store,
    fleet,
    lanes,
    credentials,
    registrations,
    refusals,
    observer: () => observer,
    engine,
    ingest,
    requests,
    live,
    send,
    heard,
    now,
  });

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
