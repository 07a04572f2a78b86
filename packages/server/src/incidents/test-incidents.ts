import { compilePolicy } from '@reeve/policy';
import { openLocalBus } from '../bus/local/bus.ts';
import type { After } from '../bus/local/consumer.ts';
import type { Warn } from '../bus/stuck.ts';
import { Performer } from '../commands/performer.ts';
import { CommandQueue } from '../commands/queue.ts';
import {
  answered,
  connect,
  deviceRow,
  organisationId,
  registrationOf,
  rest,
  START,
} from '../commands/test-commands.ts';
import type { DeviceId, Millis, PolicyId } from '../ids.ts';
import type { JournalDraft, JournalEntry, JournalType } from '../journal/entries.ts';
import { Lanes } from '../lanes.ts';
import type { LinkOperation, RequestOutcome } from '../link/port.ts';
import { Pacer } from '../pacing/pacer.ts';
import { RuleEngine } from '../policies/engine.ts';
import { Fleet } from '../registry/fleet.ts';
import { QuirkBook } from '../registry/quirks.ts';
import { noteUnanswered } from '../registry/reach.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import type { Store } from '../store/port.ts';
import type { Row, TableName } from '../store/tables.ts';
import { openTestSealer } from '../store/test-sealer.ts';
import { Models } from '../telemetry/models.ts';
import { Values } from '../telemetry/values.ts';
import { Incidents } from './incidents.ts';

export const policyId = 'only-california' as PolicyId;
export const HOUR = 3_600_000;

/** A device with the Lock and Wipe object, outside of the server: it survives what the server does not. */
export class Truck {
  readonly deviceId: DeviceId;
  lock = 0;
  result = 0;
  targets: unknown[] = [];
  /** Everything that reached it, in order. */
  readonly heard: string[] = [];
  /** Answers in its place, if the test says so. */
  instead: (operation: LinkOperation, self: Truck) => RequestOutcome | Promise<RequestOutcome> | undefined = () =>
    undefined;

  constructor(number = 1) {
    this.deviceId = `dev-${number}` as DeviceId;
  }

  perform(operation: LinkOperation): RequestOutcome | Promise<RequestOutcome> {
    this.heard.push(textOf(operation));
    return this.instead(operation, this) ?? this.obey(operation);
  }

  obey(operation: LinkOperation): RequestOutcome {
    if (operation.kind === 'read') {
      const value = operation.path === '/8/0/5' ? this.result : this.lock;
      return answered(2.05, [{ path: operation.path, stored: { type: 'integer', value } }]);
    }
    if (operation.kind !== 'write') return answered(2.04);
    const values = operation.records.map(({ stored }) => stored.value);
    if (operation.path === '/8/0/1') this.targets = values;
    else {
      this.lock = Number(values[0]);
      this.result = [3, 1, 2][this.lock] ?? 0;
    }
    return answered(2.04);
  }
}

function textOf(operation: LinkOperation): string {
  if (operation.kind !== 'write') return `${operation.kind} ${'path' in operation ? operation.path : '/'}`;
  return `write ${operation.path} ${operation.records.map(({ stored }) => stored.value).join()}`;
}

/** What a truck hears when it is locked, and when that is undone. */
export const WHOLE_LOCK = ['read /8/0/0', 'write /8/0/0 2', 'read /8/0/0', 'read /8/0/5'];
export const WHOLE_RELEASE = ['write /8/0/0 0', 'read /8/0/0'];

interface PolicyOptions {
  readonly mode?: 'monitor' | 'enforce';
  readonly applies?: string;
  readonly below?: number;
  readonly respond?: string;
  readonly id?: string;
}

