import type {
  CredentialInfo,
  DeviceDetail,
  DeviceSummary,
  LockStatus,
  ObjectLink,
  ResourceValue,
  RuleState,
  RuleStatus,
} from '@reeve/contract';
import { describeRule, statusOf } from '@reeve/policy';
import type { AuthorityId, DeviceId, Millis } from '../ids.ts';
import type { Observer } from '../observations/observer.ts';
import type { Assigned, RuleEngine } from '../policies/engine.ts';
import type { SessionKeeper } from '../sessions/keeper.ts';
import type { Row } from '../store/tables.ts';
import type { Models } from '../telemetry/models.ts';
import type { Values } from '../telemetry/values.ts';
import type { CredentialRow, Credentials } from './credentials.ts';
import type { Device, Registration } from './fleet.ts';
import { presenceOf } from './presence.ts';
import { kindOf, showIdentity } from './proofs.ts';
import { supportOf } from './support.ts';

/** What other capabilities know of a device. */
export interface Standing {
  readonly openIncidents: number;
  readonly lock: LockStatus;
}

export interface ViewSources {
  readonly models: Models;
  readonly values: Values;
  readonly engine: RuleEngine;
  readonly observer: Observer;
  readonly credentials: Credentials;
  readonly authorityName: (authorityId: AuthorityId) => string | undefined;
  readonly sessions: SessionKeeper;
  /** The devices behind a gateway. */
  readonly behind: (device: Device) => Iterable<Device>;
}

/** Gravest first: what a person must hear of before the rest. */
const GRAVITY: readonly RuleState[] = ['breached', 'cannot-evaluate', 'waiting', 'pending', 'ok'];

/** The device in one row of a table. */
export function summarise(device: Device, sources: ViewSources, standing: Standing, now: Millis): DeviceSummary {
  const { deviceId, endpoint, labels, site, owner } = device.row;
  const { values, engine } = sources;
  const model = device.row.model ?? textOf(values, deviceId, '/3/0/1');
  const firmware = textOf(values, deviceId, '/3/0/3');
  const battery = numberOf(values, deviceId, '/3/0/9');
  const location = locationOf(values, deviceId);
  const states = engine.of(deviceId).map((assigned) => ruleStatus(assigned, now).state);
  const ruleState = GRAVITY.find((state) => states.includes(state));
  return {
    deviceId,
    endpoint,
    labels,
    presence: presenceOf(device, now),
    openIncidents: standing.openIncidents,
    lock: standing.lock,
    ...(site === undefined ? {} : { site }),
    ...(owner === undefined ? {} : { owner }),
    ...(model === undefined ? {} : { model }),
    ...(firmware === undefined ? {} : { firmware }),
    ...(battery === undefined ? {} : { battery }),
    ...(location === undefined ? {} : { location }),
    ...(ruleState === undefined ? {} : { ruleState }),
    ...(device.registration === undefined ? {} : { secure: device.registration.identity !== undefined }),
    ...(device.gateway === undefined ? {} : { gateway: device.gateway.row.endpoint }),
  };
}

/** Everything known of one device, but what waits for it. */
export function detail(
  device: Device,
  sources: ViewSources,
  standing: Standing,
  now: Millis,
): Omit<DeviceDetail, 'downlink'> {
  const { deviceId, createdAt } = device.row;
  const { registration } = device;
  const summary = summarise(device, sources, standing, now);
  const rules = sources.engine.of(deviceId).map((assigned) => ruleStatus(assigned, now));
  return {
    ...summary,
    createdAt,
    rules,
    ...(device.row.smsNumber === undefined ? {} : { smsNumber: device.row.smsNumber }),
    ...(device.row.wake === undefined ? {} : { wake: device.row.wake }),
    ...(device.frames === undefined ? {} : { sendsFrames: true }),
    ...gatewayView(device, sources.behind(device)),
    verdict: verdictOf(summary, rules, device.frames !== undefined && !registration, now),
    objects: objectsOf(registration, sources.models),
    values: sources.values.of(deviceId).map((row) => {
      const name = sources.models.nameOf(row.path, registration);
      return { ...valueView(row, registration, sources.models), ...(name === undefined ? {} : { name }) };
    }),
    observations: sources.observer.view(deviceId),
    credentials: sources.credentials.of(deviceId).map((row) => credentialView(row, sources.authorityName)),
    sessions: sources.sessions.of(deviceId).map(({ openedAt, session, connectionId }) => ({
      openedAt,
      identity: showIdentity(session.identity),
      address: session.address,
      connectionId: connectionId !== undefined,
    })),
    ...(registration?.state === 'registered'
      ? { registration: { ...registrationView(registration), ...supportOf(device, registration) } }
      : {}),
  };
}

/** Of a gateway: who is behind it, and whether it may bring more. */
function gatewayView({ row }: Device, devices: Iterable<Device>): Pick<DeviceDetail, 'admitsBehind' | 'behind'> {
  const behind = [...devices].map(({ row: { endpoint }, registration }) => ({
    endpoint,
    ...(registration?.state === 'registered' && registration.prefix !== undefined
      ? { prefix: registration.prefix }
      : {}),
  }));
  return {
    ...(row.admitsBehind === 1 ? { admitsBehind: true } : {}),
    ...(behind.length === 0 ? {} : { behind }),
  };
}

