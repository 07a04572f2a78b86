import type { Actor, CredentialKind } from '@reeve/contract';
import type { DeviceId, WebhookId } from '../ids.ts';
import type { JournalEntry, JournalPayloads, JournalType } from './entries.ts';

/** How people call what an entry names by its id; the id itself serves where no name is known. */
export interface Names {
  device?(id: DeviceId): string | undefined;
  webhook?(id: WebhookId): string | undefined;
}

/** Who did it, on what, and what names there are. */
interface Context {
  readonly actor: string;
  /** Name of the entry's device. */
  readonly device: string;
  readonly names: Names;
}

type Words = { readonly [T in JournalType]: (payload: JournalPayloads[T], context: Context) => string };

const listed = (items: readonly string[]): string => items.join(', ');
/** An addition only where there is something to add. */
const where = (text: string | undefined, say: (text: string) => string): string => (text ? say(text) : '');
const instant = (millis: number): string => new Date(millis).toISOString().replace(/\.\d+Z$/, 'Z');

const updateEnds = {
  running: 'goes on',
  succeeded: 'succeeded',
  unconfirmed: 'is not confirmed',
  failed: 'failed',
  cancelled: 'was cancelled',
} as const;

const words: Words = {
  'server.started': ({ version }) => `The server started, version ${version}.`,
  'server.keys-logged': ({ file }) =>
    `The server writes the keys of all DTLS sessions to ${file}: whoever reads that file can read what devices say.`,
  'store.alarm': ({ reason }) => `The store needs attention: ${reason}.`,
  'store.backed-up': ({ bytes }, { actor }) => `${actor} took a backup of ${bytes} bytes.`,

  'frames.set': ({ link, newKey }, { actor, device }) =>
    `${actor} let ${device} send frames as ${link}${newKey ? ' with a new key' : ''}.`,
  'frames.removed': ({ link }, { actor, device }) => `${actor} takes no more frames of ${device}, which was ${link}.`,
  'frame-layout.set': ({ name }, { actor }) => `${actor} set the layout of frames ${name}.`,
  'frame-layout.removed': ({ name }, { actor }) => `${actor} removed the layout of frames ${name}.`,

  'artifact.added': ({ name, version, bytes }, { actor }) =>
    `${actor} added the artifact ${name} ${version} of ${bytes} bytes.`,
  'artifact.removed': ({ name, version }, { actor }) => `${actor} removed the artifact ${name} ${version}.`,
  'update.started': ({ artifact, path }, { actor, device }) => `${actor} updates ${path} of ${device} to ${artifact}.`,
  'update.delivering': ({ artifact, delivery }, { device }) =>
    delivery === 'push' ? `${artifact} is sent to ${device}.` : `${device} was told where to fetch ${artifact}.`,
  'update.installing': ({ artifact }, { device }) => `${device} was told to install ${artifact}.`,
  'update.ended': ({ artifact, state, detail }, { device }) =>
    `The update of ${device} to ${artifact} ${updateEnds[state]}: ${detail}.`,

  'device.added': ({ endpoint }, { actor }) => `${actor} added the device ${endpoint}.`,
  'device.changed': ({ fields }, { actor, device }) => `${actor} changed ${listed(fields)} of ${device}.`,
  'device.removed': ({ endpoint }, { actor }) => `${actor} removed the device ${endpoint}.`,
  'credential.set': ({ identity, kind = 'psk' }, { actor, device }) =>
    kind === 'psk'
      ? `${actor} set the key of ${device} for identity ${identity}.`
      : `${actor} gave ${device} the ${kindWords[kind]} ${identity}.`,
  'credential.rotated': ({ identity, kind }, { actor, device }) =>
    `${actor} replaced the ${kindWords[kind]} of ${device} (${identity}); sessions with the old one ended.`,
  'credential.removed': ({ identity, kind }, { actor, device }) =>
    `${actor} took its ${kindWords[kind]} (${identity}) from ${device}; its sessions ended.`,
  'credential.expired': ({ identity, kind }, { device }) =>
    `The time of the ${kindWords[kind]} (${identity}) of ${device} is over; its sessions ended.`,

  'model.added': ({ objectId, version, name, replaced }, { actor }) =>
    `${actor} ${replaced ? 'replaced' : 'added'} the definition of object ${objectId} ${name}, version ${version}.`,
  'model.removed': ({ objectId, version, name }, { actor }) =>
    `${actor} removed the definition of object ${objectId} ${name}, version ${version}.`,
  'authority.added': ({ name, fingerprint }, { actor }) =>
    `${actor} trusts the certificate authority ${name} (sha256:${fingerprint}).`,
  'authority.changed': ({ name, fields }, { actor }) =>
    `${actor} changed ${listed(fields)} of the certificate authority ${name}.`,
  'authority.removed': ({ name, credentials }, { actor }) =>
    `${actor} trusts the certificate authority ${name} no longer; ${credentials} credentials went with it.`,
  'revocation.updated': ({ name, revoked, issuedAt, dueAt }) =>
    `A revocation list of ${name} of ${instant(issuedAt)} is here; it names ${revoked} certificates, and the next is due ${instant(dueAt)}.`,
  'revocation.alarm': ({ name, reason }) => `The certificate authority ${name} needs attention: ${reason}.`,
  'certificate.revoked': ({ subject, authority }, { device }) =>
    `${authority} revoked the certificate ${subject} of ${device}; its sessions ended.`,
  'certificate.admitted': ({ until, reason }, { actor, device }) =>
    `${actor} admits the expired certificate of ${device} until ${instant(until)}: ${reason}`,
  'certificate.admission-ended': (_, { actor, device }) =>
    `${actor} no longer admits the expired certificate of ${device}.`,
  'server.key-replaced': ({ fingerprint }) =>
    `The raw key of the server could not be opened, and is now sha256:${fingerprint}: devices with a raw key must be told.`,
  'server.certificate-loaded': ({ subject, notAfter }) =>
    `The server proves itself with the certificate ${subject}, good until ${instant(notAfter)}.`,
  'server.certificate-alarm': ({ file, reason }) => `The server's certificate in ${file} needs attention: ${reason}.`,

  'session.ended': ({ identity, address, reason }, { device }) =>
    `The session of ${device} (identity ${identity}, ${address}) was ended: ${reason}.`,

  'bootstrap.started': ({ address, group }, { device }) =>
    `${device} asked from ${address} to be bootstrapped, and is given what the group ${group} is given.`,
  'bootstrap.finished': (_, { device }) => `${device} was bootstrapped.`,
  'bootstrap.failed': ({ reason }, { device }) => `Bootstrapping ${device} failed: ${reason}.`,
  'bootstrap.template-set': ({ name }, { actor }) => `${actor} changed what the devices of group ${name} are given.`,
  'bootstrap.template-removed': ({ name }, { actor }) =>
    `${actor} removed the template of group ${name}: its devices are given the default one.`,
  'bootstrap.account-keys-set': ({ shortServerId }, { actor, device }) =>
    `${actor} gave ${device} keys of its own for server ${shortServerId}.`,
  'bootstrap.account-keys-removed': ({ shortServerId }, { actor, device }) =>
    `${actor} took the keys of its own for server ${shortServerId} from ${device}.`,
  'deployment.queued': ({ paths }, { device }) =>
    `The values of its deployment are written to ${device}: ${listed(paths)}.`,
  'deployment.unreadable': ({ group }, { device }) => {
    const [whose, advice] =
      group === undefined
        ? ['its own secret ones', 'remove the device and add it again']
        : [`the secret ones of the group ${group}`, 'set them in its template again'];
    return `The values of its deployment wait, and are not written to ${device}: ${whose} do not open with the sealing key. Bring back the key that they were sealed with, or ${advice}.`;
  },

  'registration.registered': ({ address, lifetime, version, replaced, gateway }, { device }) =>
    gateway === undefined
      ? `${device} registered${replaced ? ' again' : ''} from ${address} with LwM2M ${version}, ` +
        `${lifetime === 0 ? 'without an end' : `for ${lifetime} s`}.`
      : `${device} came behind the gateway ${gateway}.`,
  'registration.deregistered': (_, { device }) => `${device} de-registered.`,
  'registration.expired': ({ lastContactAt }, { device }) =>
    `The registration of ${device} expired; last contact ${instant(lastContactAt)}.`,
  'registration.changed': ({ fields }, { device }) => `${device} updated its registration: ${listed(fields)}.`,

  'refusal.counted': ({ check, address, identity, endpoint, count }) =>
    `Refused ${count === 1 ? 'a connection' : `${count} connections`} from ${address}` +
    `${where(identity, (text) => ` as identity ${text}`)}${where(endpoint, (text) => ` for endpoint ${text}`)}: ${check}.`,
  'observation.refused': ({ path, reason }, { device }) => `${device} refused to be observed at ${path}: ${reason}.`,

  'rule.transition': ({ policyId, ruleId, from, to, text }, { device }) =>
    `Rule ${ruleId} of ${policyId} went from ${from} to ${to} for ${device}: ${text}`,

  'policy.applied': ({ policyId, version, mode }, { actor }) =>
    `${actor} applied policy ${policyId}, version ${version}, to ${mode}.`,
  'policy.removed': ({ policyId }, { actor }) => `${actor} removed policy ${policyId}.`,

  'incident.opened': ({ incidentId, policyId, rule }, { device }) =>
    `Incident ${incidentId} opened: ${device} breaks ${policyId}: ${rule}`,
  'incident.evidence': ({ incidentId, evidence }) => `New evidence in incident ${incidentId}: ${evidence.text}`,
  'incident.acknowledged': ({ incidentId }, { actor }) => `${actor} acknowledged incident ${incidentId}.`,
  'incident.cleared': ({ incidentId, text }) => `The cause of incident ${incidentId} is gone: ${text}`,
  'incident.reopened': ({ incidentId, text }) => `Incident ${incidentId} is open again: ${text}`,
  'incident.close-requested': ({ incidentId }, { actor }) => `${actor} asked to close incident ${incidentId}.`,
  'incident.quiet': ({ incidentId }) => `The cause of incident ${incidentId} has stayed away long enough to close it.`,
  'incident.closed': ({ incidentId, reason }, { actor }) => `${actor} closed incident ${incidentId}: ${reason}`,

  'lock.requested': ({ held }, { actor, device }) =>
    `${actor} asked ${held ? 'to keep' : 'not to keep'} ${device} locked.`,
  'lock.retry-due': ({ failures }, { device }) =>
    `The lock of ${device} could not be undone, attempt ${failures}: it is tried again.`,
  'response.started': ({ incidentId, kind, until }, { actor, device }) =>
    `${actor} began to ${kind} ${device}${where(incidentId, (id) => ` because of incident ${id}`)}` +
    `${until === undefined ? '' : `, until ${instant(until)} at the latest`}.`,
  'response.step': ({ text }, { device }) => `Lock of ${device}: ${text}`,
  'response.locked': ({ text }, { device }) => `${device} is locked: ${text}`,
  'response.releasing': ({ reason }, { device }) => `The lock of ${device} is being undone: ${reason}`,
  'response.released': ({ text }, { device }) => `The lock of ${device} ended: ${text}`,
  'response.failed': ({ text }, { device }) => `The lock of ${device} failed: ${text}`,
  'response.lease-ended': (_, { device }) => `The longest time for the lock of ${device} is over.`,
  'response.attention': ({ text }, { device }) => `Someone must look at ${device}: ${text}`,

  'approval.requested': ({ action, reason, incidentId }, { device }) =>
    `Approval is needed to ${action} ${device} (incident ${incidentId}): ${reason}`,
  'approval.decision-requested': ({ decision, incidentId }, { actor, device }) =>
    `${actor} asked to have the response on ${device} (incident ${incidentId}) ${decision}.`,
  'approval.decided': ({ decision, incidentId }, { actor, device }) =>
    decision === 'obsolete'
      ? `The approval for ${device} (incident ${incidentId}) is no longer needed.`
      : `${actor} ${decision} the response on ${device} (incident ${incidentId}).`,

  'command.queued': ({ commandId, operation, incidentId }, { actor, device }) =>
    `${actor} queued ${operation} for ${device}${where(incidentId, (id) => ` because of incident ${id}`)} (${commandId}).`,
  'command.sent': ({ commandId, attempt }, { device }) =>
    `Command ${commandId} was sent to ${device}${attempt > 1 ? `, attempt ${attempt}` : ''}.`,
  'device.woken': ({ commandId, number, error }, { device }) =>
    error === undefined
      ? `${device} was sent an SMS to ${number} to wake up for command ${commandId}.`
      : `${device} could not be sent an SMS to ${number} for command ${commandId}: ${error}.`,
  'command.requeued': ({ commandId, reason }) => `Command ${commandId} waits again: ${reason}`,
  'command.cancelling': ({ commandId }, { actor }) =>
    `${actor} cancelled command ${commandId} while it was under way: it is not sent again.`,
  'command.finished': ({ commandId, state, text }) => {
    const end = commandEnds[state];
    return `Command ${commandId}: ${text.startsWith(end) ? text : `${end}: ${text}`}`;
  },

  'person.added': ({ name }, { actor }) => `${actor} added the person ${name}.`,
  'person.link-made': ({ name }, { actor }) => `${actor} made a sign-in link for ${name}.`,
  'person.signed-in': ({ name }) => `${name} signed in.`,
  'person.signed-out': ({ name }) => `${name} signed out.`,
  'token.created': ({ name, scope = 'admin' }, { actor }) =>
    `${actor} created the token ${name} with the scope ${scope}.`,
  'token.revoked': ({ name }, { actor }) => `${actor} revoked the token ${name}.`,
  'token.held-back': ({ name, scope, needed, request }) =>
    `The token ${name} was refused ${request}, which needs the scope ${needed}: it has ${scope}.`,

  'webhook.added': ({ url }, { actor }) => `${actor} added the webhook ${url}.`,
  'webhook.removed': ({ url }, { actor }) => `${actor} removed the webhook ${url}.`,
  'notice.dead': ({ webhookId, type, error }, { names }) =>
    `A notice of ${type} could not be delivered to ${names.webhook?.(webhookId) ?? webhookId} and was given up: ${error}`,
};

const kindWords: Readonly<Record<CredentialKind, string>> = {
  psk: 'pre-shared key',
  'raw-key': 'raw public key',
  certificate: 'certificate',
  oscore: 'OSCORE secret',
};

const commandEnds: Readonly<Record<JournalPayloads['command.finished']['state'], string>> = {
  answered: 'answered',
  failed: 'failed',
  expired: 'expired before it was sent',
  cancelled: 'cancelled',
  'outcome-unknown': 'outcome unknown',
};

const actorWords: Readonly<Record<Actor['kind'], (name: string) => string>> = {
  person: (name) => name,
  token: (name) => `Token ${name}`,
  policy: (name) => `Policy ${name}`,
  device: (name) => `Device ${name}`,
  server: () => 'The server',
};

function say<T extends JournalType>(entry: JournalEntry<T>, context: Context): string {
  return words[entry.type](entry.payload, context);
}

/** A journal entry as a sentence, for console, CLI and notices. */
export function describeEntry(entry: JournalEntry, names: Names = {}): string {
  const { actor, deviceId } = entry;
  const device = deviceId === undefined ? 'a device' : (names.device?.(deviceId) ?? deviceId);
  const text = say(entry, { actor: actorWords[actor.kind](actor.name), device, names });
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