function compiled({ mode = 'enforce', applies = '{}', below = 20, respond, id = policyId }: PolicyOptions = {}) {
  const source = `apiVersion: reeve/v1
kind: Policy
id: ${id}
mode: ${mode}
applies: ${applies}
rules:
  - {id: state, set: {path: /3/0/3, in: ["1"]}, respond: ${respond ?? '[alarm, {lock: {maxFor: 24h}}]'}}
  - {id: battery, threshold: {path: /3/0/9, below: ${below}}, respond: [alarm, {lock: {maxFor: 2h, targets: [cab]}}]}
  - {id: quiet, silence: {after: 15m}, respond: [alarm]}
`;
  const result = compilePolicy(source);
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return { source, policy: result.policy };
}

function policyRow(options: PolicyOptions, now: Millis): Row<'policies'> {
  const { source, policy } = compiled(options);
  const by = { kind: 'person', name: 'ada' } as const;
  return {
    organisationId,
    policyId: policy.id as PolicyId,
    version: 1,
    mode: policy.mode,
    source,
    compiled: policy,
    appliedAt: now,
    appliedBy: by,
  };
}

/** A store that knows the trucks and the policy, as after an ordinary day. */
export async function furnishedStore(trucks: readonly Truck[], policy: PolicyOptions = {}): Promise<Store> {
  const store = openMemoryStore();
  for (const { deviceId } of trucks) {
    const { lastContactAt, address, ...registration } = registrationOf(deviceId);
    await store.commit({
      changes: [
        { put: 'devices', row: deviceRow({ deviceId, endpoint: `truck-${deviceId}`, labels: { fleet: 'trucks' } }) },
        { put: 'registrations', row: { ...registration, endpoint: `truck-${deviceId}` } },
        { put: 'contacts', row: { organisationId, deviceId, lastContactAt, address } },
      ],
    });
  }
  await store.commit({ changes: [{ put: 'policies', row: policyRow(policy, START) }] });
  return store;
}

interface WorldOptions {
  readonly trucks?: readonly Truck[];
  readonly store?: Store;
  readonly policy?: PolicyOptions;
  readonly time?: { now: Millis };
  /** Times the retries of the bus. */
  readonly after?: After;
  readonly warn?: Warn;
}

/** A running server of commands and incidents over a store, with trucks that can be reached. */
export async function openWorld(options: WorldOptions = {}) {
  const { trucks = [new Truck()], store, policy, time = { now: START }, after, warn = () => {} } = options;
  const kept = store ?? (await furnishedStore(trucks, policy));
  const now = () => time.now;
  const fleet = await Fleet.load(kept);
  const values = await Values.load(kept, fleet);
  const engine = await RuleEngine.load(kept, fleet, values);
  const bus = openLocalBus(kept, after ? { after } : {});
  const commands = await CommandQueue.open({
    store: kept,
    sealer: await openTestSealer(),
    bus,
    fleet,
    models: new Models(),
    pacer: await Pacer.load({ store: kept, limits: {}, now }),
    now,
    performer: new Performer({
      requests: {
        perform: async (to, operation) =>
          trucks.find(({ deviceId }) => deviceId === to.row.deviceId)?.perform(operation) ?? { kind: 'timeout' },
      },
      quirks: new QuirkBook({ store: kept, lanes: new Lanes() }),
      lost: (device, how) => noteUnanswered(fleet, device, how),
    }),
    mark: () => undefined,
    received: async () => {},
    instances: async () => {},
  });
  const incidents = await Incidents.open({ store: kept, bus, engine, values, commands, now, warn });
  return new World({ store: kept, fleet, engine, bus, commands, incidents, time, trucks });
}

interface Parts {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly engine: RuleEngine;
  readonly bus: ReturnType<typeof openLocalBus>;
  readonly commands: CommandQueue;
  readonly incidents: Incidents;
  readonly time: { now: Millis };
  readonly trucks: readonly Truck[];
}

/** What tests do to a server and its trucks. Everything rests afterwards. The trucks stay; the server can die. */
export class World {
  readonly parts: Parts;
  readonly store: Store;

  constructor(parts: Parts) {
    this.parts = parts;
    this.store = parts.store;
  }

  get truck(): Truck {
    const [truck] = this.parts.trucks;
    if (!truck) throw new Error('no truck');
    return truck;
  }

