import { pooledRandom } from './randomness.ts';

declare const brand: unique symbol;
/** A string that only its own constructor makes, so that identifiers cannot be mixed up. */
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type OrganisationId = Branded<'OrganisationId'>;
export type DeviceId = Branded<'DeviceId'>;
export type CredentialId = Branded<'CredentialId'>;
export type BootstrapId = Branded<'BootstrapId'>;
export type AuthorityId = Branded<'AuthorityId'>;
/** Also the `<id>` of the registration's location `/rd/<id>`: at most 16 ASCII bytes. */
export type RegistrationId = Branded<'RegistrationId'>;
export type CommandId = Branded<'CommandId'>;
export type PolicyId = Branded<'PolicyId'>;
export type IncidentId = Branded<'IncidentId'>;
export type ResponseId = Branded<'ResponseId'>;
export type ApprovalId = Branded<'ApprovalId'>;
export type PersonId = Branded<'PersonId'>;
export type TokenId = Branded<'TokenId'>;
export type WebhookId = Branded<'WebhookId'>;
export type ArtifactId = Branded<'ArtifactId'>;
export type UpdateId = Branded<'UpdateId'>;
export type DeliveryId = Branded<'DeliveryId'>;
export type HandshakeId = Branded<'HandshakeId'>;

/** Position in the journal: 1, 2, 3 … without reuse. */
export type Seq = number & { readonly [brand]: 'Seq' };
/** Milliseconds since the Unix epoch. */
export type Millis = number;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** Any two of them: each addition makes a text of its own, and a registration has a name too. */
const PAIRS = Array.from(ALPHABET).flatMap((first) => Array.from(ALPHABET, (second) => first + second));

const random = pooledRandom();

/** @param length an even number of characters */
function randomText(length: number): string {
  const bytes = random(length);
  let text = '';
  for (let at = 0; at < length; at += 2) text += PAIRS[(((bytes[at] ?? 0) & 31) << 5) | ((bytes[at + 1] ?? 0) & 31)];
  return text;
}

/** A fresh random identifier: a short prefix that says what it names, and 60 or more random bits. */
export const newId = {
  organisation: () => `org-${randomText(12)}` as OrganisationId,
  device: () => `dev-${randomText(12)}` as DeviceId,
  /** An identity of a pre-shared key that says nothing of its device. */
  pskIdentity: () => randomText(16),
  bootstrap: () => `boot-${randomText(12)}` as BootstrapId,
  credential: () => `cred-${randomText(12)}` as CredentialId,
  authority: () => `ca-${randomText(12)}` as AuthorityId,
  registration: () => randomText(12) as RegistrationId,
  command: () => `cmd-${randomText(14)}` as CommandId,
  incident: () => `inc-${randomText(12)}` as IncidentId,
  response: () => `resp-${randomText(12)}` as ResponseId,
  approval: () => `appr-${randomText(12)}` as ApprovalId,
  person: () => `person-${randomText(12)}` as PersonId,
  token: () => `tok-${randomText(12)}` as TokenId,
  webhook: () => `hook-${randomText(12)}` as WebhookId,
  artifact: () => `art-${randomText(12)}` as ArtifactId,
  update: () => `upd-${randomText(12)}` as UpdateId,
  delivery: () => `dlv-${randomText(14)}` as DeliveryId,
  handshake: () => `hs-${randomText(12)}` as HandshakeId,
};
