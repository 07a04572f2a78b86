import type { LockStatus } from '@reeve/contract';
import { type CompiledPolicy, type CompiledRule, describeRule, matches } from '@reeve/policy';
import type { Bus, Subscription } from '../bus/port.ts';
import type { CommandQueue } from '../commands/queue.ts';
import type { DeviceId, Millis, OrganisationId, PolicyId } from '../ids.ts';
import type { JournalDraft, JournalEntry, JournalType } from '../journal/entries.ts';
import type { RuleEngine } from '../policies/engine.ts';
import { factsOf } from '../policies/facts.ts';
import type { Fleet } from '../registry/fleet.ts';
import type { Standing } from '../registry/views.ts';
import type { Batch, Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import type { Values } from '../telemetry/values.ts';
import { DeviceCase, type LockResponse } from './case.ts';
import { mayRespond, WINDOW_MS } from './governor.ts';
import { lockStatusOf } from './views.ts';

/** A cleared incident closes after this; a breach before then opens it again. */
export const CLOSE_AFTER_MS = 30 * 60_000;

interface Options {
  readonly store: Store;
  readonly bus: Bus;
  readonly fleet: Fleet;
  readonly engine: RuleEngine;
  readonly values: Values;
  readonly commands: CommandQueue;
  readonly now: () => Millis;
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
  'approval.decided',
  'incident.close-requested',
  'incident.quiet',
  'response.lease-ended',
  'lock.requested',
] as const satisfies readonly JournalType[];

type Handled = Extract<JournalEntry, { type: (typeof TYPES)[number] }>;

/**
 * Incidents and their responses. One durable consumer of the journal is the only writer; people and timers write
 * journal entries. So the end of a story is the same wherever the process died in it.
 */
export class Incidents {
  readonly #o: Options;
  #subscription: Subscription | undefined;

  private constructor(options: Options) {
    this.#o = options;
  }

  static async open(options: Options): Promise<Incidents> {
    const incidents = new Incidents(options);
    incidents.#subscription = await options.bus.consume({
      name: 'incidents',
      types: TYPES,
      fromStart: true,
      handle: (entry) => incidents.#handle(entry as Handled),
    });
    return incidents;
  }

  async close(): Promise<void> {
    await this.#subscription?.stop();
  }

  /** Commits an entry and waits until the consumer has acted on it. */
  async tell(entry: JournalDraft): Promise<void> {
    const { seqs } = await this.#o.store.commit({ journal: [entry] });
    const [seq] = seqs;
    if (seq !== undefined) await this.#subscription?.caughtUp(seq);
  }

  /** What time alone does: leases end, cleared incidents close. Called every second. */
  async tick(now: Millis): Promise<void> {
    const server = { kind: 'server', name: 'incidents' } as const;
    for (const state of ['waiting-approval', 'locking', 'locked', 'failed'] as const) {
      for (const { until, responseId, organisationId, deviceId } of await this.#o.store.list('responses', {
        where: { state },
      })) {
        if (until === undefined || until > now) continue;
        await this.tell({
          type: 'response.lease-ended',
          at: now,
          organisationId,
          deviceId,
          actor: server,
          payload: { responseId },
        });
      }
    }
    for (const row of await this.#o.store.list('incidents', { where: { state: 'cleared' } })) {
      const { clearedAt = now, incidentId, organisationId, deviceId } = row;
      if (clearedAt + CLOSE_AFTER_MS > now) continue;
      await this.tell({
        type: 'incident.quiet',
        at: now,
        organisationId,
        deviceId,
        actor: server,
        payload: { incidentId },
      });
    }
  }

  /** Open incidents and lock of several devices. */
  async standings(devices: readonly DeviceId[]): Promise<ReadonlyMap<DeviceId, Standing>> {
    const standings = new Map<DeviceId, Standing>();
    for (const deviceId of devices) {
      const openIncidents = await this.#o.store.count('incidents', { deviceId, state: 'open' });
      standings.set(deviceId, { openIncidents, lock: await this.lockStatus(deviceId) });
    }
    return standings;
  }

  async lockStatus(deviceId: DeviceId): Promise<LockStatus> {
    const lock = await this.#o.store.get('locks', { deviceId });
    const responses = lock ? await this.#o.store.list('responses', { where: { deviceId } }) : [];
    return lockStatusOf(lock, responses);
  }

  async #handle(entry: Handled): Promise<Batch | undefined> {
    if (entry.type === 'policy.applied' || entry.type === 'policy.removed') return this.#policyChanged(entry);
    if (entry.deviceId === undefined) return undefined;
    const kase = await this.#case(entry, entry.deviceId);
    switch (entry.type) {
      case 'rule.transition':
        await this.#transition(kase, entry.payload);
        break;
      case 'device.changed':
        this.#reassess(kase, 'the policy no longer applies to the device');
        break;
      case 'device.removed':
        for (const incident of kase.incidents) kase.closed(incident, 'the device was removed');
        break;
      case 'registration.registered':
        kase.drive({ kind: 'registered' });
        break;
      case 'command.finished':
        await this.#commandFinished(kase, entry.payload);
        break;
      case 'approval.decided':
        if (entry.payload.decision !== 'obsolete')
          kase.decided(entry.payload.approvalId, entry.payload.decision === 'approved');
        break;
      case 'incident.close-requested': {
        const incident = kase.incident(entry.payload.incidentId);
        if (incident) kase.closed(incident, `closed by ${entry.actor.name}`);
        break;
      }
      case 'incident.quiet': {
        const incident = kase.incident(entry.payload.incidentId);
        if (incident?.state === 'cleared') kase.closed(incident, 'clear for 30 minutes');
        break;
      }
      case 'response.lease-ended': {
        const response = kase.responses.find(({ responseId }) => responseId === entry.payload.responseId);
        if (!response || response.state === 'releasing') break;
        kase.letGo(response, 'its longest time is over');
        const incident = response.incidentId && kase.incident(response.incidentId);
        if (incident && incident.state === 'open') {
          kase.attention(
            response,
            'the lock was undone because its longest time is over, but the cause is still there',
          );
        }
        break;
      }
      case 'lock.requested': {
        const mine = kase.responses.find(({ person }) => person === entry.actor.name);
        if (entry.payload.held && !mine) kase.startPersonalLock(entry.actor.name);
        if (!entry.payload.held && mine) kase.letGo(mine, `let go by ${entry.actor.name}`);
        break;
      }
    }
    return kase.batch();
  }

  async #transition(
    kase: DeviceCase,
    payload: Extract<Handled, { type: 'rule.transition' }>['payload'],
  ): Promise<void> {
    const { policyId, ruleId, ruleKey, evidence, to, text } = payload;
    if (to === 'cleared') {
      const incident = kase.incidentOf(policyId, ruleId);
      if (incident) kase.cleared(incident, text, evidence);
      return;
    }
    if (to !== 'breached' || !evidence) return;
    const policy = await this.#policy(kase.organisationId, policyId);
    const rule = policy?.rules.find(({ id, key }) => id === ruleId && key === ruleKey);
    // Decided under a rule that is no more: there is nobody who wants to hear of it.
    if (!policy || !rule) return;
    const incident = kase.breached({ policyId, ruleId, ruleKey, text: describeRule(rule) }, evidence);
    const lock = lockOf(policy, rule);
    if (!lock || kase.hasResponse(incident)) return;
    const now = this.#o.now();
    const recent = await this.#o.store.list('automaticResponses', { where: { policyId } });
    const devices = this.#o.fleet.size === 0 ? 0 : this.#assigned(policyId);
    if (
      mayRespond(
        recent.map(({ queuedAt }) => queuedAt),
        devices,
        now,
      )
    )
      kase.startLock(incident, lock);
    else
      kase.askForLock(
        incident,
        lock,
        `policy ${policyId} has locked as many devices within ${WINDOW_MS / 60_000} min as it may by itself`,
      );
  }

  async #commandFinished(
    kase: DeviceCase,
    payload: Extract<Handled, { type: 'command.finished' }>['payload'],
  ): Promise<void> {
    const { commandId, state, text } = payload;
    if (!kase.awaits(commandId)) return;
    if (state !== 'answered') return kase.drive({ kind: 'failed', reason: text });
    const command = await this.#o.store.get('commands', { commandId });
    const value = command?.values?.[0]?.stored.value;
    kase.drive({ kind: 'done', ...(typeof value === 'number' ? { value } : {}) });
  }

  async #policyChanged(entry: Extract<Handled, { type: 'policy.applied' | 'policy.removed' }>): Promise<Batch> {
    const { policyId } = entry.payload;
    const policy = await this.#policy(entry.organisationId, policyId);
    const devices = new Set<DeviceId>();
    for (const state of ['open', 'cleared'] as const) {
      for (const row of await this.#o.store.list('incidents', { where: { state } }))
        if (row.policyId === policyId) devices.add(row.deviceId);
    }
    const changes: NonNullable<Batch['changes']>[number][] = [];
    const journal: JournalDraft[] = [];
    for (const deviceId of devices) {
      const kase = await this.#case(entry, deviceId);
      for (const incident of kase.incidents.filter((row) => row.policyId === policyId)) {
        const rule = policy?.rules.find(({ id, key }) => id === incident.ruleId && key === incident.ruleKey);
        if (!policy || !rule) {
          kase.cleared(incident, policy ? 'the rule was changed' : 'the policy was removed');
        } else if (!lockOf(policy, rule)) {
          for (const response of kase.responses) {
            if (response.incidentId === incident.incidentId) kase.letGo(response, 'the policy no longer locks');
          }
        }
      }
      this.#reassess(kase, 'the policy no longer applies to the device');
      const batch = kase.batch();
      changes.push(...(batch.changes ?? []));
      journal.push(...(batch.journal ?? []));
    }
    return { changes, journal };
  }

  /** Clears what belongs to policies that no longer apply to the device. */
  #reassess(kase: DeviceCase, text: string): void {
    const device = this.#o.fleet.get(kase.deviceId);
    if (!device) return;
    const facts = factsOf(device, this.#o.values);
    for (const incident of kase.incidents) {
      const program = this.#o.engine.program(incident.policyId);
      if (program && !matches(program.compiled.applies, facts)) kase.cleared(incident, text);
    }
  }

  #case(entry: JournalEntry, deviceId: DeviceId): Promise<DeviceCase> {
    return DeviceCase.read(this.#o.store, entry, deviceId, (command) => this.#o.commands.draft(command), this.#o.now());
  }

  async #policy(
    organisationId: OrganisationId,
    policyId: PolicyId,
  ): Promise<(CompiledPolicy & Pick<Row<'policies'>, 'mode'>) | undefined> {
    const row = await this.#o.store.get('policies', { organisationId, policyId });
    return row && { ...(row.compiled as CompiledPolicy), mode: row.mode };
  }

  #assigned(policyId: PolicyId): number {
    let count = 0;
    for (const { row } of this.#o.fleet.all()) {
      if (this.#o.engine.of(row.deviceId).some(({ program }) => program.row.policyId === policyId)) count += 1;
    }
    return count;
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
