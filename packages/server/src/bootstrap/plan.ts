import type { BootstrapAccess, BootstrapAccount, BootstrapTemplate } from '@reeve/contract';
import type { BootstrapInventory, EnablerVersion } from '@reeve/lwm2m';
import type { LinkRecord } from '../link/port.ts';

/** What a device proves itself to a server with, and the server to it (LwM2M Core Appendix E.1, /0/x/2 … /0/x/5). */
export type AccountSecurity =
  | { readonly mode: 'psk'; readonly identity: Uint8Array; readonly key: Uint8Array }
  | {
      readonly mode: 'raw-key';
      /** SubjectPublicKeyInfo in DER. */
      readonly publicKey: Uint8Array;
      /** PKCS #8 in DER. */
      readonly privateKey: Uint8Array;
      /** SubjectPublicKeyInfo in DER. */
      readonly serverPublicKey: Uint8Array;
    }
  | {
      readonly mode: 'certificate';
      /** DER. */
      readonly certificate: Uint8Array;
      /** PKCS #8 in DER. */
      readonly privateKey: Uint8Array;
      /** DER: exactly what the server has to show (certificate usage 3, the default). */
      readonly serverCertificate: Uint8Array;
    }
  | { readonly mode: 'none' };

/** An account of the template with all that it lacked. */
interface ReadyAccount extends BootstrapAccount {
  readonly uri: string;
  readonly secured: AccountSecurity;
}

/** What a device is given. */
export interface Configuration {
  readonly template: BootstrapTemplate;
  readonly accounts: readonly ReadyAccount[];
  /** The next pre-shared key of the bootstrap account itself. */
  readonly renewed?: Extract<AccountSecurity, { mode: 'psk' }>;
  /** The template's resources, in the type of each. */
  readonly resources: readonly LinkRecord[];
}

/** One request to the device, before a content format is chosen for it. */
export type PlannedOperation =
  | { readonly kind: 'discover'; readonly path: '/' }
  | { readonly kind: 'delete'; readonly path: string }
  | { readonly kind: 'write'; readonly path: string; readonly records: readonly LinkRecord[] }
  | { readonly kind: 'read'; readonly path: string }
  | { readonly kind: 'finish' };

type Write = Extract<PlannedOperation, { kind: 'write' }>;

const SECURITY = 0;
/** Where clients keep the account of the bootstrap server, if they do not say (OMA Core §6.1.7.3 has no rule). */
const CUSTOMARY_INSTANCE = 0;

/**
 * Everything that follows a Bootstrap-Discover, in the order that all clients take: delete, accounts with their security
 * first, access control, other resources, Finish.
 *
 * @param inventory what the device listed; undefined if it was not asked, or did not say
 */
export function planOf(configuration: Configuration, inventory: BootstrapInventory | undefined): PlannedOperation[] {
  const { template } = configuration;
  const { clear = 'accounts', verify = false, access = [] } = template;
  const deleted = clear === 'all' ? ['/'] : ['/0', '/1', ...(access.length > 0 ? ['/2'] : [])];
  return [
    ...deleted.map((path) => ({ kind: 'delete', path }) as const),
    ...writesOf(configuration, keptInstances(inventory), inventory?.version),
    ...(verify ? [{ kind: 'read', path: '/1' } as const] : []),
    ...renewalOf(configuration, inventory),
    { kind: 'finish' },
  ];
}

/**
 * The next key of the bootstrap account, last of all, so that whatever fails before leaves that account as it was. Only
 * where the device says which instance it is: any other one is never touched.
 */
function renewalOf({ renewed }: Configuration, inventory: BootstrapInventory | undefined): Write[] {
  const [instance, ...others] = bootstrapAccounts(inventory);
  if (!renewed || instance === undefined || others.length > 0) return [];
  return (
    [
      [3, renewed.identity],
      [5, renewed.key],
    ] as const
  ).map(([resource, bytes]) => {
    const path = `/0/${instance}/${resource}`;
    return writeOf(path, [[path, { type: 'opaque', value: Buffer.from(bytes).toString('base64') }]]);
  });
}

/** All writes as one set of values, for a Bootstrap-Pack. @param kept instances of the account of the bootstrap server */
export function packOf(configuration: Configuration, kept: readonly string[]): LinkRecord[] {
  const instances = kept.flatMap((path) => {
    const instance = /^\/0\/(\d+)$/.exec(path)?.[1];
    return instance === undefined ? [] : [Number(instance)];
  });
  const writes = writesOf(configuration, new Set(instances.length > 0 ? instances : [CUSTOMARY_INSTANCE]), '1.2');
  return writes.flatMap(({ records }) => records);
}

