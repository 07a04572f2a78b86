import {
  type ArtifactInfo,
  type Authority,
  type BootstrapState,
  type BootstrapStep,
  type CommandOperation,
  type CommandState,
  type CredentialKind,
  type DeviceDetail,
  type DeviceSummary,
  type Evidence,
  type FailedHandshake,
  type IncidentState,
  type LockStatus,
  type Observation,
  operationText,
  type Presence,
  type Receipt,
  type ResponseState,
  type RuleState,
  type RuleStatus,
  type UpdateState,
} from '@reeve/contract';
import { formatMoment } from './format.ts';

/** How a state feels, in the words of the API's verdict; components turn it into a colour. */
export type Tone = DeviceDetail['verdict']['tone'];

/** A state as a person reads it. */
export interface Word {
  readonly label: string;
  readonly tone: Tone;
}

export const presenceWords: Record<Presence['state'], Word> = {
  never: { label: 'Never seen', tone: 'unknown' },
  awake: { label: 'Awake', tone: 'good' },
  asleep: { label: 'Asleep', tone: 'good' },
  overdue: { label: 'Overdue', tone: 'attention' },
  expired: { label: 'Expired', tone: 'bad' },
  deregistered: { label: 'De-registered', tone: 'unknown' },
};

export const lockWords: Record<LockStatus['state'], Word> = {
  unknown: { label: 'Unknown', tone: 'unknown' },
  unlocked: { label: 'Unlocked', tone: 'good' },
  locking: { label: 'Locking', tone: 'attention' },
  locked: { label: 'Locked', tone: 'bad' },
  unlocking: { label: 'Unlocking', tone: 'attention' },
  failed: { label: 'Lock failed', tone: 'bad' },
};

export const ruleWords: Record<RuleState, Word> = {
  ok: { label: 'OK', tone: 'good' },
  pending: { label: 'Pending', tone: 'attention' },
  breached: { label: 'Breached', tone: 'bad' },
  'cannot-evaluate': { label: 'Cannot evaluate', tone: 'attention' },
  waiting: { label: 'Blind', tone: 'unknown' },
};

export const incidentWords: Record<IncidentState, Word> = {
  open: { label: 'Open', tone: 'bad' },
  cleared: { label: 'Cleared', tone: 'attention' },
  closed: { label: 'Closed', tone: 'unknown' },
};

export const responseWords: Record<ResponseState, Word> = {
  'waiting-approval': { label: 'Waits for approval', tone: 'attention' },
  denied: { label: 'Denied', tone: 'unknown' },
  locking: { label: 'Locking', tone: 'attention' },
  locked: { label: 'Locked', tone: 'bad' },
  releasing: { label: 'Releasing', tone: 'attention' },
  released: { label: 'Released', tone: 'good' },
  failed: { label: 'Failed', tone: 'bad' },
};

export const commandWords: Record<CommandState, Word> = {
  queued: { label: 'Queued', tone: 'unknown' },
  sent: { label: 'Sent', tone: 'attention' },
  answered: { label: 'Answered', tone: 'good' },
  failed: { label: 'Failed', tone: 'bad' },
  expired: { label: 'Expired', tone: 'bad' },
  cancelled: { label: 'Cancelled', tone: 'unknown' },
  'outcome-unknown': { label: 'Outcome unknown', tone: 'bad' },
};

export const observationWords: Record<Observation['state'], Word> = {
  wanted: { label: 'Observation wanted', tone: 'unknown' },
  requested: { label: 'Observation requested', tone: 'attention' },
  live: { label: 'Observed', tone: 'good' },
  refused: { label: 'Observation refused', tone: 'bad' },
};

export const bootstrapWords: Record<BootstrapState, Word> = {
  running: { label: 'Running', tone: 'attention' },
  finished: { label: 'Finished', tone: 'good' },
  failed: { label: 'Failed', tone: 'bad' },
};

export const bootstrapStepWords: Record<BootstrapStep['result'], Word> = {
  done: { label: 'Done', tone: 'good' },
  'passed-over': { label: 'Passed over', tone: 'attention' },
  again: { label: 'Asked again', tone: 'attention' },
  failed: { label: 'Failed', tone: 'bad' },
};

export const updateWords: Record<UpdateState, Word> = {
  running: { label: 'Running', tone: 'attention' },
  succeeded: { label: 'Succeeded', tone: 'good' },
  unconfirmed: { label: 'Unconfirmed', tone: 'attention' },
  failed: { label: 'Failed', tone: 'bad' },
  cancelled: { label: 'Cancelled', tone: 'unknown' },
};

