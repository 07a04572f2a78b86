import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import type { BootstrapAccount, BootstrapKeys, BootstrapTemplate } from '@reeve/contract';
import type { OrganisationId } from '../ids.ts';
import { oscoreFault } from '../link/oscore-port.ts';
import type { StoredAccount, StoredTemplate } from '../store/bootstrap-tables.ts';
import { SealError, type SealedPlace, type Sealer } from '../store/sealing.ts';
import type { Row } from '../store/tables.ts';
import type { AccountKeys } from './account-keys.ts';
import { filledText } from './placeholders.ts';
import type { AccountSecurity } from './plan.ts';

/** Whose template it is. */
interface Owner {
  readonly organisationId: OrganisationId;
  readonly name: string;
}

type Security = NonNullable<BootstrapAccount['security']>;

/** What the keys of each mode are made of. */
const PARTS: Readonly<Record<Security, readonly (keyof BootstrapKeys)[]>> = {
  psk: ['identity', 'key'],
  'raw-key': ['publicKey', 'privateKey', 'serverPublicKey'],
  certificate: ['publicKey', 'privateKey', 'serverPublicKey'],
  oscore: ['key', 'senderId', 'recipientId'],
  none: [],
};
/** Algorithms of OSCORE that every implementation has: AES-CCM-16-64-128, HMAC with SHA-256. */
const OSCORE = { aead: 10, hmac: 5 } as const;

/** What is wrong with the keys of an account on a server elsewhere, in words that follow "the keys". */
export function keysFault({ security = 'psk', keys = {} }: BootstrapAccount): string | undefined {
  const parts = PARTS[security];
  const lacking = parts.filter((part) => !keys[part]);
  if (lacking.length > 0) return `lack ${lacking.join(' and ')}, which a server elsewhere needs with ${security}`;
  const allowed: readonly string[] = security === 'oscore' ? [...parts, 'salt'] : parts;
  const strange = Object.keys(keys).filter((part) => !allowed.includes(part));
  if (strange.length > 0) return `have ${strange.join(' and ')}, which ${security} does not know`;
  const { senderId = '', recipientId = '' } = keys;
  if (security === 'oscore') return oscoreFault({ senderId, recipientId, ...OSCORE });
  return security === 'psk' || security === 'none' ? undefined : derFault(security, keys);
}

function derFault(security: 'raw-key' | 'certificate', keys: BootstrapKeys): string | undefined {
  const { publicKey = '', privateKey = '', serverPublicKey = '' } = keys;
  const der = (text: string) => Buffer.from(text, 'base64');
  try {
    createPrivateKey({ key: der(privateKey), format: 'der', type: 'pkcs8' });
    for (const shown of [der(publicKey), der(serverPublicKey)]) {
      if (security === 'certificate') new X509Certificate(shown);
      else createPublicKey({ key: shown, format: 'der', type: 'spki' });
    }
    return undefined;
  } catch {
    return 'are not what they should be: PKCS #8, and SubjectPublicKeyInfo or certificates, in DER and base64';
  }
}

/** Keeps the keys of templates for servers elsewhere: given by an operator, sealed here, and told to devices alone. */
export class ElsewhereKeys {
  readonly #sealer: Sealer;
  readonly #own: AccountKeys;

  constructor(sealer: Sealer, own: AccountKeys) {
    this.#sealer = sealer;
    this.#own = own;
  }

  /** A template with the keys that were given before in the place of those that stand as `{}`. */
  completed(template: BootstrapTemplate, before: Row<'bootstrapTemplates'> | undefined): BootstrapTemplate {
    const accounts = template.accounts.map((account) => {
      if (!account.keys || Object.keys(account.keys).length > 0 || !before) return account;
      const { shortServerId, uri, security = 'psk' } = account;
      const same = before.template.accounts.find(
        (one) => one.shortServerId === shortServerId && one.uri === uri && (one.security ?? 'psk') === security,
      );
      const keys = same && this.#open(same, before);
      return keys ? { ...account, keys } : account;
    });
    return { ...template, accounts };
  }

