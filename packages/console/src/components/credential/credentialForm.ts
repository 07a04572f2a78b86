import { type CredentialAdd, type CredentialPurpose, compact } from '@reeve/contract';

/** What a device may prove itself with, as people choose it. */
export const ways = [
  { value: 'psk', label: 'Pre-shared key' },
  { value: 'oscore', label: 'OSCORE secret' },
  { value: 'raw-key', label: 'Raw public key' },
  { value: 'certificate', label: 'Exactly this certificate' },
  { value: 'authority', label: 'Certificate under an authority' },
] as const;
export type Way = (typeof ways)[number]['value'];

export const purposes: readonly { readonly value: CredentialPurpose; readonly label: string }[] = [
  { value: 'management', label: 'register' },
  { value: 'bootstrap', label: 'be bootstrapped' },
  { value: 'both', label: 'register and be bootstrapped' },
];

/** A credential as a person is about to describe it: what the fields hold. */
export interface CredentialDraft {
  readonly way: Way;
  readonly purpose: CredentialPurpose;
  readonly sameKey: boolean;
  /** Of the other fields, by their names in the API. */
  readonly texts: Readonly<Record<string, string>>;
}

export const emptyCredential: CredentialDraft = { way: 'psk', purpose: 'management', sameKey: false, texts: {} };

/** The credential that the fields describe; whether it is a good one, the server says. */
export function credentialOf({ way, purpose, sameKey, texts }: CredentialDraft): CredentialAdd {
  const text = (name: string) => texts[name]?.trim() || undefined;
  const bytes = (name: string) => text(name)?.replace(/[\s:]/g, '');
  const whole = (name: string) => (text(name) === undefined ? undefined : Number(text(name)));
  const common = {
    purpose: purpose === 'management' ? undefined : purpose,
    validFrom: instantOf(text('validFrom')),
    validUntil: instantOf(text('validUntil')),
    suites: text('suites')?.split(/[\s,]+/),
  };
  switch (way) {
    case 'psk':
      return { kind: 'psk', ...compact({ ...common, identity: text('identity'), key: bytes('key') }) };
    case 'oscore': {
      const oscore = compact({
        senderId: bytes('senderId'),
        recipientId: bytes('recipientId'),
        salt: bytes('salt'),
        idContext: bytes('idContext'),
        aead: whole('aead'),
        hmac: whole('hmac'),
      });
      const named = Object.keys(oscore).length > 0;
      return { kind: 'oscore', ...compact({ ...common, key: bytes('key'), oscore: named ? oscore : undefined }) };
    }
    case 'raw-key':
      return { kind: 'raw-key', ...compact({ ...common, publicKey: text('publicKey') }) };
    case 'certificate':
      return {
        kind: 'certificate',
        ...compact({ ...common, certificate: text('certificate'), sameKey: sameKey || undefined }),
      };
    case 'authority':
      return { kind: 'certificate', ...compact({ ...common, authority: text('authority'), name: text('name') }) };
  }
}

/** What a field for date and time holds, in ms, in the reader's zone. */
export function instantOf(local: string | undefined): number | undefined {
  const at = local === undefined ? Number.NaN : new Date(local).getTime();
  return Number.isNaN(at) ? undefined : at;
}
