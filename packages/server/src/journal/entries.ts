import type { Actor, CredentialKind, Evidence, Scope, UpdateState } from '@reeve/contract';
import type {
  ApprovalId,
  AuthorityId,
  BootstrapId,
  CommandId,
  CredentialId,
  DeviceId,
  IncidentId,
  Millis,
  OrganisationId,
  PolicyId,
  RegistrationId,
  ResponseId,
  Seq,
  UpdateId,
  WebhookId,
} from '../ids.ts';

/**
 * Every type of journal entry: its version and its payload. The journal holds decisions and changes of state, not
 * samples and not plain Updates. A payload's shape changes only together with its version.
 */
export interface JournalPayloads {
  'server.started': { version: string };
  /** Since that start the keys of all sessions go to a file. */
  'server.keys-logged': { file: string };
  'store.alarm': { reason: string };
  /** What the server knows of an object, beside what is shipped. */
  'model.added': { objectId: number; version: string; name: string; replaced: boolean };
  'model.removed': { objectId: number; version: string; name: string };
  /** Somebody took a copy of everything but the sealing key. */
  'store.backed-up': { bytes: number };

  /** The device sends frames; `newKey` counts from 1 again. */
  'frames.set': { link: string; newKey: boolean };
  'frames.removed': { link: string };
  'frame-layout.set': { name: string };
  'frame-layout.removed': { name: string };

  'artifact.added': { name: string; version: string; bytes: number };
  'artifact.removed': { name: string; version: string };
  'update.started': { updateId: UpdateId; artifact: string; path: string };
  /** Its bytes begin to go to the device, or the device was told where they are. */
  'update.delivering': { updateId: UpdateId; artifact: string; delivery: 'push' | 'pull' };
  'update.installing': { updateId: UpdateId; artifact: string };
  'update.ended': { updateId: UpdateId; artifact: string; state: UpdateState; detail: string };

  'device.added': { endpoint: string };
  'device.changed': { fields: readonly string[] };
  'device.removed': { endpoint: string };
  'credential.set': { identity: string; credentialId?: CredentialId; kind?: CredentialKind };
  'credential.rotated': { identity: string; credentialId: CredentialId; kind: CredentialKind; replaced: CredentialId };
  'credential.removed': { identity: string; credentialId: CredentialId; kind: CredentialKind };
  /** Its time was over. */
  'credential.expired': { identity: string; credentialId: CredentialId; kind: CredentialKind };

  'authority.added': { authorityId: AuthorityId; name: string; fingerprint: string };
  'authority.changed': { authorityId: AuthorityId; name: string; fields: readonly string[] };
  'authority.removed': { authorityId: AuthorityId; name: string; credentials: number };
  'revocation.updated': {
    authorityId: AuthorityId;
    name: string;
    revoked: number;
    issuedAt: Millis;
    dueAt: Millis;
  };
  /** An authority's list can't be fetched, or is stale now or soon. */
  'revocation.alarm': { authorityId: AuthorityId; name: string; reason: string };
  'certificate.revoked': { subject: string; authority: string };
  /** An expired certificate of the device is good enough until a date. */
  'certificate.admitted': { until: Millis; reason: string };
  'certificate.admission-ended': Record<string, never>;
  /** The raw key could not be opened with the sealing key that is here, and was made anew. */
  'server.key-replaced': { fingerprint: string };
  'server.certificate-loaded': { subject: string; fingerprint: string; notAfter: Millis };
  /** A certificate of the server can't be read again, or ends soon. */
  'server.certificate-alarm': { file: string; reason: string };

  /** The server ended a DTLS session by itself; that devices come and go leaves no entry. */
  'session.ended': { identity: string; address: string; reason: string };

  /** A device asked to be bootstrapped, and is given what its group is given. */
  'bootstrap.started': { bootstrapId: BootstrapId; address: string; group: string };
  'bootstrap.finished': { bootstrapId: BootstrapId; group: string };
  'bootstrap.failed': { bootstrapId: BootstrapId; reason: string };
  'bootstrap.template-set': { name: string };
  'bootstrap.template-removed': { name: string };
  /** The device has keys of its own for an account on a server elsewhere. */
  'bootstrap.account-keys-set': { shortServerId: number };
  'bootstrap.account-keys-removed': { shortServerId: number };
  /** The values of its deployment are being written. */
  'deployment.queued': { paths: readonly string[] };
  /** They wait: secret ones, of the group or else of the device itself, do not open. Told once. */
  'deployment.unreadable': { group?: string };