export const artifactWords: Record<ArtifactInfo['state'], Word> = {
  uploading: { label: 'Not all here', tone: 'attention' },
  ready: { label: 'Ready', tone: 'good' },
  missing: { label: 'Missing', tone: 'bad' },
};

/** What a dot on the map says: the one thing that matters most about a device now. */
export type Condition = 'locked' | 'breached' | 'overdue' | 'cannot-evaluate' | 'waiting' | 'ok' | 'unpoliced';

export const conditionWords: Record<Condition, Word> = {
  locked: { label: 'Locked', tone: 'bad' },
  breached: { label: 'Breached', tone: 'bad' },
  overdue: { label: 'Overdue', tone: 'attention' },
  'cannot-evaluate': { label: 'Cannot evaluate', tone: 'attention' },
  waiting: { label: 'Blind', tone: 'unknown' },
  ok: { label: 'OK', tone: 'good' },
  unpoliced: { label: 'No rule applies', tone: 'unknown' },
};

const conditionOfRules: Record<RuleState, Condition> = {
  breached: 'breached',
  'cannot-evaluate': 'cannot-evaluate',
  waiting: 'waiting',
  pending: 'ok',
  ok: 'ok',
};

const inContact: Record<Presence['state'], boolean> = {
  never: false,
  awake: true,
  asleep: true,
  overdue: false,
  expired: false,
  deregistered: false,
};

/** The gravest condition of a device. A device that no rule watches, or that is out of contact, is never "ok". */
export function conditionOf(
  device: Pick<DeviceSummary, 'lock' | 'openIncidents' | 'presence' | 'ruleState'>,
): Condition {
  if (device.lock.state === 'locked') return 'locked';
  if (device.openIncidents > 0) return 'breached';
  if (!inContact[device.presence.state]) return 'overdue';
  return device.ruleState === undefined ? 'unpoliced' : conditionOfRules[device.ruleState];
}

/** How a rule stands, since when and why, for a person who has not read the manual. */
export function explainRule(rule: Pick<RuleStatus, 'state' | 'since' | 'reason'>, now: number): string {
  const since = rule.since === undefined ? '' : ` since ${formatMoment(now, rule.since)}`;
  const note = rule.reason === undefined ? '' : `; ${rule.reason}`;
  switch (rule.state) {
    case 'ok':
      return `Kept${since}${note}`;
    case 'pending':
      return `Beyond its limit${since}, but not yet for as long as the rule says${note}`;
    case 'breached':
      return `Broken${since}${note}`;
    case 'cannot-evaluate':
      return `Cannot evaluate${since} because ${rule.reason ?? 'no value is there'}`;
    case 'waiting':
      return `Blind${since}: ${rule.reason ?? 'no value yet'}`;
  }
}

/** What evidence says beyond the rule that it is about, where the rule stands beside it already. */
export function describeEvidence({ text }: Pick<Evidence, 'text'>, rule: string): string {
  return text.startsWith(`${rule}; `) ? text.slice(rule.length + 2) : text;
}

/** A receipt in words; most texts begin with their step already. */
export function describeReceipt({ step, text }: Pick<Receipt, 'step' | 'text'>): string {
  return text.startsWith(step) ? text : `${step} ${text}`.trim();
}

/** An operation in words, e.g. `Write /8/0/0 = 1`. */
export function describeOperation(operation: CommandOperation): string {
  const text = operationText(operation);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What a peer proves itself with. */
export const credentialWords: Record<CredentialKind, string> = {
  psk: 'Pre-shared key',
  'raw-key': 'Raw public key',
  certificate: 'Certificate',
  oscore: 'OSCORE secret',
};

/** Which name of a certificate tells the device. */
export const mappingWords: Record<Authority['mapping'], string> = {
  cn: 'common name',
  dns: 'DNS name',
  uri: 'URI',
};

export const revocationWords: Record<NonNullable<Authority['revocation']>['state'], Word> = {
  none: { label: 'Not fetched', tone: 'attention' },
  fresh: { label: 'Fresh', tone: 'good' },
  'soon-stale': { label: 'Soon stale', tone: 'attention' },
  stale: { label: 'Stale', tone: 'bad' },
};

/** What a peer showed of itself in a handshake, in a line. */
export function presentedText({ presented }: Pick<FailedHandshake, 'presented'>): string | undefined {
  switch (presented?.kind) {
    case 'psk':
      return `identity ${presented.identity}`;
    case 'oscore':
      return `Sender ID ${presented.identity}`;
    case 'raw-key':
      return `raw public key ${presented.fingerprint.slice(0, 16)}…`;
    case 'certificate':
      return presented.subject === undefined ? 'a certificate that can’t be read' : `certificate ${presented.subject}`;
    default:
      return undefined;
  }
}