/** A credential for people and programs; nothing secret is in it. */
export function credentialView(
  { credentialId, kind, purpose, proof, authorityId, suites, validFrom, validUntil, createdAt }: CredentialRow,
  authorityName: ViewSources['authorityName'],
): CredentialInfo {
  const authority = authorityId && (authorityName(authorityId) ?? authorityId);
  return {
    credentialId,
    kind,
    purpose,
    identity: showIdentity(proof),
    createdAt,
    ...(authority === undefined ? {} : { authority }),
    ...(suites === undefined ? {} : { suites }),
    ...(validFrom === 0 ? {} : { validFrom }),
    ...(validUntil === undefined ? {} : { validUntil }),
  };
}

/** A value for people and programs. */
export function valueView(
  row: Omit<Row<'values'>, 'organisationId' | 'deviceId'>,
  registration: Registration | undefined,
  models: Models,
): ResourceValue {
  const { path, stored, observedAt, receivedAt, clock } = row;
  return {
    path,
    type: stored.type,
    value: stored.value,
    text: models.describeStored(path, stored, registration),
    receivedAt,
    clock,
    ...(observedAt === undefined ? {} : { observedAt }),
    ...(row.truncated === 1 ? { truncated: true } : {}),
  };
}

/** How a rule stands on the device, with the limits to draw the value against. */
export function ruleStatus({ rule, state, program }: Assigned, now: Millis): RuleStatus {
  const status = state ? statusOf(state) : { state: 'waiting' as const, since: now, reason: 'not evaluated yet' };
  const limits = rule.kind === 'threshold' ? { below: rule.limit.below, above: rule.limit.above } : {};
  const drawn = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
  return {
    policyId: program.row.policyId,
    ruleId: rule.id,
    rule: describeRule(rule),
    ...status,
    ...(rule.needs[0] === undefined ? {} : { path: rule.needs[0].path }),
    ...(Object.keys(drawn).length === 0 ? {} : { limits: drawn }),
  };
}

function verdictOf(
  summary: DeviceSummary,
  rules: readonly RuleStatus[],
  framesOnly: boolean,
  now: Millis,
): DeviceDetail['verdict'] {
  const { presence, lock } = summary;
  const broken = rules.filter(({ state }) => state === 'breached');
  const unseen = rules.filter(({ state }) => state === 'cannot-evaluate');
  const locked = lock.state === 'locked' ? 'Locked. ' : '';
  if (broken.length > 0)
    return { tone: 'bad', text: `${locked}Rule broken: ${broken.map(({ rule }) => rule).join('; ')}` };
  if (lock.state === 'failed') return { tone: 'bad', text: 'The lock could not be proved' };
  if (presence.state === 'never')
    return { tone: 'unknown', text: framesOnly ? 'Has sent no frame yet' : 'Has never registered' };
  if (presence.state === 'overdue' || presence.state === 'expired') {
    const minutes = Math.round((now - (presence.lastContactAt ?? now)) / 60_000);
    return { tone: 'attention', text: `${locked}Not heard of for ${minutes} min` };
  }
  if (presence.state === 'deregistered') return { tone: 'unknown', text: `${locked}Said goodbye` };
  const [first] = unseen;
  if (first) return { tone: 'attention', text: `${locked}Cannot evaluate ${first.rule}: ${first.reason ?? 'unknown'}` };
  if (locked) return { tone: 'attention', text: 'Locked' };
  if (rules.length === 0)
    return { tone: 'unknown', text: `${framesOnly ? 'Sends frames' : 'Registered'}; no policy applies` };
  const waiting = rules.filter(({ state }) => state === 'waiting').length;
  if (waiting > 0) return { tone: 'unknown', text: `Waiting for the values of ${waiting} of ${rules.length} rules` };
  return { tone: 'good', text: `Keeps ${rules.length === 1 ? 'its rule' : `all ${rules.length} rules`}` };
}

function objectsOf(registration: Registration | undefined, models: Models): ObjectLink[] {
  if (registration?.state !== 'registered') return [];
  return registration.objects.map(({ objectId, version, instances }) => ({
    objectId,
    instances,
    ...(version === undefined ? {} : { version }),
    ...models.infoOf(objectId, version, registration.version),
  }));
}

function registrationView(row: Registration): NonNullable<DeviceDetail['registration']> {
  const { registrationId, registeredAt, lifetime, version, binding, address, identity, sms, profile, extra } = row;
  return {
    registrationId,
    registeredAt,
    lifetime,
    version,
    binding,
    queueMode: row.queueMode === 1,
    address,
    ...(identity === undefined ? {} : { identity: showIdentity(identity), security: kindOf(identity) }),
    ...(sms === undefined ? {} : { sms }),
    ...(profile === undefined ? {} : { profile: profile.id }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

function textOf(values: Values, deviceId: DeviceId, path: string): string | undefined {
  const value = values.get(deviceId, path)?.stored.value;
  return typeof value === 'string' ? value : undefined;
}

function numberOf(values: Values, deviceId: DeviceId, path: string): number | undefined {
  const value = values.get(deviceId, path)?.stored.value;
  return typeof value === 'number' ? value : undefined;
}

function locationOf(values: Values, deviceId: DeviceId): DeviceSummary['location'] {
  const latitude = numberOf(values, deviceId, '/6/0/0');
  const longitude = numberOf(values, deviceId, '/6/0/1');
  const row = values.get(deviceId, '/6/0/0');
  if (latitude === undefined || longitude === undefined || !row) return undefined;
  return { latitude, longitude, at: row.clock === 'good' ? (row.observedAt ?? row.receivedAt) : row.receivedAt };
}
