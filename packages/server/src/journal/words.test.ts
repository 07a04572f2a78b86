import { describe, expect, it } from 'vitest';
import { type DeviceId, newId, type Seq } from '../ids.ts';
import { type JournalEntry, type JournalPayloads, type JournalType, journalVersions } from './entries.ts';
import { describeEntry, type Names } from './words.ts';

const deviceId = newId.device();
const webhookId = newId.webhook();
const credentialId = newId.credential();
const authorityId = newId.authority();
const incidentId = newId.incident();
const responseId = newId.response();
const commandId = newId.command();
const approvalId = newId.approval();
const registrationId = newId.registration();
const bootstrapId = newId.bootstrap();
const updateId = newId.update();
const policyId = 'only-california' as JournalPayloads['policy.removed']['policyId'];
const evidence = { at: 0, text: 'outside California', values: [] };

/** A payload of every type, and what its sentence must say. */
const examples: { readonly [T in JournalType]: readonly [JournalPayloads[T], ...string[]] } = {
  'server.started': [{ version: '0.1.0' }, '0.1.0'],
  'server.keys-logged': [{ file: '/tmp/keys' }, '/tmp/keys'],
  'store.alarm': [{ reason: 'the disk is full' }, 'the disk is full'],
  'store.backed-up': [{ bytes: 4096 }, 'Ada', '4096'],
  'artifact.added': [{ name: 'pump', version: '2.0', bytes: 77 }, 'Ada', 'pump 2.0', '77'],
  'artifact.removed': [{ name: 'pump', version: '2.0' }, 'Ada', 'pump 2.0'],
  'update.started': [{ updateId, artifact: 'pump 2.0', path: '/5/0' }, 'Ada', 'TRUCK', 'pump 2.0', '/5/0'],
  'update.delivering': [{ updateId, artifact: 'pump 2.0', delivery: 'push' }, 'TRUCK', 'pump 2.0', 'sent'],
  'update.installing': [{ updateId, artifact: 'pump 2.0' }, 'TRUCK', 'pump 2.0'],
  'update.ended': [{ updateId, artifact: 'pump 2.0', state: 'failed', detail: 'no RAM' }, 'TRUCK', 'failed', 'no RAM'],
  'frames.set': [{ link: '1A2B3C', newKey: true }, 'Ada', '1A2B3C', 'with a new key'],
  'frames.removed': [{ link: '1A2B3C' }, 'Ada', '1A2B3C'],
  'frame-layout.set': [{ name: 'tank' }, 'Ada', 'tank'],
  'frame-layout.removed': [{ name: 'tank' }, 'Ada', 'tank'],
  'device.added': [{ endpoint: 'truck-1' }, 'Ada', 'truck-1'],
  'device.changed': [{ fields: ['labels', 'site'] }, 'Ada', 'labels, site', 'TRUCK'],
  'device.removed': [{ endpoint: 'truck-1' }, 'Ada', 'truck-1'],
  'credential.set': [{ identity: 'id-1' }, 'Ada', 'id-1', 'TRUCK'],
  'credential.rotated': [
    { identity: 'id-1', credentialId, kind: 'raw-key', replaced: credentialId },
    'Ada',
    'id-1',
    'TRUCK',
    'raw public key',
  ],
  'credential.removed': [
    { identity: 'id-1', credentialId, kind: 'certificate' },
    'Ada',
    'id-1',
    'TRUCK',
    'certificate',
  ],
  'credential.expired': [{ identity: 'id-1', credentialId, kind: 'psk' }, 'id-1', 'TRUCK'],
  'model.added': [
    { objectId: 32_770, version: '1.0', name: 'Pump', replaced: false },
    'Ada',
    'added',
    '32770 Pump',
    '1.0',
  ],
  'model.removed': [{ objectId: 32_770, version: '1.0', name: 'Pump' }, 'Ada', 'removed', '32770 Pump', '1.0'],
  'authority.added': [{ authorityId, name: 'fleet', fingerprint: 'ab12' }, 'Ada', 'fleet', 'ab12'],
  'authority.changed': [{ authorityId, name: 'fleet', fields: ['mapping'] }, 'Ada', 'fleet', 'mapping'],
  'authority.removed': [{ authorityId, name: 'fleet', credentials: 3 }, 'Ada', 'fleet', '3'],
  'revocation.updated': [
    { authorityId, name: 'fleet', revoked: 4, issuedAt: 0, dueAt: 86_400_000 },
    'fleet',
    '4',
    '1970-01-01',
    '1970-01-02',
  ],
  'revocation.alarm': [{ authorityId, name: 'fleet', reason: 'it is stale' }, 'fleet', 'it is stale'],
  'certificate.revoked': [{ subject: 'CN=x', authority: 'fleet' }, 'TRUCK', 'CN=x', 'fleet'],
  'certificate.admitted': [{ until: 86_400_000, reason: 'on its way' }, 'Ada', 'TRUCK', '1970-01-02', 'on its way'],
  'certificate.admission-ended': [{}, 'Ada', 'TRUCK'],
  'server.key-replaced': [{ fingerprint: 'ab12' }, 'ab12', 'must be told'],
  'server.certificate-loaded': [{ subject: 'CN=s', fingerprint: 'ab', notAfter: 86_400_000 }, 'CN=s', '1970-01-02'],
  'server.certificate-alarm': [{ file: '/c.pem', reason: 'it is gone' }, '/c.pem', 'it is gone'],
  'session.ended': [
    { identity: 'id-1', address: '[::1]:5', reason: 'its key is gone' },
    'TRUCK',
    'id-1',
    '[::1]:5',
    'its key is gone',
  ],
  'bootstrap.started': [{ bootstrapId, address: '[::1]:5', group: 'pumps' }, 'TRUCK', '[::1]:5', 'pumps'],
  'bootstrap.finished': [{ bootstrapId, group: 'pumps' }, 'TRUCK'],
  'bootstrap.failed': [{ bootstrapId, reason: 'wrote /0/1: 4.00' }, 'TRUCK', 'wrote /0/1: 4.00'],
  'bootstrap.template-set': [{ name: 'pumps' }, 'Ada', 'pumps'],
  'bootstrap.template-removed': [{ name: 'pumps' }, 'Ada', 'pumps'],
  'bootstrap.account-keys-set': [{ shortServerId: 9 }, 'Ada', 'TRUCK', '9'],
  'bootstrap.account-keys-removed': [{ shortServerId: 9 }, 'Ada', 'TRUCK', '9'],
  'deployment.queued': [{ paths: ['/3/0/15'] }, 'TRUCK', '/3/0/15'],
  'deployment.unreadable': [{ group: 'pumps' }, 'TRUCK', 'pumps'],
  'registration.registered': [
    { registrationId, address: '[::1]:5', lifetime: 300, version: '1.1' },
    'TRUCK',
    '[::1]:5',
    '300 s',
    '1.1',
  ],
  'registration.deregistered': [{ registrationId }, 'TRUCK'],
  'registration.expired': [{ registrationId, lastContactAt: 0 }, 'TRUCK', '1970-01-01T00:00:00Z'],
  'registration.changed': [{ registrationId, fields: ['lifetime'] }, 'TRUCK', 'lifetime'],
  'refusal.counted': [
    { check: 'wrong key', address: '[::1]:5', identity: 'id-1', endpoint: 'truck-1', count: 3 },
    '3 connections',
    'wrong key',
    '[::1]:5',
    'id-1',
    'truck-1',
  ],
  'observation.refused': [{ path: '/3/0/9', reason: '4.04' }, 'TRUCK', '/3/0/9', '4.04'],
  'rule.transition': [
    {
      policyId,
      policyVersion: 1,
      ruleId: 'state',
      ruleKey: 'k',
      from: 'ok',
      to: 'breached',
      text: 'outside',
      evidence,
    },
    'state',
    'only-california',
    'ok',
    'breached',
    'outside',
    'TRUCK',
  ],
  'policy.applied': [{ policyId, version: 4, mode: 'enforce' }, 'Ada', 'only-california', '4', 'enforce'],
  'policy.removed': [{ policyId }, 'Ada', 'only-california'],
  'incident.opened': [
    { incidentId, policyId, ruleId: 'state', rule: 'stay in California', evidence },
    incidentId,
    'only-california',
    'stay in California',
    'TRUCK',
  ],
  'incident.evidence': [{ incidentId, evidence }, incidentId, 'outside California'],
  'incident.acknowledged': [{ incidentId }, 'Ada', incidentId],
  'incident.cleared': [{ incidentId, text: 'back' }, incidentId, 'back'],
  'incident.reopened': [{ incidentId, text: 'gone' }, incidentId, 'gone'],
  'incident.close-requested': [{ incidentId }, 'Ada asked to close', incidentId],
  'incident.quiet': [{ incidentId }, incidentId],
  'incident.closed': [{ incidentId, reason: 'solved' }, 'Ada', incidentId, 'solved'],
  'lock.requested': [{ held: false }, 'Ada', 'not to keep', 'TRUCK'],
  'lock.retry-due': [{ failures: 2 }, 'TRUCK', 'attempt 2', 'again'],
  'response.started': [
    { responseId, incidentId, kind: 'lock', until: 60_000 },
    'lock TRUCK',
    incidentId,
    '1970-01-01T00:01:00Z',
  ],
  'response.step': [{ responseId, text: 'wrote /8/0/0' }, 'TRUCK', 'wrote /8/0/0'],
  'response.locked': [{ responseId, text: 'it says so' }, 'TRUCK is locked', 'it says so'],
  'response.releasing': [{ responseId, reason: 'cause gone' }, 'TRUCK', 'cause gone'],
  'response.released': [{ responseId, text: 'proved' }, 'TRUCK', 'proved'],
  'response.failed': [{ responseId, text: '4.05' }, 'TRUCK', 'failed', '4.05'],
  'response.lease-ended': [{ responseId }, 'TRUCK', 'over'],
  'response.attention': [{ responseId, text: 'the time is over' }, 'TRUCK', 'the time is over'],
  'approval.requested': [
    { approvalId, incidentId, action: 'lock', reason: 'over the cap' },
    'lock TRUCK',
    incidentId,
    'over the cap',
  ],
  'approval.decision-requested': [
    { approvalId, incidentId, decision: 'denied' },
    'Ada asked',
    incidentId,
    'TRUCK',
    'denied',
  ],
  'approval.decided': [{ approvalId, incidentId, decision: 'denied' }, 'Ada denied', incidentId, 'TRUCK'],
  'command.queued': [{ commandId, operation: 'read /3/0/9', incidentId }, 'Ada', 'read /3/0/9', 'TRUCK', incidentId],
  'command.sent': [{ commandId, attempt: 2 }, commandId, 'attempt 2', 'TRUCK'],
  'device.woken': [{ commandId, number: '+4915112345678', error: 'answered 503' }, 'TRUCK', '+4915', commandId, '503'],
  'command.requeued': [{ commandId, reason: 'no session' }, commandId, 'no session'],
  'command.cancelling': [{ commandId }, commandId],
  'command.finished': [
    { commandId, state: 'failed', code: '4.04', text: 'answered 4.04' },
    commandId,
    'failed: answered 4.04',
  ],
  'person.added': [{ name: 'Bob' }, 'Ada', 'Bob'],
  'person.link-made': [{ name: 'Bob' }, 'Ada', 'Bob'],
  'person.signed-in': [{ name: 'Bob' }, 'Bob'],
  'person.signed-out': [{ name: 'Bob' }, 'Bob'],
  'token.created': [{ name: 'ci', scope: 'read' }, 'Ada', 'ci', 'read'],
  'token.revoked': [{ name: 'ci' }, 'Ada', 'ci'],
  'token.held-back': [
    { name: 'ci', scope: 'read', needed: 'admin', request: 'GET /api/v1/tokens' },
    'ci',
    'read',
    'admin',
    'GET /api/v1/tokens',
  ],
  'webhook.added': [{ webhookId, url: 'https://example.org' }, 'Ada', 'https://example.org'],
  'webhook.removed': [{ webhookId, url: 'https://example.org' }, 'Ada', 'https://example.org'],
  'notice.dead': [{ webhookId, type: 'incident.opened', error: 'refused' }, 'HOOK', 'incident.opened', 'refused'],
};