  'registration.registered': {
    registrationId: RegistrationId;
    replaced?: RegistrationId;
    address: string;
    lifetime: number;
    version: string;
    /** Behind which it is. */
    gateway?: string;
  };
  'registration.deregistered': { registrationId: RegistrationId };
  'registration.expired': { registrationId: RegistrationId; lastContactAt: Millis };
  /** An Update that changed what the device offers or where it is reached; a plain one leaves no entry. */
  'registration.changed': { registrationId: RegistrationId; fields: readonly string[] };

  'refusal.counted': { check: string; address: string; identity?: string; endpoint?: string; count: number };
  'observation.refused': { path: string; reason: string };

  /** A rule changed state for a device; `evidence` when it was broken or became whole again. */
  'rule.transition': {
    policyId: PolicyId;
    policyVersion: number;
    ruleId: string;
    ruleKey: string;
    from: string;
    to: string;
    text: string;
    evidence?: Evidence;
  };

  'policy.applied': { policyId: PolicyId; version: number; mode: string };
  'policy.removed': { policyId: PolicyId };

  'incident.opened': { incidentId: IncidentId; policyId: PolicyId; ruleId: string; rule: string; evidence: Evidence };
  'incident.evidence': { incidentId: IncidentId; evidence: Evidence };
  'incident.acknowledged': { incidentId: IncidentId };
  'incident.cleared': { incidentId: IncidentId; text: string };
  'incident.reopened': { incidentId: IncidentId; text: string };
  /** A person wants it closed. */
  'incident.close-requested': { incidentId: IncidentId };
  /** It has been clear for long enough to close by itself. */
  'incident.quiet': { incidentId: IncidentId };
  'incident.closed': { incidentId: IncidentId; reason: string };

  /** A person wants the lock held, or let go. */
  'lock.requested': { held: boolean };
  /** Undoing a lock failed some time ago: it is tried again. */
  'lock.retry-due': { failures: number };
  'response.started': { responseId: ResponseId; incidentId?: IncidentId; kind: 'lock'; until?: Millis };
  'response.step': { responseId: ResponseId; incidentId?: IncidentId; text: string; commandId?: CommandId };
  'response.locked': { responseId: ResponseId; incidentId?: IncidentId; text: string };
  'response.releasing': { responseId: ResponseId; incidentId?: IncidentId; reason: string };
  'response.released': { responseId: ResponseId; incidentId?: IncidentId; text: string };
  'response.failed': { responseId: ResponseId; incidentId?: IncidentId; text: string };
  /** Its longest time is over. */
  'response.lease-ended': { responseId: ResponseId };
  /** A person must be told: e.g. a lock ended because its longest time was over while the cause was still there. */
  'response.attention': { responseId: ResponseId; incidentId?: IncidentId; text: string };

  'approval.requested': { approvalId: ApprovalId; incidentId: IncidentId; action: string; reason: string };
  /** A person wants it decided like this. */
  'approval.decision-requested': {
    approvalId: ApprovalId;
    incidentId: IncidentId;
    decision: 'approved' | 'denied';
  };
  'approval.decided': { approvalId: ApprovalId; incidentId: IncidentId; decision: 'approved' | 'denied' | 'obsolete' };

  'command.queued': { commandId: CommandId; operation: string; incidentId?: IncidentId };
  'command.sent': { commandId: CommandId; attempt: number };
  'command.requeued': { commandId: CommandId; reason: string };
  /** By SMS, since a command waits; with an `error` none could be sent. */
  'device.woken': { commandId: CommandId; number: string; error?: string };
  /** Somebody cancelled a command that is under way. */
  'command.cancelling': { commandId: CommandId };
  /** A command reached its last state. */
  'command.finished': {
    commandId: CommandId;
    state: 'answered' | 'failed' | 'expired' | 'cancelled' | 'outcome-unknown';
    code?: string;
    text: string;
    responseId?: ResponseId;
  };