  /** Every truck comes back over a new session. */
  async contact(): Promise<void> {
    const { fleet, commands } = this.parts;
    for (const device of fleet.all()) {
      if (!device.session) connect(fleet, device);
      commands.heard(device);
    }
    await rest();
  }

  async write(
    draft: Pick<JournalDraft, 'type' | 'payload'>,
    of: DeviceId | undefined = this.truck.deviceId,
    person = 'ada',
  ) {
    const device = of === undefined ? {} : { deviceId: of };
    const actor = { kind: 'person', name: person } as const;
    await this.store.commit({
      journal: [{ ...draft, at: this.parts.time.now, organisationId, ...device, actor } as JournalDraft],
    });
    await rest();
  }

  async transition(to: 'breached' | 'cleared', ruleId = 'state', of = this.truck.deviceId, policy = policyId) {
    const row = await this.store.get('policies', { organisationId, policyId: policy });
    const rules = (row?.compiled as ReturnType<typeof compiled>['policy'] | undefined)?.rules ?? [];
    const ruleKey = rules.find(({ id }) => id === ruleId)?.key ?? 'gone';
    const at = this.parts.time.now;
    const text = to === 'breached' ? 'outside' : 'inside again';
    const evidence = { at, text, values: [] };
    const from = to === 'breached' ? 'ok' : 'breached';
    const payload = { policyId: policy, policyVersion: 1, ruleId, ruleKey, from, to, text, evidence };
    await this.write({ type: 'rule.transition', payload }, of);
  }

  breach = (ruleId?: string, of?: DeviceId) => this.transition('breached', ruleId, of);
  clear = (ruleId?: string, of?: DeviceId) => this.transition('cleared', ruleId, of);

  /** Applies a policy, or removes it. */
  async apply(options: PolicyOptions | undefined, of = policyId): Promise<void> {
    const { store, engine, time } = this.parts;
    const actor = { kind: 'person', name: 'ada' } as const;
    if (!options) {
      engine.setProgram(of, undefined);
      await store.commit({
        changes: [{ delete: 'policies', key: { organisationId, policyId: of } }],
        journal: [{ type: 'policy.removed', at: time.now, organisationId, actor, payload: { policyId: of } }],
      });
    } else {
      const row = policyRow(options, time.now);
      engine.setProgram(row.policyId, { row, compiled: compiled(options).policy });
      const payload = { policyId: row.policyId, version: 2, mode: row.mode };
      await store.commit({
        changes: [{ put: 'policies', row }],
        journal: [{ type: 'policy.applied', at: time.now, organisationId, actor, payload }],
      });
    }
    await rest();
  }

  /** Lets time pass, second after second at its end. */
  async pass(ms: number): Promise<void> {
    const { time, commands, incidents } = this.parts;
    time.now += ms;
    await commands.tick(time.now);
    await incidents.tick(time.now);
    await rest();
  }

  all<T extends TableName>(table: T): Promise<Row<T>[]> {
    return this.store.list(table);
  }

  async incident(): Promise<Row<'incidents'>> {
    const rows = await this.store.list('incidents');
    if (rows.length !== 1 || !rows[0]) throw new Error(`${rows.length} incidents`);
    return rows[0];
  }

  async responses(): Promise<Row<'responses'>[]> {
    return this.store.list('responses', { orderBy: 'createdAt' });
  }

  async response(): Promise<Row<'responses'>> {
    const rows = await this.responses();
    if (rows.length !== 1 || !rows[0]) throw new Error(`${rows.length} responses`);
    return rows[0];
  }

  status(of = this.truck.deviceId) {
    return this.parts.incidents.lockStatus(of);
  }

  /** What was told, of some types. */
  async told<T extends JournalType>(...types: readonly T[]): Promise<JournalEntry<T>[]> {
    return (await this.store.journal({ types, limit: 5000 })) as JournalEntry<T>[];
  }
}
