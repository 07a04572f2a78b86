import {
  type DeviceDetail,
  type FailedHandshake,
  type FormatInfo,
  isCutOff,
  type Presence,
  type RuleState,
  type RuleStatus,
} from '@reeve/contract';
import type { Context } from '../command.ts';
import { type Columns, facts, table } from '../output.ts';
import { clean } from '../table.ts';
import type { Style } from '../terminal.ts';
import { age, byPath, counted } from '../words.ts';
import { handshakeLines } from './handshake-view.ts';

const presenceStyle: Readonly<Record<Presence['state'], Style>> = {
  never: 'dim',
  awake: 'green',
  asleep: 'cyan',
  overdue: 'yellow',
  expired: 'red',
  deregistered: 'dim',
};

const ruleStyle: Readonly<Record<RuleState, Style>> = {
  ok: 'green',
  pending: 'yellow',
  waiting: 'cyan',
  'cannot-evaluate': 'yellow',
  breached: 'red',
};

const toneStyle: Readonly<Record<DeviceDetail['verdict']['tone'], Style>> = {
  good: 'green',
  attention: 'yellow',
  bad: 'red',
  unknown: 'dim',
};

type Registration = NonNullable<DeviceDetail['registration']>;

export function presenceCell({ state }: Presence): readonly [Style, string] {
  return [presenceStyle[state], state === 'never' ? 'never seen' : state];
}

export function ruleCell(state: RuleState | undefined): string | readonly [Style, string] {
  return state === undefined ? '' : [ruleStyle[state], state === 'cannot-evaluate' ? 'cannot evaluate' : state];
}

export function ruleColumns(now: number): Columns<RuleStatus> {
  return {
    policy: (rule) => rule.policyId,
    rule: (rule) => rule.ruleId,
    state: (rule) => ruleCell(rule.state),
    since: (rule) => age(rule.since, now),
    reason: (rule) => rule.reason ?? rule.rule,
  };
}