const names: Names = {
  device: (id: DeviceId) => (id === deviceId ? 'TRUCK' : undefined),
  webhook: (id) => (id === webhookId ? 'HOOK' : undefined),
};

const fields = {
  at: 0,
  seq: 1 as Seq,
  version: 1,
  organisationId: newId.organisation(),
  actor: { kind: 'person', name: 'Ada' },
} as const;

const entryOf = <T extends JournalType>(type: T, payload: JournalPayloads[T]): JournalEntry =>
  // Type and payload belong together; the compiler does not follow that through a generic.
  ({ ...fields, deviceId, type, payload }) as JournalEntry;

describe('describeEntry', () => {
  const types = Object.keys(journalVersions) as JournalType[];

  it.each(types)('says in a sentence all that matters of %s', (type) => {
    const [payload, ...mustSay] = examples[type];
    const text = describeEntry(entryOf(type, payload), names);
    for (const part of mustSay) expect(text).toContain(part);
    expect(text).toMatch(/[.!?]$/);
    expect(text).not.toMatch(/undefined|null|\[object/);
  });

  it('falls back on ids where it knows no names', () => {
    expect(describeEntry(entryOf('registration.deregistered', { registrationId }))).toBe(`${deviceId} de-registered.`);
  });

  it('says who acted, whatever they are', () => {
    const by = (kind: 'token' | 'policy' | 'server') =>
      describeEntry({ ...fields, actor: { kind, name: 'x' }, type: 'incident.acknowledged', payload: { incidentId } });
    expect(by('token')).toMatch(/^Token x acknowledged/);
    expect(by('policy')).toMatch(/^Policy x acknowledged/);
    expect(by('server')).toMatch(/^The server acknowledged/);
  });

  it('leaves out what is not there', () => {
    const text = describeEntry(entryOf('refusal.counted', { check: 'no such key', address: '[::1]:5', count: 1 }));
    expect(text).toBe('Refused a connection from [::1]:5: no such key.');
  });
});
