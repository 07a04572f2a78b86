import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Access } from './access/access.ts';
import { Backups } from './backup/backups.ts';
import { type RestoreOptions, restoreBackup } from './backup/restore.ts';
import { bootstrapWarnings, urisOf } from './bootstrap/uris.ts';
import { after, Clock } from './clock.ts';
import { commandHandlers } from './commands/handlers.ts';
import { CommandQueue } from './commands/queue.ts';
import { openCore } from './core.ts';
import { coreHandlers } from './core-handlers.ts';
import { Frames } from './frames/frames.ts';
import { frameHandlers } from './frames/handlers.ts';
import { listenHttp } from './http/server.ts';
import type { DeviceId, Millis, OrganisationId } from './ids.ts';
import { incidentHandlers } from './incidents/handlers.ts';
import { Incidents } from './incidents/incidents.ts';
import type { JournalDraft, JournalEntry } from './journal/entries.ts';
import { describeEntry } from './journal/words.ts';
import { showAddress } from './link/address.ts';
import { cbcSuites, defaultDtls, takesTlsKeys } from './link/dtls-settings.ts';
import { admitsNoSec } from './link/listening.ts';
import { Outgoing } from './link/outgoing.ts';
import type { LinkDown, ListenAddress, Listener } from './link/port.ts';
import { liveFeed } from './live-feed.ts';
import { FinishedCommands } from './metrics/finished-commands.ts';
import { metricHandlers } from './metrics/handlers.ts';
import { modelHandlers } from './models/handlers.ts';
import { Notices } from './notices/notices.ts';
import { tickDevices } from './policies/tick.ts';
import { expireCredentials } from './registry/credential-handlers.ts';
import type { Device } from './registry/fleet.ts';
import { identify, isIdentified } from './registry/identify.ts';
import { importHandlers } from './registry/import.ts';
import { noteInstance } from './registry/instances.ts';
import { receivedMark } from './registry/terms.ts';
import { handTlsKeys } from './registry/tls-keys.ts';
import { defaultPorts, type RunningServer, type ServerConfig, type ServerPorts } from './server-config.ts';
import { claimSlot } from './sessions/slots.ts';
import { StoreAlarm } from './store/alarm.ts';
import type { Store } from './store/port.ts';
import { restoreFile } from './store/sqlite/restore.ts';
import { openSealerOf } from './store/stored-sealing.ts';
import type { Report } from './telemetry/ingest.ts';
import { openUpdates } from './updates/open.ts';
import { version } from './version.ts';
import { Waker } from './wake/waker.ts';

const CONSOLE_FOLDER = fileURLToPath(new URL('../../console/dist', import.meta.url));
/** Who owns the slot of this process's Connection IDs; one process at a time has the data folder. */
const SLOT_OWNER = 'main';
/** How long the journal and samples are kept. */
const RETENTION_MS = 400 * 24 * 3_600_000;

/** Makes a data folder that a server may be started on from a backup; see `restoreBackup`. */
export function restoreServer(options: RestoreOptions) {
  return restoreBackup(options, restoreFile);
}

/** Where a socket listens, for people. */
function showListener(address: ListenAddress | undefined): string | undefined {
  return address && `${address.transport}://${showAddress(address)}`;
}

/** Cipher suites of a socket that an operator should know to be weak. */
function cbcWarning({ dtls, ...address }: Listener): string[] {
  const weak = (dtls?.suites ?? []).filter((suite) => cbcSuites.has(suite));
  return weak.length === 0 ? [] : [`${showListener(address)} allows cipher suites with CBC: ${weak.join(', ')}.`];
}

