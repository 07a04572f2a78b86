import type { AccountSecurity, BootstrapKeys } from '@reeve/contract';

/** What is typed for one part of the keys of an account. */
interface KeyField {
  readonly name: keyof BootstrapKeys;
  readonly label: string;
  /** It may be left empty. */
  readonly optional?: boolean;
  /** Several lines, with a frame that the API does not want. */
  readonly pem?: boolean;
}

const pair = (what: string): readonly KeyField[] => [
  { name: 'publicKey', label: `${what} of the device, PEM`, pem: true },
  { name: 'privateKey', label: 'Private key of the device, PEM (PKCS #8)', pem: true },
  { name: 'serverPublicKey', label: `${what} of the server, PEM`, pem: true },
];

/** What the keys of an account are made of. */
export const keyFields: Readonly<Record<AccountSecurity, readonly KeyField[]>> = {
  psk: [
    { name: 'identity', label: 'Identity' },
    { name: 'key', label: 'Key in hex' },
  ],
  'raw-key': pair('Public key'),
  certificate: pair('Certificate'),
  oscore: [
    { name: 'key', label: 'Master Secret in hex' },
    { name: 'senderId', label: 'Sender ID in hex' },
    { name: 'recipientId', label: 'Recipient ID in hex' },
    { name: 'salt', label: 'Master Salt in hex', optional: true },
  ],
  none: [],
};

/** What was typed, as the API takes it: PEM without its frame; undefined while something lacks. */
export function keysOf(security: AccountSecurity, texts: Readonly<Record<string, string>>): BootstrapKeys | undefined {
  const keys: BootstrapKeys = {};
  for (const { name, optional = false, pem = false } of keyFields[security]) {
    const text = (texts[name] ?? '').trim();
    if (text === '' && optional) continue;
    if (text === '') return undefined;
    keys[name] = pem ? text.replace(/-----[^-]+-----|\s/g, '') : text;
  }
  return keys;
}
