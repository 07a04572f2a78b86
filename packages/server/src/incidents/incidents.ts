import { type LockStatus, operationText } from '@reeve/contract';
import { type CompiledPolicy, type CompiledRule, describeRule, matches } from '@reeve/policy';
import type { Bus, Subscription } from '../bus/port.ts';
import { sayWhenStuck, type Warn } from '../bus/stuck.ts';
import type { CommandQueue } from '../commands/queue.ts';
import type { DeviceId, Millis, OrganisationId, PolicyId, Seq } from '../ids.ts';
import type { JournalDraft, JournalEntry, JournalType } from '../journal/entries.ts';
import type { RuleEngine } from '../policies/engine.ts';
import { factsOf } from '../policies/facts.ts';
import { pages } from '../registry/fleet.ts';
import type { Standing } from '../registry/views.ts';
import type { Batch, Change, Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import type { Values } from '../telemetry/values.ts';
import { CLOSE_AFTER_MS, DeviceCase, type LockResponse } from './case.ts';
import { dueRows } from './due.ts';
import { Budget, WINDOW_MS } from './governor.ts';
import { responsesUnderWay } from './held-lock.ts';
import type { LockState } from './lock.ts';
import { lockStatusOf } from './views.ts';

/** Closed incidents looked at in one round of pruning. */
const PRUNED = 5000;

interface Options {
  readonly store: Store;
  readonly bus: Bus;
  readonly engine: RuleEngine;
  readonly values: Values;
  readonly commands: CommandQueue;
  readonly now: () => Millis;
  readonly warn: Warn;
}

/** What the consumer reacts to. Everything that changes an incident, a response or a lock comes through here. */
const TYPES = [
  'rule.transition',
  'policy.applied',
  'policy.removed',
  'device.changed',
  'device.removed',
  'registration.registered',
  'command.finished',
  'approval.decision-requested',
  'incident.close-requested',
  'incident.quiet',
  'response.lease-ended',
  'lock.requested',
  'lock.retry-due',
] as const satisfies readonly JournalType[];

type Handled = JournalEntry<(typeof TYPES)[number]>;
type Of<Types extends Handled['type']> = JournalEntry<Types>;

/**
 * Incidents and their responses. One durable consumer of the journal is the only writer; people and timers write
 * journal entries. So the end of a story is the same wherever the process died in it.
 */
export class Incidents {
  readonly #o: Options;
  /** Devices that have a lock, and some that had one. */
  readonly #locked = new Set<DeviceId>();
  #subscription: Subscription | undefined;

  private constructor(options: Options) {
    this.#o = options;
  }

  static async open(options: Options): Promise<Incidents> {
    const incidents = new Incidents(options);
    for await (const { deviceId } of pages(options.store, 'locks')) incidents.#locked.add(deviceId);
    incidents.#subscription = await options.bus.consume({
      name: 'incidents',
      types: TYPES,
      fromStart: true,
      concerns: (entry) => incidents.#isConcerned(entry),
      handle: (entry) => incidents.#act(entry as Handled),
      failed: sayWhenStuck('incidents', options.warn),
    });
    return incidents;
  }

  async close(): Promise<void> {
    await this.#subscription?.stop();
  }

  /** Commits an entry and waits until the consumer has acted on it. */
  tell(entry: JournalDraft): Promise<void> {
    return this.#tellAll([entry]);
  }

  /** What time alone does: leases end, cleared incidents close, locks are undone once more. Called every second. */
  async tick(now: Millis): Promise<void> {
    const { store } = this.#o;
    const actor = { kind: 'server', name: 'incidents' } as const;
    const of = ({ organisationId, deviceId }: Row<'incidents' | 'responses' | 'locks'>) => ({
      at: now,
      organisationId,
      deviceId,
      actor,
    });
    const drafts: JournalDraft[] = [];
    for (const row of await dueRows(store, 'responses', now)) {
      drafts.push({ ...of(row), type: 'response.lease-ended', payload: { responseId: row.responseId } });
    }
    for (const row of await dueRows(store, 'incidents', now)) {
      drafts.push({ ...of(row), type: 'incident.quiet', payload: { incidentId: row.incidentId } });
    }
    for (const row of await dueRows(store, 'locks', now)) {
      drafts.push({ ...of(row), type: 'lock.retry-due', payload: { failures: row.failures } });
    }
    if (drafts.length > 0) await this.#tellAll(drafts);
  }

  /** Deletes what was closed, and what was answered, before `before`. */
  async prune(before: Millis): Promise<void> {
    const closed = await this.#o.store.list('incidents', {
      where: { state: 'closed' },
      orderBy: 'openedAt',
      limit: PRUNED,
    });
    const old = closed.filter(({ closedAt }) => closedAt !== undefined && closedAt < before);
    for (const { incidentId } of old) {
      const responses = await this.#o.store.list('responses', { where: { incidentId } });
      const approvals = await this.#o.store.list('approvals', { where: { incidentId } });
      await this.#o.store.commit({
        changes: [
          { delete: 'incidents', key: { incidentId } },
          ...responses.map(({ responseId }) => ({ delete: 'responses', key: { responseId } }) as const),
          ...approvals.map(({ approvalId }) => ({ delete: 'approvals', key: { approvalId } }) as const),
        ],
      });
    }
  }

  /** Open incidents and lock of several devices. */
  async standings(devices: readonly DeviceId[]): Promise<ReadonlyMap<DeviceId, Standing>> {
    const { store } = this.#o;
    const [incidents, locks, responses] = await Promise.all([
      store.list('incidents', { where: { state: 'open' }, whereIn: { deviceId: devices } }),
      store.list('locks', { whereIn: { deviceId: devices } }),
      responsesUnderWay(store, devices),
    ]);
    const incidentsOf = Map.groupBy(incidents, ({ deviceId }) => deviceId);
    const responsesOf = Map.groupBy(responses, ({ deviceId }) => deviceId);
    const lockOf = new Map(locks.map((row) => [row.deviceId, row]));
    return new Map(
      devices.map((deviceId) => [
        deviceId,
        {
          openIncidents: incidentsOf.get(deviceId)?.length ?? 0,
          lock: lockStatusOf(lockOf.get(deviceId), responsesOf.get(deviceId) ?? []),
        },
      ]),
    );
  }

  async lockStatus(deviceId: DeviceId): Promise<LockStatus> {
    const { store } = this.#o;
    const lock = await store.get('locks', { deviceId });
    return lockStatusOf(lock, lock ? await responsesUnderWay(store, [deviceId]) : []);
  }

  async #tellAll(journal: readonly JournalDraft[]): Promise<void> {
    const { seqs } = await this.#o.store.commit({ journal });
    await this.#subscription?.caughtUp(seqs.at(-1) ?? (0 as Seq));
  }

  /** Every Register comes by here, thousands a second in a storm: most devices have no lock that could be tried again. */
  #isConcerned({ type, deviceId }: JournalEntry): boolean {
    return type !== 'registration.registered' || (deviceId !== undefined && this.#locked.has(deviceId));
  }

  /** Handles an entry, and notes whom that locks. */
  async #act(entry: Handled): Promise<Batch | undefined> {
    const batch = await this.#handle(entry);
    for (const change of batch?.changes ?? []) {
      if ('put' in change && change.put === 'locks') this.#locked.add(change.row.deviceId);
    }
    return batch;
  }

  async #handle(entry: Handled): Promise<Batch | undefined> {
    switch (entry.type) {
      case 'rule.transition':
        return this.#transition(entry);
      case 'policy.applied':
      case 'policy.removed':
        return this.#policyChanged(entry);
      case 'device.changed':
        return this.#with(entry, (kase) => this.#clearInapplicable(kase));
      case 'device.removed':
        return this.#with(entry, (kase) => kase.removed());
      case 'registration.registered':
      case 'lock.retry-due':
        return this.#retry(entry);
      case 'command.finished':
        return this.#commandFinished(entry);
      case 'approval.decision-requested': {
        const { approvalId, decision } = entry.payload;
        return this.#with(entry, (kase) => kase.decided(approvalId, decision, entry.actor.name));
      }
      case 'incident.close-requested':
        return this.#with(entry, (kase) => {
          const incident = kase.incident(entry.payload.incidentId);
          if (incident) kase.closed(incident, `closed by ${entry.actor.name}`);
        });
      case 'incident.quiet':
        return this.#with(entry, (kase) => {
          const incident = kase.incident(entry.payload.incidentId);
          if (incident?.state === 'cleared') kase.closed(incident, `clear for ${CLOSE_AFTER_MS / 60_000} minutes`);
        });
      case 'response.lease-ended':
        return this.#with(entry, (kase) => kase.leaseEnded(entry.payload.responseId));
      case 'lock.requested':
        return this.#with(entry, (kase) => kase.personal(entry.actor.name, entry.payload.held));
    }
  }

  /** Acts on what is open about the entry's device. */
  async #with(entry: Handled, act: (kase: DeviceCase) => unknown): Promise<Batch | undefined> {
    if (entry.deviceId === undefined) return undefined;
    const kase = await this.#case(entry, entry.deviceId);
    await act(kase);
    return kase.batch();
  }

  async #transition(entry: Of<'rule.transition'>): Promise<Batch | undefined> {
    const { policyId, ruleId, ruleKey, evidence, to, text } = entry.payload;
    if (to === 'cleared') {
      return this.#with(entry, (kase) => {
        const incident = kase.incidentOf(policyId, ruleKey);
        if (incident) kase.cleared(incident, text, evidence);
      });
    }
    if (to !== 'breached' || !evidence || entry.deviceId === undefined) return undefined;
    const policy = await this.#policy(entry.organisationId, policyId);
    const rule = policy?.rules.find(({ key }) => key === ruleKey);
    // Decided under a rule that is no more: there is nobody who wants to hear of it.
    if (!policy || !rule) return undefined;
    const kase = await this.#case(entry, entry.deviceId);
    const { incident, opened } = kase.breached({ policyId, ruleId, ruleKey, rule: describeRule(rule) }, evidence);
    const lock = lockOf(policy, rule);
    if (!opened || !lock) return kase.batch();
    const budget = await this.#budget(policyId);
    respond(kase, incident, lock, budget);
    return joined([kase], budget);
  }

  /** What failed before may work now. */
  async #retry(entry: Of<'registration.registered' | 'lock.retry-due'>): Promise<Batch | undefined> {
    const { deviceId } = entry;
    if (deviceId === undefined) return undefined;
    const lock = await this.#o.store.get('locks', { deviceId });
    if (!lock || (lock.state as LockState).kind !== 'failed') return undefined;
    return this.#with(entry, (kase) => kase.lock.drive({ kind: 'retry' }));
  }

  async #commandFinished(entry: Of<'command.finished'>): Promise<Batch | undefined> {
    const { commandId, responseId, state, text } = entry.payload;
    if (responseId === undefined) return undefined;
    return this.#with(entry, async ({ lock }) => {
      if (!lock.awaits(commandId)) return;
      const command = await this.#o.store.get('commands', { commandId });
      if (state !== 'answered') {
        const what = command ? `${operationText(command.operation)}: ` : '';
        lock.drive({ kind: 'failed', reason: `${what}${text}` });
        return;
      }
      const value = command?.values?.[0]?.stored.value;
      lock.drive({ kind: 'done', ...(typeof value === 'number' ? { value } : {}) });
    });
  }

  /** Brings what is open in line with the policy as it is now. */
  async #policyChanged(entry: Of<'policy.applied' | 'policy.removed'>): Promise<Batch> {
    const { store } = this.#o;
    const { policyId } = entry.payload;
    const policy = await this.#policy(entry.organisationId, policyId);
    const rows = await store.list('incidents', { where: { policyId }, whereIn: { state: ['open', 'cleared'] } });
    const devices = new Set(rows.map(({ deviceId }) => deviceId));
    const budget = await this.#budget(policyId);
    const cases: DeviceCase[] = [];
    for (const deviceId of devices) {
      const kase = await this.#case(entry, deviceId);
      await this.#clearInapplicable(kase);
      for (const incident of kase.incidents) {
        if (incident.policyId !== policyId) continue;
        const rule = policy?.rules.find(({ key }) => key === incident.ruleKey);
        const lock = policy && rule && lockOf(policy, rule);
        if (!rule) kase.cleared(incident, policy ? 'the rule was changed' : 'the policy was removed');
        else if (!lock) kase.endResponses(incident, 'the policy no longer locks');
        else if (incident.state === 'open' && !(await this.#isSpent(incident))) respond(kase, incident, lock, budget);
      }
      cases.push(kase);
    }
    return joined(cases, budget);
  }

  /** Clears what belongs to policies that no longer apply to the device, going by what is stored of both. */
  async #clearInapplicable(kase: DeviceCase): Promise<void> {
    const row = await this.#o.store.get('devices', { deviceId: kase.deviceId });
    if (!row) return;
    const facts = factsOf({ row }, this.#o.values);
    for (const incident of kase.incidents) {
      const policy = await this.#policy(row.organisationId, incident.policyId);
      if (policy && !matches(policy.applies, facts))
        kase.cleared(incident, 'the policy no longer applies to the device');
    }
  }

  /** Whether the incident had its lock: one that a person denied, or whose longest time is over, begins no other. */
  async #isSpent({ incidentId }: Row<'incidents'>): Promise<boolean> {
    const responses = await this.#o.store.list('responses', { where: { incidentId } });
    const now = this.#o.now();
    return responses.some(
      ({ state, until, endedAt = now }) => state === 'denied' || (until !== undefined && until <= endedAt),
    );
  }

  #case(entry: JournalEntry, deviceId: DeviceId): Promise<DeviceCase> {
    return DeviceCase.read(this.#o.store, entry, deviceId, (command) => this.#o.commands.draft(command), this.#o.now());
  }

  async #policy(organisationId: OrganisationId, policyId: PolicyId): Promise<CompiledPolicy | undefined> {
    const row = await this.#o.store.get('policies', { organisationId, policyId });
    return row && (row.compiled as CompiledPolicy);
  }

  #budget(policyId: PolicyId): Promise<Budget> {
    const { store, engine, now } = this.#o;
    return Budget.read(store, policyId, engine.devicesOf(policyId).size, now());
  }
}

/** The lock that a policy's rule asks for, if it enforces. */
function lockOf(policy: CompiledPolicy, rule: CompiledRule): LockResponse | undefined {
  if (policy.mode !== 'enforce') return undefined;
  for (const response of rule.respond) {
    if (response !== 'alarm') return { maxFor: response.lock.maxFor, targets: response.lock.targets ?? [] };
  }
  return undefined;
}

/** Locks because of an incident, or asks a person where the policy may do no more by itself. */
function respond(kase: DeviceCase, incident: Row<'incidents'>, lock: LockResponse, budget: Budget): void {
  if (kase.isAnswered(incident)) return;
  if (budget.take()) kase.startLock(incident, lock);
  else {
    const { policyId } = incident;
    const reason = `policy ${policyId} has locked as many devices within ${WINDOW_MS / 60_000} min as it may by itself`;
    kase.askForLock(incident, lock, reason);
  }
}

function joined(cases: readonly DeviceCase[], { outdated }: Budget): Batch {
  const batches = cases.map((kase) => kase.batch());
  const changes: Change[] = [...outdated, ...batches.flatMap((batch) => batch.changes)];
  return { changes, journal: batches.flatMap((batch) => batch.journal) };
}
