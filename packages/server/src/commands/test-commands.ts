import { openLocalBus } from '../bus/local/bus.ts';
import type { DeviceId, Millis, OrganisationId, RegistrationId } from '../ids.ts';
import { Lanes } from '../lanes.ts';
import type { LinkOperation, LinkRecord, RequestOutcome, SessionId } from '../link/port.ts';
import type { DownlinkLimits } from '../pacing/limits.ts';
import { Pacer } from '../pacing/pacer.ts';
import { type Device, Fleet, type Registration } from '../registry/fleet.ts';
import { noteInstance } from '../registry/instances.ts';
import { QuirkBook } from '../registry/quirks.ts';
import { noteUnanswered } from '../registry/reach.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { type Store, StoreError } from '../store/port.ts';
import type { Sealer } from '../store/sealing.ts';
import type { Row } from '../store/tables.ts';
import { openTestSealer } from '../store/test-sealer.ts';
import type { Report } from '../telemetry/ingest.ts';
import { Models } from '../telemetry/models.ts';
import { Performer } from './performer.ts';
import { CommandQueue, type NewCommand } from './queue.ts';

export const START: Millis = Date.UTC(2026, 10, 1);
export const organisationId = 'org-1' as OrganisationId;
export const deviceId = 'dev-1' as DeviceId;
export const ada = { kind: 'person', name: 'ada' } as const;

type Operation = NewCommand['operation'];

export const read: Operation = { kind: 'read', path: '/3/0/9' };
export const reboot: Operation = { kind: 'execute', path: '/3/0/4' };
export const write = (value: number): Operation => ({
  kind: 'write',
  mode: 'replace',
  path: '/8/0/0',
  values: [{ path: '/8/0/0', value }],
});

/** Lets everything that needs no time happen. */
export async function rest(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A store whose process dies at a commit: before it, or between it and its answer. From then on nothing answers. */
export function dying(store: Store, atCommit: number, when: 'before' | 'after'): Store & { readonly dead: boolean } {
  let commits = 0;
  let dead = false;
  const refuse = () => Promise.reject(new StoreError('closed', 'the process died'));
  return new Proxy(store as Store & { readonly dead: boolean }, {
    get(target, name) {
      if (name === 'dead') return dead;
      if (name === 'subscribe') {
        return (listener: Parameters<Store['subscribe']>[0]) =>
          target.subscribe((entries) => {
            if (!dead) listener(entries);
          });
      }
      const method = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (...args: unknown[]) => {
        if (dead) return refuse();
        if (name === 'commit') {
          commits += 1;
          if (commits === atCommit) {
            dead = true;
            return when === 'before' ? refuse() : method.apply(target, args).then(refuse);
          }
        }
        return method.apply(target, args);
      };
    },
  });
}

export function deviceRow(more: Partial<Row<'devices'>> = {}): Row<'devices'> {
  return { organisationId, deviceId, endpoint: 'truck-1', labels: {}, noSec: 0, createdAt: START, ...more };
}

export function registrationOf(of: DeviceId, more: Partial<Registration> = {}): Registration {
  return {
    organisationId,
    deviceId: of,
    registrationId: `reg-${of}` as RegistrationId,
    endpoint: 'truck-1',
    address: '[::1]:1',
    lifetime: 86_400,
    version: '1.1',
    binding: 'U',
    queueMode: 0,
    rootPath: '/',
    contentFormats: [],
    objects: [
      { objectId: 3, instances: [0] },
      { objectId: 8, instances: [0] },
    ],
    extra: {},
    registeredAt: START,
    lastContactAt: START,
    state: 'registered',
    ...more,
  };
}

let sessions = 0;

/** The device comes back over a new session. */
export function connect(fleet: Fleet, device: Device): void {
  sessions += 1;
  const sessionId = `session-${sessions}` as SessionId;
  fleet.setSession(device, { sessionId, transport: 'coaps', address: '[::1]:1', ingress: 0 });
}

/** An answer with a code as it is written, such as 2.05. */
export function answered(code: number, records: readonly LinkRecord[] = []): RequestOutcome {
  const [major = 0, minor = 0] = code.toFixed(2).split('.').map(Number);
  return {
    kind: 'answered',
    code: (major << 5) | minor,
    body: records.length > 0 ? { kind: 'records', records, truncated: false } : { kind: 'empty' },
  };
}

/** What a device that does as it is told answers. */
export function obedient(operation: LinkOperation): RequestOutcome {
  if (operation.kind !== 'read') return answered(2.04);
  return answered(2.05, [{ path: operation.path, stored: { type: 'integer', value: 7 } }]);
}

type Perform = (operation: LinkOperation, device: Device) => RequestOutcome | Promise<RequestOutcome>;

interface TestOptions {
  readonly store?: Store;
  readonly sealer?: Sealer;
  readonly perform?: Perform;
  /** Whether the device has a session from the start. */
  readonly connected?: boolean;
  readonly time?: { now: Millis };
  readonly registration?: Partial<Registration>;
  readonly limits?: Partial<DownlinkLimits>;
}

/** A queue over a store in memory, with one device that answers as the test says. */
export async function openTestQueue({
  store = openMemoryStore(),
  sealer,
  perform: behave = obedient,
  connected = true,
  time = { now: START },
  registration = {},
  limits = {},
}: TestOptions = {}) {
  const fleet = new Fleet();
  const device = fleet.put(deviceRow());
  fleet.setRegistration(device, registrationOf(deviceId, registration));
  if (connected) connect(fleet, device);
  const bus = openLocalBus(store);
  const performed: LinkOperation[] = [];
  const reports: Report[] = [];
  const behaviour = { perform: behave };
  const perform = async (to: Device, operation: LinkOperation) => {
    performed.push(operation);
    return behaviour.perform(operation, to);
  };
  const lanes = new Lanes();
  const pacer = await Pacer.load({ store, limits, now: () => time.now });
  const queue = await CommandQueue.open({
    store,
    sealer: sealer ?? (await openTestSealer()),
    bus,
    fleet,
    models: new Models(),
    pacer,
    now: () => time.now,
    performer: new Performer({
      requests: { perform },
      quirks: new QuirkBook({ store, lanes }),
      lost: (to, how) => noteUnanswered(fleet, to, how),
    }),
    mark: () => undefined,
    received: async (_, report) => {
      reports.push(report);
    },
    instances: (to, change) => noteInstance(to, change, { store, lanes, now: () => time.now }),
  });
  const add = (operation: NewCommand['operation'], more: Partial<NewCommand> = {}) =>
    queue.add({ organisationId, deviceId, operation, actor: ada, ...more });
  const row = async (of: Pick<Row<'commands'>, 'commandId'>): Promise<Row<'commands'>> => {
    const found = await store.get('commands', { commandId: of.commandId });
    if (!found) throw new Error('no such command');
    return found;
  };
  const heard = async (session = true) => {
    if (session) connect(fleet, device);
    queue.heard(device);
    await rest();
  };
  return { store, fleet, device, bus, time, performed, reports, behaviour, pacer, queue, add, row, heard };
}
