import {
  type CompiledPolicy,
  type CompiledRule,
  evaluate,
  type Finding,
  type Input,
  type LossReason,
  matches,
  type RuleState,
  readState,
} from '@reeve/policy';
import type { Decision } from '../decision.ts';
import type { DeviceId, Millis, PolicyId } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
import type { Device, Fleet } from '../registry/fleet.ts';
import { pages } from '../registry/fleet.ts';
import type { Change, Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import type { Values } from '../telemetry/values.ts';
import { factsOf } from './facts.ts';
import { Reach } from './reach.ts';

/** A policy in force. */
export interface Program {
  readonly row: Row<'policies'>;
  readonly compiled: CompiledPolicy;
}

/** One rule of one policy on one device. */
export interface Assigned {
  readonly program: Program;
  readonly rule: CompiledRule;
  state?: RuleState;
  wakeAt?: Millis;
}

/** What can happen to the rules of a device; a loss of sight is of one path. */
export type RuleInput =
  | Exclude<Input, { kind: 'blind' }>
  | { readonly kind: 'blind'; readonly path: string; readonly reason: LossReason };

/** A path that rules need observed. */
export interface NeededPath {
  readonly path: string;
  readonly policies: readonly PolicyId[];
  /** The smallest age at which a value is worth nothing. */
  readonly maxAge: Millis;
}

const NO_RULES: readonly Assigned[] = [];

/**
 * Which rules hold on which device, and their states. Evaluating is pure; what it says is committed by the caller
 * together with what was evaluated, and applied here after the commit.
 */
export class RuleEngine {
  readonly #programs = new Map<PolicyId, Program>();
  readonly #assigned = new Map<DeviceId, readonly Assigned[]>();
  /** What lists of rules need: asked for at every contact. */
  readonly #needs = new WeakMap<readonly Assigned[], readonly NeededPath[]>();
  readonly #reach = new Reach();
  readonly #fleet: Fleet;
  readonly #values: Values;

  constructor(fleet: Fleet, values: Values) {
    this.#fleet = fleet;
    this.#values = values;
  }

  static async load(store: Store, fleet: Fleet, values: Values): Promise<RuleEngine> {
    const engine = new RuleEngine(fleet, values);
    for (const row of await store.list('policies')) {
      engine.#programs.set(row.policyId, { row, compiled: row.compiled as CompiledPolicy });
    }
    const stored = new Map<string, Row<'ruleStates'>>();
    for await (const row of pages(store, 'ruleStates')) stored.set(stateKey(row), row);
    for (const device of fleet.all()) {
      engine.assign(device);
      for (const assigned of engine.of(device.row.deviceId)) {
        const row = stored.get(stateKey({ ...keyOf(device, assigned) }));
        const state = row && readState(assigned.rule, row.state);
        if (!row || !state) continue;
        assigned.state = state;
        if (row.wakeAt !== undefined) assigned.wakeAt = row.wakeAt;
      }
    }
    return engine;
  }

  programs(): Program[] {
    return [...this.#programs.values()];
  }

  program(policyId: string): Program | undefined {
    return this.#programs.get(policyId as PolicyId);
  }

  of(deviceId: DeviceId): readonly Assigned[] {
    return this.#assigned.get(deviceId) ?? NO_RULES;
  }

  /** The devices that a policy applies to. */
  devicesOf(policyId: PolicyId): ReadonlySet<DeviceId> {
    return this.#reach.of(policyId);
  }

  /** After the commit: a policy in force, or gone when `compiled` is absent. */
  setProgram(policyId: PolicyId, program: Program | undefined): void {
    if (program) this.#programs.set(policyId, program);
    else this.#programs.delete(policyId);
    for (const device of this.#fleet.all()) this.assign(device);
  }

  /**
   * Decides anew which rules hold on the device; an unchanged rule keeps its state over policy versions.
   * @returns whether other policies apply than before
   */
  assign(device: Device): boolean {
    const { deviceId } = device.row;
    const before = this.#assigned.get(deviceId) ?? [];
    const facts = factsOf(device, this.#values);
    const after: Assigned[] = [];
    for (const program of this.#programs.values()) {
      if (program.row.organisationId !== device.row.organisationId || !matches(program.compiled.applies, facts))
        continue;
      for (const rule of program.compiled.rules) {
        const known = before.find((b) => isSame(b, { program, rule }));
        after.push({
          program,
          rule,
          ...(known?.state ? { state: known.state } : {}),
          ...(known?.wakeAt === undefined ? {} : { wakeAt: known.wakeAt }),
        });
      }
    }
    return this.#assign(deviceId, after);
  }

  forget(deviceId: DeviceId): void {
    this.#assign(deviceId, []);
  }

  /** Says whether other policies apply than before. */
  #assign(deviceId: DeviceId, after: Assigned[]): boolean {
    const before = policiesOf(this.of(deviceId));
    if (after.length > 0) this.#assigned.set(deviceId, after);
    else this.#assigned.delete(deviceId);
    return this.#reach.move(deviceId, before, policiesOf(after));
  }

  /** The paths that rules need which have never had a value of this device. */
  unseen(deviceId: DeviceId): Set<string> {
    const rules = this.of(deviceId).filter(({ state }) => state?.last === undefined);
    return new Set(rules.flatMap(({ rule }) => rule.needs.map(({ path }) => path)));
  }

  /** The paths that the device's rules need observed. */
  needs(deviceId: DeviceId): readonly NeededPath[] {
    const rules = this.of(deviceId);
    const known = this.#needs.get(rules);
    if (known) return known;
    const needs = needsOf(rules);
    this.#needs.set(rules, needs);
    return needs;
  }

  /** Evaluates inputs in order for every rule of the device that they concern. */
  feed(device: Device, inputs: readonly RuleInput[], now: Millis): Decision | undefined {
    const { deviceId } = device.row;
    const outcomes: { assigned: Assigned; state: RuleState; wakeAt: Millis | undefined }[] = [];
    const changes: Change[] = [];
    const journal: JournalDraft[] = [];
    for (const assigned of this.of(deviceId)) {
      const relevant = inputs.filter((input) => concerns(input, assigned));
      if (relevant.length === 0) continue;
      let { state, wakeAt } = assigned;
      for (const input of relevant) {
        const from = state?.verdict.kind ?? 'unknown';
        const evaluation = evaluate(assigned.rule, state, input, now);
        state = evaluation.state;
        wakeAt = evaluation.wakeAt;
        for (const finding of evaluation.findings) journal.push(transition(device, assigned, from, finding));
      }
      if (!state || (state === assigned.state && wakeAt === assigned.wakeAt)) continue;
      outcomes.push({ assigned, state, wakeAt });
      changes.push({
        put: 'ruleStates',
        row: {
          ...keyOf(device, assigned),
          organisationId: device.row.organisationId,
          ruleId: assigned.rule.id,
          state,
          ...(wakeAt === undefined ? {} : { wakeAt }),
        },
      });
    }
    if (outcomes.length === 0) return undefined;
    return {
      batch: { changes, journal },
      apply: () => {
        for (const { assigned, state, wakeAt } of outcomes) {
          // A policy may have been applied meanwhile: its unchanged rules go on from here.
          const current = this.of(deviceId).find((other) => isSame(other, assigned));
          if (!current) continue;
          current.state = state;
          if (wakeAt === undefined) delete current.wakeAt;
          else current.wakeAt = wakeAt;
        }
      },
    };
  }

  /**
   * An authenticated contact. Only a silence rule that is not content learns of it at once; the others are told before
   * their next tick, so that a plain Update writes no rule state.
   */
  contact(device: Device, at: Millis): Decision | undefined {
    const waiting = this.of(device.row.deviceId).some(
      ({ rule, state }) => rule.kind === 'silence' && state?.verdict.kind !== 'ok',
    );
    return waiting ? this.feed(device, [{ kind: 'contact', at }], at) : undefined;
  }

  /** Devices with a rule whose time has come, or that was never evaluated. */
  due(now: Millis): Device[] {
    const devices: Device[] = [];
    for (const [deviceId, rules] of this.#assigned) {
      if (!rules.some(({ state, wakeAt }) => state === undefined || (wakeAt !== undefined && wakeAt <= now))) continue;
      const device = this.#fleet.get(deviceId);
      if (device) devices.push(device);
    }
    return devices;
  }

  /** What time alone does to the device's rules. */
  tick(device: Device, now: Millis): Decision | undefined {
    const heardAt = device.registration?.lastContactAt;
    const contact: RuleInput[] = heardAt === undefined ? [] : [{ kind: 'contact', at: heardAt }];
    return this.feed(device, [...contact, { kind: 'tick' }], now);
  }
}

function needsOf(rules: readonly Assigned[]): readonly NeededPath[] {
  const byPath = new Map<string, { path: string; policies: PolicyId[]; maxAge: Millis }>();
  for (const { rule, program } of rules) {
    for (const { path, maxAge } of rule.needs) {
      const need = byPath.get(path) ?? { path, policies: [], maxAge };
      if (!need.policies.includes(program.row.policyId)) need.policies.push(program.row.policyId);
      need.maxAge = Math.min(need.maxAge, maxAge);
      byPath.set(path, need);
    }
  }
  return [...byPath.values()];
}

function policiesOf(rules: readonly Assigned[]): Set<PolicyId> {
  return new Set(rules.map(({ program }) => program.row.policyId));
}

/** Whether two assignments are of the same rule, perhaps in two versions of its policy. */
function isSame(a: Assigned, b: Assigned): boolean {
  return a === b || (a.rule.key === b.rule.key && a.program.row.policyId === b.program.row.policyId);
}

function concerns(input: RuleInput, { rule }: Assigned): boolean {
  if (input.kind === 'tick') return true;
  if (input.kind === 'contact') return rule.kind === 'silence';
  return rule.needs.some(({ path }) => covers(path, input.path) || covers(input.path, path));
}

/** Whether a report of `path` says something of `below`. */
function covers(path: string, below: string): boolean {
  return below === path || below.startsWith(`${path}/`);
}

function transition(device: Device, { program, rule }: Assigned, from: string, finding: Finding): JournalDraft {
  const { organisationId, deviceId } = device.row;
  return {
    type: 'rule.transition',
    at: finding.at,
    organisationId,
    deviceId,
    actor: { kind: 'policy', name: program.row.policyId },
    payload: {
      policyId: program.row.policyId,
      policyVersion: program.row.version,
      ruleId: rule.id,
      ruleKey: rule.key,
      from,
      to: finding.kind,
      text: finding.evidence.text,
      evidence: {
        at: finding.evidence.at,
        text: finding.evidence.text,
        values: finding.evidence.values.map((v) => ({ ...v })),
      },
    },
  };
}

function keyOf(device: Device, { program, rule }: Assigned) {
  return { deviceId: device.row.deviceId, policyId: program.row.policyId, ruleKey: rule.key as string };
}

function stateKey(row: { deviceId: string; policyId: string; ruleKey: string }): string {
  return `${row.deviceId} ${row.policyId} ${row.ruleKey}`;
}