  'person.added': { name: string };
  'person.link-made': { name: string };
  'person.signed-in': { name: string };
  'person.signed-out': { name: string };
  /** Those of before there were scopes say none: they may do everything. */
  'token.created': { name: string; scope?: Scope };
  'token.revoked': { name: string };
  /** A token asked for what its scope does not allow; told once an hour at most. */
  'token.held-back': { name: string; scope: Scope; needed: Scope; request: string };

  'webhook.added': { webhookId: WebhookId; url: string };
  'webhook.removed': { webhookId: WebhookId; url: string };
  'notice.dead': { webhookId: WebhookId; type: string; error: string };
}

export type JournalType = keyof JournalPayloads;

/** Version of each entry type's payload. */
export const journalVersions: Readonly<Record<JournalType, number>> = {
  'server.started': 1,
  'server.keys-logged': 1,
  'store.alarm': 1,
  'model.added': 1,
  'model.removed': 1,
  'store.backed-up': 1,
  'frames.set': 1,
  'frames.removed': 1,
  'frame-layout.set': 1,
  'frame-layout.removed': 1,
  'artifact.added': 1,
  'artifact.removed': 1,
  'update.started': 1,
  'update.delivering': 1,
  'update.installing': 1,
  'update.ended': 1,
  'device.added': 1,
  'device.changed': 1,
  'device.removed': 1,
  'credential.set': 2,
  'credential.rotated': 1,
  'credential.removed': 1,
  'credential.expired': 1,
  'authority.added': 1,
  'authority.changed': 1,
  'authority.removed': 1,
  'revocation.updated': 1,
  'revocation.alarm': 1,
  'certificate.revoked': 1,
  'certificate.admitted': 1,
  'certificate.admission-ended': 1,
  'server.key-replaced': 1,
  'server.certificate-loaded': 1,
  'server.certificate-alarm': 1,
  'session.ended': 1,
  'bootstrap.started': 1,
  'bootstrap.finished': 1,
  'bootstrap.failed': 1,
  'bootstrap.template-set': 1,
  'bootstrap.template-removed': 1,
  'bootstrap.account-keys-set': 1,
  'bootstrap.account-keys-removed': 1,
  'deployment.queued': 1,
  'deployment.unreadable': 1,
  'registration.registered': 1,
  'registration.deregistered': 1,
  'registration.expired': 1,
  'registration.changed': 1,
  'refusal.counted': 1,
  'observation.refused': 1,
  'rule.transition': 1,
  'policy.applied': 1,
  'policy.removed': 1,
  'incident.opened': 1,
  'incident.evidence': 1,
  'incident.acknowledged': 1,
  'incident.cleared': 1,
  'incident.reopened': 1,
  'incident.close-requested': 1,
  'incident.quiet': 1,
  'incident.closed': 1,
  'lock.requested': 1,
  'lock.retry-due': 1,
  'response.started': 1,
  'response.step': 1,
  'response.locked': 1,
  'response.releasing': 1,
  'response.released': 1,
  'response.failed': 1,
  'response.lease-ended': 1,
  'response.attention': 1,
  'approval.requested': 1,
  'approval.decision-requested': 1,
  'approval.decided': 1,
  'command.queued': 1,
  'command.sent': 1,
  'command.requeued': 1,
  'device.woken': 1,
  'command.cancelling': 1,
  'command.finished': 1,
  'person.added': 1,
  'person.link-made': 1,
  'person.signed-in': 1,
  'person.signed-out': 1,
  'token.created': 1,
  'token.revoked': 1,
  'token.held-back': 1,
  'webhook.added': 1,
  'webhook.removed': 1,
  'notice.dead': 1,
};

interface EntryFields<T extends JournalType> {
  readonly type: T;
  readonly payload: JournalPayloads[T];
  readonly at: Millis;
  readonly organisationId: OrganisationId;
  readonly deviceId?: DeviceId;
  readonly actor: Actor;
  /** The entry that caused this one. */
  readonly cause?: Seq;
}

/** An entry as a capability writes it; the store gives it its seq. */
export type JournalDraft = { [T in JournalType]: EntryFields<T> }[JournalType];

/** A committed entry, of any type or of those named. */
export type JournalEntry<Types extends JournalType = JournalType> = {
  [T in Types]: EntryFields<T> & { readonly seq: Seq; readonly version: number };
}[Types];