/** Everything known of a device, for people. */
export function deviceLines(context: Context, device: DeviceDetail, failed: readonly FailedHandshake[]): string[] {
  const { terminal } = context;
  const now = terminal.now();
  const { registration, location, lock, presence } = device;
  const section = <T>(title: string, items: readonly T[], columns: Columns<T>) =>
    items.length === 0 ? [] : ['', terminal.style('bold', title), ...table(context, items, columns)];
  return [
    `${terminal.style('bold', clean(device.endpoint))}: ${terminal.style(toneStyle[device.verdict.tone], clean(device.verdict.text))}`,
    ...(failed.length === 0 ? [] : ['', terminal.style('bold', 'Why can’t it connect?')]),
    ...failed.flatMap((each) => handshakeLines(context, each)),
    '',
    ...facts(context, {
      id: device.deviceId,
      presence: `${presenceText(presence, now)}${isCutOff(device) ? ', nothing can be sent until it is heard' : ''}`,
      address: registration && `${registration.address}${device.secure === false ? ', without DTLS' : ''}`,
      registered:
        registration &&
        `${age(registration.registeredAt, now)}, LwM2M ${registration.version}, ${lifetimeText(device)}${registration.queueMode ? ', queue mode' : ''}`,
      gateway: device.gateway,
      behind: behindText(device),
      supports: registration && supportText(registration),
      refused: registration?.refusedFormats && `${formatNames(registration.refusedFormats)}: tried last`,
      quirks: registration && quirksText(registration),
      profile: registration?.profile,
      model: device.model,
      firmware: device.firmware,
      location: location && `${location.latitude}, ${location.longitude} (${age(location.at, now)})`,
      lock: lock.state === 'unknown' ? undefined : lockText(lock, now),
      labels: Object.entries(device.labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(' '),
      site: device.site,
      owner: device.owner,
      incidents: device.openIncidents > 0 ? `${device.openIncidents} open` : undefined,
      credentials: device.credentials.map(({ kind, identity }) => `${kind} ${identity}`).join(', '),
      downlink: downlinkText(device.downlink),
      session: device.sessions.map((session) => sessionText(session, now)).join('; '),
    }),
    ...section('Objects', device.objects, {
      object: (object) => `/${object.objectId}`,
      name: (object) => object.name ?? 'unknown',
      version: (object) => object.version ?? '',
      instances: (object) => object.instances.join(' '),
    }),
    ...section('Values', byPath(device.values), {
      path: (value) => value.path,
      name: (value) => value.name ?? '',
      value: (value) => value.text + (value.truncated ? ' (truncated)' : ''),
      received: (value) => age(value.receivedAt, now),
    }),
    ...section('Observations', device.observations, {
      path: (each) => each.path,
      state: (each) => each.state,
      since: (each) => age(each.since, now),
      'wanted by': (each) => each.wantedBy.join(', '),
      reason: (each) => each.reason ?? '',
    }),
    ...section('Rules', device.rules, ruleColumns(now)),
  ];
}

/** What the device's objects tell of the resource at a path. */
export function resourceOf({ objects }: Pick<DeviceDetail, 'objects'>, path: string) {
  const [, objectId, , resourceId] = path.split('/').map(Number);
  const object = objects.find((each) => each.objectId === objectId);
  return object?.resources?.find((each) => each.resourceId === resourceId);
}

/** What the device says that it supports. */
function supportText({ binding, transport, contentFormats, rootPath, extra }: Registration): string {
  const parameters = Object.entries(extra ?? {}).map(([name, value]) => (value === '' ? name : `${name}=${value}`));
  return [
    `binding ${binding}`,
    ...(transport === undefined ? [] : [transport]),
    ...(contentFormats ? [formatNames(contentFormats)] : []),
    ...(rootPath === undefined ? [] : [`paths begin with ${rootPath}`]),
    ...(parameters.length === 0 ? [] : [`also says ${parameters.join(' ')}`]),
  ].join('; ');
}

function quirksText({ noFetch, noIpatch, readByInstance }: Registration): string {
  return [
    ...(noFetch ? ['it takes no FETCH: of several paths it is asked for one at a time'] : []),
    ...(noIpatch ? ['it takes no iPATCH: several values are written one at a time, where they may be'] : []),
    ...(readByInstance ? [`read and observed by instance: ${readByInstance.map((id) => `/${id}`).join(', ')}`] : []),
  ].join('; ');
}

function formatNames(formats: readonly FormatInfo[]): string {
  return formats.map(({ name }) => name).join(', ');
}

function presenceText(presence: Presence, now: number): string {
  const last = presence.lastContactAt === undefined ? '' : `, last contact ${age(presence.lastContactAt, now)}`;
  const next = presence.nextContactBy === undefined ? '' : `, next expected ${age(presence.nextContactBy, now)}`;
  return presenceCell(presence)[1] + last + next;
}

/** How long the registration lasts. */
function lifetimeText({ gateway, registration }: DeviceDetail): string {
  if (gateway !== undefined) return 'as long as that of its gateway';
  return registration?.lifetime === 0 ? 'without an end' : `lifetime ${registration?.lifetime} s`;
}

/** Of a gateway: who is behind it. */
function behindText({ behind = [], admitsBehind = false }: DeviceDetail): string {
  const devices = behind.map(({ endpoint, prefix }) => (prefix === undefined ? endpoint : `${endpoint} (${prefix})`));
  return [...devices, ...(admitsBehind ? ['and whom else it names'] : [])].join(', ');
}

function lockText({ state, provedAt, until, holders }: DeviceDetail['lock'], now: number): string {
  const proved = provedAt === undefined ? '' : `, as the device said ${age(provedAt, now)}`;
  const ends = until === undefined ? '' : `, until ${age(until, now)}`;
  return `${state}${proved}${ends}${holders.length > 0 ? `, held by ${holders.join(', ')}` : ''}`;
}

/** What waits to be sent, and what may be; nothing if neither tells anything. */
function downlinkText({ queuedCommands, waiting, bytesPerDay, bytesToday = 0 }: DeviceDetail['downlink']): string {
  return [
    ...(queuedCommands === 0 ? [] : [`${counted(queuedCommands, 'command')} queued: ${waiting?.text ?? ''}`]),
    ...(bytesPerDay === undefined ? [] : [`${bytesToday} of ${bytesPerDay} bytes today`]),
  ].join('; ');
}

function sessionText({ openedAt, address, connectionId }: DeviceDetail['sessions'][number], now: number): string {
  return `begun ${age(openedAt, now)}, at ${address}${connectionId ? ', goes with the device to other addresses' : ''}`;
}