/** The composition root: configuration in, a running server out. State is loaded before the first socket opens. */
export async function startServer(
  config: ServerConfig,
  ports: ServerPorts = defaultPorts(config),
): Promise<RunningServer> {
  const { now, warn } = ports;
  const startedAt = now();
  const made = await mkdir(config.dataFolder, { recursive: true, mode: 0o700 });
  const noSec = config.listen.some(admitsNoSec);
  const file = join(config.dataFolder, 'reeve.db');
  const store = await ports.openStore(file);
  const bus = ports.openBus(store);
  const sealer = await openSealerOf(store, config.sealingKeyFile ?? join(config.dataFolder, 'sealing.key'));

  const { dataFolder } = config;
  const backups = new Backups({ store, file, dataFolder, fingerprint: sealer.fingerprint, now });

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
      keyLog: config.keyLogFile !== undefined,
      coapsPort: coap.find(({ transport }) => transport === 'coaps')?.port ?? 0,
      warnings: warnings(),
      store: store.health().state,
    }),
  });
  const { organisationId } = access;
  const warnings = () => [
    ...config.listen.flatMap(cbcWarning),
    ...bootstrapWarnings(config.listen, urisOf(coap, config.deviceHost)),
    ...trust.warnings(now()),
  ];

  // Messages downward are gathered over one turn of the microtask queue, as those upward are by the link.
  const outgoing = new Outgoing();
  const send = (message: LinkDown) => outgoing.push(message);
  const core = await openCore({
    store,
    sealer,
    organisationId,
    noSec,
    listener: (ingress) => showListener(coap[ingress]),
    uris: () => urisOf(coap, config.deviceHost),
    trust: {
      files: config.identities ?? [],
      staleLists: (ingress) => config.listen[ingress]?.dtls?.staleRevocationList ?? defaultDtls.staleRevocationList,
      purposeOf: (ingress) => (config.listen[ingress]?.bootstrap ? 'bootstrap' : 'management'),
      fetch: ports.fetch,
      after,
      random: Math.random,
    },
    send,
    now,
    ...(config.keepSessionDays === undefined ? {} : { keepSessionDays: config.keepSessionDays }),
    downlink: config.downlink,
    contacted: (device, anew) => {
      // After a restart of the server its session goes on, but what was about to be asked over it is forgotten.
      if (anew || !device.met) meet(device);
      if (anew) bootstrapping.deployments.registered(device, commands);
      commands.heard(device);
      updating.updates.heard(device);
    },
    fetch: (message) => void updating.fetch(message),
  });
  const {
    lanes,
    live,
    fleet,
    credentials,
    trust,
    library,
    values,
    engine,
    failedHandshakes,
    handshakeCounts,
    registrations,
    sessions,
    bootstrapping,
    observer,
    dispatcher,
    requests,
    performer,
    pacer,
    lost,
  } = core;
  if (config.listen.some(takesTlsKeys)) handTlsKeys({ credentials, send });
  const received = (device: Device, report: Report) =>
    lanes.run(device.row.deviceId, () => dispatcher.take(device, report));
  const commands = await CommandQueue.open({
    store,
    sealer,
    bus,
    fleet,
    models: library.models,
    pacer,
    now,
    performer,
    mark: receivedMark,
    received,
    instances: async (device, change) => {
      await noteInstance(device, change, { store, lanes, now });
      observer.sync(device);
    },
  });
  const updating = await openUpdates({
    ...{ store, sealer, fleet, credentials, pacer, lost, send, now, dataFolder },
    perform: (device, operation) => requests.perform(device, operation),
    received,
    uris: () => urisOf(coap, config.deviceHost),
    httpOrigin: () => publicUrl,
  });
  const waker =
    config.sms && (await Waker.open(config.sms, { ...{ store, bus, fleet, commands, now }, fetch: ports.fetch }));
  const frames = await Frames.load({
    store,
    sealer,
    fleet,
    lanes,
    models: library.models,
    engine,
    failedHandshakes,
    take: (device, report, also) => dispatcher.take(device, report, also),
    heard: (device) => dispatcher.tellPresence(device),
    now,
  });
  await bootstrapping.deployments.resume(commands);
  const finishedCommands = new FinishedCommands(bus);
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
    device.met = true;
    if (live.isTraced(device.row.deviceId)) trace(device, true);
    if (isIdentified(device, now())) return;
    const take = (of: Device, report: Report) => dispatcher.take(of, report);
    identify(device, { lanes, requests, pacer, now, take }).then(
      (asked) => {
        device.met = asked;
      },
      () => {},
    );
  };

  const link = await ports.openLink(
    {
      listen: config.listen,
      connectionIdSlot: await claimSlot(store, SLOT_OWNER, startedAt),
      // Sessions and observations of before a restart are known before the first datagram is read.
      initial: outgoing.take(),
      ...(config.transmission ? { transmission: config.transmission } : {}),
      ...(config.keyLogFile === undefined ? {} : { keyLogFile: config.keyLogFile }),
    },
    (messages) => dispatcher.dispatch(messages),
  );
  coap = link.addresses;
  outgoing.connect(link);

  const alarm = new StoreAlarm(store, organisationId);
  const clock = new Clock({
    tenths: [(at) => pacer.tick(at)],
    seconds: [
      (at) => alarm.check(at),
      (at) => failedHandshakes.flush(at),
      async () => send({ kind: 'census' }),
      () => sessions.tick(),
      (at) => trust.refresh.tick(at),
      (at) => trust.identities.refresh(at),
      (at) => commands.tick(at),
      () => waker?.tick(),
      (at) => updating.updates.tick(at),
      (at) => incidents.tick(at),
      (at) => tickDevices(engine.due(at), { engine, lanes, store }, at),
    ],
    minutes: [
      (at) => registrations.expire(at),
      (at) => sessions.expire(at),
      (at) => bootstrapping.bootstrap.sweep(at),
      (at) => expireCredentials({ store, fleet, trust }, at),
      (at) => trust.expire(at),
    ],
    days: [
      (at) => store.prune({ journal: at - RETENTION_MS, samples: at - RETENTION_MS }),
      (at) => commands.prune(at - RETENTION_MS),
      (at) => updating.updates.prune(at - RETENTION_MS),
      (at) => bootstrapping.bootstrap.prune(at - RETENTION_MS),
      (at) => incidents.prune(at - RETENTION_MS),
    ],
    now,
  });

  const http = await listenHttp({
    ...config.http,
    ...(config.publicUrl === undefined ? {} : { publicUrl: config.publicUrl }),
    artifacts: updating.artifacts,
    updates: updating.updates,
    takeBackup: (identity) => backups.take(identity),
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
      ...updating.handlers(),
      ...notices.handlers(),
      ...commandHandlers({ store, fleet, queue: commands, models: library.models, values, now }),
      ...modelHandlers({ store, fleet, library, now }),
      ...incidentHandlers({ store, fleet, incidents, describe, now }),
      ...metricHandlers({
        store,
        fleet,
        handshakes: () => handshakeCounts.view(failedHandshakes, startedAt),
        finishedCommands,
        pacer,
        version,
        now,
      }),
      ...frameHandlers({ fleet, lanes, frames, now }),
      ...importHandlers({ store, fleet, sources: trust.sources, ...bootstrapping, engine, now }),
      ...coreHandlers(core, {
        standings: (devices) => incidents.standings(devices),
        forgetFrames: (deviceId) => frames.forget(deviceId),
        downlinkOf: (device) => commands.downlinkOf(device),
        ...{ describe, startedAt },
      }),
    },
    live: liveFeed({ live, fleet, trace }),
  });
  if (publicUrl === '') publicUrl = http.url;
  const tokenFile = join(config.dataFolder, 'local.token');
  await access.localToken(tokenFile);
  await noteStart(store, { at: startedAt, organisationId, keyLogFile: config.keyLogFile });

  return {
    url: http.url,
    coap,
    firstStart: made !== undefined,
    tokenFile,
    makeLink: async (name) => (await access.makeLink(name)).url,
    warnings,
    reload: () => trust.identities.refresh(now(), true),
    close: async () => {
      clock.stop();
      await http.close();
      await link.close();
      await trust.refresh.close();
      waker?.stop();
      await notices.stop();
      await incidents.close();
      updating.updates.close();
      await commands.close();
      await bus.close();
      await store.close();
    },
  };
}

/** Journals that the server started, and what of its settings nobody must overlook. */
async function noteStart(
  store: Store,
  { at, organisationId, keyLogFile }: { at: Millis; organisationId: OrganisationId; keyLogFile: string | undefined },
): Promise<void> {
  const fact = { at, organisationId, actor: { kind: 'server', name: 'main' } } as const;
  const journal: JournalDraft[] = [{ ...fact, type: 'server.started', payload: { version } }];
  if (keyLogFile !== undefined) journal.push({ ...fact, type: 'server.keys-logged', payload: { file: keyLogFile } });
  await store.commit({ journal });
}
