import type { Policy, PolicyDevice } from '@reeve/contract';
import { compilePolicy, describeRule, formatPolicyError, formatSpan, lacks, type PolicyResponse } from '@reeve/policy';
import { ReeveError } from '../errors.ts';
import type { Handlers } from '../http/handlers.ts';
import type { Millis, OrganisationId, PolicyId } from '../ids.ts';
import type { Lanes } from '../lanes.ts';
import type { Observer } from '../observations/observer.ts';
import { type Device, type Fleet, pages } from '../registry/fleet.ts';
import { ruleStatus } from '../registry/views.ts';
import type { Change, Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import type { Program, RuleEngine } from './engine.ts';
import { tickDevices } from './tick.ts';

interface Options {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly engine: RuleEngine;
  readonly observer: Observer;
  readonly lanes: Lanes;
  readonly now: () => Millis;
}

type PolicyRoutes = 'policies.list' | 'policies.apply' | 'policies.show' | 'policies.devices' | 'policies.remove';

/** Policies of one organisation; far more than a security authority writes. */
const MAX_POLICIES = 200;

/** Routes of policy documents. */
export function policyHandlers({ store, fleet, engine, observer, lanes, now }: Options): Pick<Handlers, PolicyRoutes> {
  const find = (organisationId: OrganisationId, id: string): Program => {
    const program = engine.program(id);
    if (program?.row.organisationId === organisationId) return program;
    throw new ReeveError('no-such-thing', `No policy "${id}": see \`reeve policy ls\``);
  };
  const assignedTo = (policyId: PolicyId): Device[] =>
    [...engine.devicesOf(policyId)].flatMap((deviceId) => fleet.get(deviceId) ?? []);

  const view = ({ row, compiled }: Program): Policy => {
    const counts = { total: 0, ok: 0, breached: 0, cannotEvaluate: 0, waiting: 0 };
    const at = now();
    for (const device of assignedTo(row.policyId)) {
      const states = engine
        .of(device.row.deviceId)
        .filter(({ program }) => program.row.policyId === row.policyId)
        .map((assigned) => ruleStatus(assigned, at).state);
      counts.total += 1;
      if (states.includes('breached')) counts.breached += 1;
      if (states.includes('cannot-evaluate')) counts.cannotEvaluate += 1;
      if (states.includes('waiting')) counts.waiting += 1;
      if (states.every((state) => state === 'ok')) counts.ok += 1;
    }
    const { policyId, version, mode, source, appliedAt, appliedBy } = row;
    const rules = compiled.rules.map((rule) => ({
      ruleId: rule.id,
      text: describeRule(rule),
      respond: rule.respond.map(describeResponse),
    }));
    return { policyId, version, mode, source, appliedAt, appliedBy, rules, devices: counts };
  };

  /** Evaluates at once what the new assignment brought, and starts and stops observations. */
  const refresh = async (devices: readonly Device[]): Promise<void> => {
    await tickDevices(devices, { engine, lanes, store }, now());
    for (const device of devices) observer.renew(device);
  };

  return {
    'policies.list': async ({ organisationId }) => ({
      items: engine
        .programs()
        .filter(({ row }) => row.organisationId === organisationId)
        .map(view),
    }),

    'policies.apply': async ({ organisationId, actor, body }) => {
      const result = compilePolicy(body.source);
      if (!result.ok) {
        const places = result.errors.map((error) => ({
          at: `line ${error.line}, column ${error.column}`,
          message: formatPolicyError(error),
        }));
        throw new ReeveError('invalid-policy', places.map(({ message }) => message).join('\n'), places);
      }
      const { policy } = result;
      const policyId = policy.id as PolicyId;
      const before = engine.program(policy.id);
      if (!before && engine.programs().length >= MAX_POLICIES) {
        throw new ReeveError('too-many', `At most ${MAX_POLICIES} policies: remove one first`);
      }
      const row: Row<'policies'> = {
        organisationId,
        policyId,
        version: (before?.row.version ?? 0) + 1,
        mode: policy.mode,
        source: body.source,
        compiled: policy,
        appliedAt: now(),
        appliedBy: actor,
      };
      const touched = new Set(before ? assignedTo(policyId) : []);
      const payload = { policyId, version: row.version, mode: row.mode };
      await store.commit({
        changes: [{ put: 'policies', row }, ...(await staleStates(store, policyId, policy.rules))],
        journal: [{ type: 'policy.applied', at: row.appliedAt, organisationId, actor, payload }],
      });
      engine.setProgram(policyId, { row, compiled: policy });
      const matched = assignedTo(policyId);
      for (const device of matched) touched.add(device);
      await refresh([...touched]);
      return {
        policy: view({ row, compiled: policy }),
        created: before === undefined,
        matches: matched.map((device) => ({
          deviceId: device.row.deviceId,
          endpoint: device.row.endpoint,
          lacks:
            device.registration?.state === 'registered'
              ? lacks(policy, device.registration.objects)
              : ['not registered yet'],
        })),
      };
    },

    'policies.show': async ({ organisationId, params }) => view(find(organisationId, params.id)),

    'policies.devices': async ({ organisationId, params, query }) => {
      const { row } = find(organisationId, params.id);
      const { after, limit = 100 } = query;
      const devices = assignedTo(row.policyId).sort((a, b) => (a.row.endpoint < b.row.endpoint ? -1 : 1));
      const rest = after === undefined ? devices : devices.filter((device) => device.row.endpoint > after);
      const items = rest.slice(0, limit).map(
        (device): PolicyDevice => ({
          deviceId: device.row.deviceId,
          endpoint: device.row.endpoint,
          rules: engine
            .of(device.row.deviceId)
            .filter(({ program }) => program.row.policyId === row.policyId)
            .map((assigned) => ruleStatus(assigned, now())),
        }),
      );
      const last = items.at(-1);
      return rest.length > limit && last ? { items, next: last.endpoint } : { items };
    },

    'policies.remove': async ({ organisationId, params, actor }) => {
      const { row } = find(organisationId, params.id);
      const { policyId } = row;
      const touched = assignedTo(policyId);
      await store.commit({
        changes: [
          { delete: 'policies', key: { organisationId, policyId } },
          ...(await staleStates(store, policyId, [])),
        ],
        journal: [{ type: 'policy.removed', at: now(), organisationId, actor, payload: { policyId } }],
      });
      engine.setProgram(policyId, undefined);
      await refresh(touched);
      return undefined;
    },
  };
}

/** Deletes the states of rules that the policy no longer has. */
async function staleStates(store: Store, policyId: PolicyId, rules: readonly { key: string }[]): Promise<Change[]> {
  const kept = new Set(rules.map(({ key }) => key));
  const changes: Change[] = [];
  for await (const { deviceId, ruleKey } of pages(store, 'ruleStates', { policyId })) {
    if (!kept.has(ruleKey)) changes.push({ delete: 'ruleStates', key: { deviceId, policyId, ruleKey } });
  }
  return changes;
}

function describeResponse(response: PolicyResponse): string {
  if (response === 'alarm') return 'alarm';
  return `lock for at most ${formatSpan(response.lock.maxFor)}`;
}