  sealed(template: BootstrapTemplate, owner: Owner): StoredTemplate {
    const accounts = template.accounts.map(({ keys, ...account }) => {
      if (!keys) return account;
      const bytes = this.#sealer.seal(Buffer.from(JSON.stringify(keys)), placeOf(owner, account.shortServerId));
      return { ...account, sealedKeys: Buffer.from(bytes).toString('base64') };
    });
    return { ...template, accounts };
  }

  /** What a device is given for an account: by keys of its own, else by those of its template. @returns why there is nothing in words */
  async offer(account: StoredAccount, owner: Owner, device: Row<'devices'>): Promise<AccountSecurity | string> {
    const { security = 'psk', shortServerId } = account;
    if (security === 'none') return { mode: 'none' };
    const own = await this.#own.of(device, shortServerId);
    if (!own && account.sealedKeys === undefined) return withoutKeys(shortServerId);
    return offerOf(account, own ? own.keys : this.#open(account, owner), device);
  }

  #open({ sealedKeys, shortServerId }: StoredAccount, owner: Owner): BootstrapKeys | undefined {
    if (sealedKeys === undefined) return undefined;
    try {
      const bytes = this.#sealer.open(Buffer.from(sealedKeys, 'base64'), placeOf(owner, shortServerId));
      return JSON.parse(Buffer.from(bytes).toString()) as BootstrapKeys;
    } catch (error) {
      if (error instanceof SealError) return undefined;
      throw error;
    }
  }
}

/** Why a device is given nothing for an account that neither it nor its template has keys for. */
export function withoutKeys(shortServerId: number): string {
  return `neither the device nor its template has keys for server ${shortServerId}`;
}

/**
 * What a device is told of an account.
 *
 * @param keys undefined if they do not open
 * @returns why there is nothing in words
 */
export function offerOf(
  account: StoredAccount,
  keys: BootstrapKeys | undefined,
  device: Row<'devices'>,
): AccountSecurity | string {
  const { security = 'psk', shortServerId } = account;
  const fault = keys ? keysFault({ ...account, keys }) : 'do not open';
  if (!keys || fault !== undefined) return `the keys for server ${shortServerId} ${fault}`;
  const { identity = '', key = '', publicKey = '', privateKey = '', serverPublicKey = '' } = keys;
  const der = (text: string) => Buffer.from(text, 'base64');
  switch (security) {
    case 'none':
      return { mode: 'none' };
    case 'psk': {
      const filled = filledText(identity, device);
      if (filled === undefined) return `the identity for server ${shortServerId} needs what is not known of the device`;
      return { mode: 'psk', identity: Buffer.from(filled), key: Buffer.from(key, 'hex') };
    }
    case 'oscore': {
      const { senderId = '', recipientId = '', salt = '' } = keys;
      return { mode: 'oscore', secret: Buffer.from(key, 'hex'), terms: { senderId, recipientId, salt, ...OSCORE } };
    }
    case 'raw-key':
      return {
        ...{ mode: security, publicKey: der(publicKey), privateKey: der(privateKey) },
        serverPublicKey: der(serverPublicKey),
      };
    case 'certificate':
      return {
        ...{ mode: security, certificate: der(publicKey), privateKey: der(privateKey) },
        serverCertificate: der(serverPublicKey),
      };
  }
}

/** As people see it: that there are keys and secret values, and nothing of them. */
export function shown({ sealedValues: _, sealedResources: __, ...template }: StoredTemplate): BootstrapTemplate {
  const accounts = template.accounts.map(({ sealedKeys, ...account }) =>
    sealedKeys === undefined ? account : { ...account, keys: {} },
  );
  return { ...template, accounts };
}

function placeOf({ organisationId, name }: Owner, shortServerId: number): SealedPlace {
  return { table: 'bootstrapTemplates', row: `${organisationId} ${name} ${shortServerId}`, column: 'template' };
}