/** Instances of Security that are not ours to write: the account of the bootstrap server is kept for life (BS-3, BS-4). */
function keptInstances(inventory: BootstrapInventory | undefined): ReadonlySet<number> {
  const kept = bootstrapAccounts(inventory);
  return new Set(kept.length > 0 ? kept : [CUSTOMARY_INSTANCE]);
}

function bootstrapAccounts(inventory: BootstrapInventory | undefined): number[] {
  return (inventory?.instances ?? [])
    .filter(({ objectId, shortServerId }) => objectId === SECURITY && shortServerId === undefined)
    .map(({ instanceId }) => instanceId);
}

function writesOf(
  { template, accounts, resources }: Configuration,
  kept: ReadonlySet<number>,
  version: EnablerVersion | undefined,
): Write[] {
  const free = Array.from({ length: accounts.length + kept.size }, (_, id) => id).filter((id) => !kept.has(id));
  const { access = [] } = template;
  return [
    ...accounts.map((account, index) => securityWrite(account, free[index] ?? index)),
    ...accounts.map((account, index) => serverWrite(account, index, version)),
    ...access.map(accessWrite),
    ...resources.map(({ path, stored }) => writeOf(path, [[path, stored]])),
  ];
}

type Field = readonly [resource: number | string, type: string, value: string | number | boolean | undefined];

function instanceWrite(path: string, fields: readonly Field[]): Write {
  const given = fields.flatMap(([resource, type, value]) =>
    value === undefined ? [] : [[`${path}/${resource}`, { type, value }] as const],
  );
  return writeOf(path, given);
}

function writeOf(path: string, records: readonly (readonly [string, LinkRecord['stored']])[]): Write {
  return { kind: 'write', path, records: records.map(([at, stored]) => ({ path: at, stored })) };
}

const MODES = { psk: 0, 'raw-key': 1, certificate: 2, none: 3 } as const;

/**
 * An instance of Security. Keys that a mode has no use for are written empty, as they are mandatory resources: Leshan's
 * client fails without them (OMA Core Appendix E.1).
 */
function securityWrite({ uri, shortServerId, holdOff, secured }: ReadyAccount, instance: number): Write {
  return instanceWrite(`/0/${instance}`, [
    [0, 'string', uri],
    [1, 'boolean', false],
    [2, 'integer', MODES[secured.mode]],
    ...secretsOf(secured),
    [10, 'integer', shortServerId],
    [11, 'integer', holdOff],
  ]);
}

function secretsOf(secured: AccountSecurity): Field[] {
  switch (secured.mode) {
    case 'none':
      return keysOf(NOTHING, NOTHING, NOTHING);
    case 'psk':
      return keysOf(secured.identity, NOTHING, secured.key);
    case 'raw-key':
      return keysOf(secured.publicKey, secured.serverPublicKey, secured.privateKey);
    case 'certificate':
      return keysOf(secured.certificate, secured.serverCertificate, secured.privateKey);
  }
}

const NOTHING = new Uint8Array();

function keysOf(ours: Uint8Array, servers: Uint8Array, secret: Uint8Array): Field[] {
  return [ours, servers, secret].map((bytes, index) => [3 + index, 'opaque', Buffer.from(bytes).toString('base64')]);
}

/**
 * An instance of Server. Since 1.1 a device that is not told otherwise may not Send (Mute Send, /1/x/23); one that did not
 * say its version is told nothing that 1.0 does not have.
 */
function serverWrite(account: ReadyAccount, instance: number, version: EnablerVersion | undefined): Write {
  const { mute = false } = account;
  const { shortServerId, lifetime = 86_400, minPeriod, maxPeriod, disableTimeout, storing = true, binding } = account;
  return instanceWrite(`/1/${instance}`, [
    [0, 'integer', shortServerId],
    [1, 'integer', lifetime],
    [2, 'integer', minPeriod],
    [3, 'integer', maxPeriod],
    [5, 'integer', disableTimeout],
    [6, 'boolean', storing],
    [7, 'string', binding ?? 'U'],
    [23, 'boolean', version === '1.1' || version === '1.2' ? mute : undefined],
  ]);
}

function accessWrite({ objectId, instanceId, owner, rights }: BootstrapAccess, instance: number): Write {
  return instanceWrite(`/2/${instance}`, [
    [0, 'integer', objectId],
    [1, 'integer', instanceId],
    ...Object.entries(rights).map(([server, bits]): Field => [`2/${server}`, 'integer', bits]),
    [3, 'integer', owner],
  ]);
}
