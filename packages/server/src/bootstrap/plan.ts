import type { BootstrapAccess } from '@reeve/contract';
import type { BootstrapInventory, EnablerVersion } from '@reeve/lwm2m';
import type { LinkRecord } from '../link/port.ts';
import type { StoredAccount, StoredTemplate } from '../store/bootstrap-tables.ts';

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
  /** No DTLS: each message is protected by itself. */
  | { readonly mode: 'oscore'; readonly secret: Uint8Array; readonly terms: OscoreContext }
  | { readonly mode: 'none' };

/** What goes with a master secret, in hex and from the device's side (RFC 8613 §3.2). */
interface OscoreContext {
  readonly senderId: string;
  readonly recipientId: string;
  readonly salt: string;
  readonly idContext?: string;
  /** COSE numbers. */
  readonly aead: number;
  readonly hmac: number;
}

/** An account of the template with all that it lacked. */
interface ReadyAccount extends Omit<StoredAccount, 'sealedKeys'> {
  readonly uri: string;
  readonly secured: AccountSecurity;
}

/** What a device is given. */
export interface Configuration {
  readonly template: StoredTemplate;
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
const OSCORE = 21;
/** Where clients keep what the bootstrap account is made of, if they do not say (OMA Core §6.1.7.3 has no rule). */
const CUSTOMARY_INSTANCE = 0;

/**
 * Everything that follows a Bootstrap-Discover, in the order that all clients take: delete, accounts with their security
 * first, access control, other resources, Finish.
 *
 * @param inventory what the device listed; undefined if it was not asked, or did not say
 */
export function planOf(configuration: Configuration, inventory: BootstrapInventory | undefined): PlannedOperation[] {
  const { accounts, template } = configuration;
  const { clear = 'accounts', verify = false, access = [] } = template;
  const contexts = accounts.some(({ secured }) => secured.mode === 'oscore');
  const those = ['/0', '/1', ...(access.length > 0 ? ['/2'] : []), ...(contexts ? ['/21'] : [])];
  const deleted = clear === 'all' ? ['/'] : those;
  return [
    ...deleted.map((path) => ({ kind: 'delete', path }) as const),
    ...writesOf(configuration, (object) => keptInstances(object, inventory), inventory?.version),
    ...(verify ? [{ kind: 'read', path: '/1' } as const] : []),
    ...renewalOf(configuration, inventory),
    { kind: 'finish' },
  ];
}

/**
 * The next identity and key of the bootstrap account, last of all, so that whatever fails before leaves that account as it
 * was; in one write, so that there is never one without the other. A Bootstrap-Write leaves alone what it does not name
 * (LwM2M Core §6.1.7.4). Only where the device says which instance it is: any other one is never touched.
 */
function renewalOf({ renewed }: Configuration, inventory: BootstrapInventory | undefined): Write[] {
  const [instance, ...others] = ofBootstrapAccounts(SECURITY, inventory);
  if (!renewed || instance === undefined || others.length > 0) return [];
  const opaque = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return [
    instanceWrite(`/0/${instance}`, [
      [3, 'opaque', opaque(renewed.identity)],
      [5, 'opaque', opaque(renewed.key)],
    ]),
  ];
}

/** All writes as one set of values, for a Bootstrap-Pack. @param kept instances of the account of the bootstrap server */
export function packOf(configuration: Configuration, kept: readonly string[]): LinkRecord[] {
  const keptOf = (object: number) => {
    const instances = kept.filter((path) => path.startsWith(`/${object}/`)).map((path) => Number(path.split('/')[2]));
    return new Set(instances.length > 0 ? instances : [CUSTOMARY_INSTANCE]);
  };
  const writes = writesOf(configuration, keptOf, '1.2');
  return writes.flatMap(({ records }) => records);
}

/**
 * Instances of Security, or of OSCORE, that are not ours to write: the account of the bootstrap server is kept for life
 * (BS-3, BS-4).
 */
function keptInstances(object: number, inventory: BootstrapInventory | undefined): ReadonlySet<number> {
  const kept = ofBootstrapAccounts(object, inventory);
  return new Set(kept.length > 0 ? kept : [CUSTOMARY_INSTANCE]);
}

function ofBootstrapAccounts(object: number, inventory: BootstrapInventory | undefined): number[] {
  return (inventory?.instances ?? [])
    .filter(({ objectId, shortServerId }) => objectId === object && shortServerId === undefined)
    .map(({ instanceId }) => instanceId);
}

function writesOf(
  { template, accounts, resources }: Configuration,
  keptOf: (object: number) => ReadonlySet<number>,
  version: EnablerVersion | undefined,
): Write[] {
  const freeOf = (object: number): number[] => {
    const kept = keptOf(object);
    return Array.from({ length: accounts.length + kept.size }, (_, id) => id).filter((id) => !kept.has(id));
  };
  const [instances, contexts] = [freeOf(SECURITY), freeOf(OSCORE)];
  const { access = [] } = template;
  return [
    ...accounts.flatMap(({ secured }, index) =>
      secured.mode === 'oscore' ? [contextWrite(secured, contexts[index] ?? index)] : [],
    ),
    ...accounts.map((account, index) => securityWrite(account, instances[index] ?? index, contexts[index] ?? index)),
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

const MODES = { psk: 0, 'raw-key': 1, certificate: 2, oscore: 3, none: 3 } as const;

/**
 * An instance of Security. Keys that a mode has no use for are written empty, as they are mandatory resources: Leshan's
 * client fails without them (OMA Core Appendix E.1).
 *
 * @param context instance of OSCORE that it points at, if it is one of that
 */
function securityWrite(account: ReadyAccount, instance: number, context: number): Write {
  const { uri, shortServerId, holdOff, secured } = account;
  return instanceWrite(`/0/${instance}`, [
    [0, 'string', uri],
    [1, 'boolean', false],
    [2, 'integer', MODES[secured.mode]],
    ...secretsOf(secured),
    [10, 'integer', shortServerId],
    [11, 'integer', holdOff],
    [17, 'objlnk', secured.mode === 'oscore' ? `${OSCORE}:${context}` : undefined],
  ]);
}

/** An instance of OSCORE (LwM2M Transport §5.4). */
function contextWrite({ secret, terms }: Extract<AccountSecurity, { mode: 'oscore' }>, instance: number): Write {
  const { senderId, recipientId, salt, idContext, aead, hmac } = terms;
  const opaque = (hex: string) => Buffer.from(hex, 'hex').toString('base64');
  return instanceWrite(`/${OSCORE}/${instance}`, [
    [0, 'opaque', Buffer.from(secret).toString('base64')],
    [1, 'opaque', opaque(senderId)],
    [2, 'opaque', opaque(recipientId)],
    [3, 'integer', aead],
    [4, 'integer', hmac],
    [5, 'opaque', salt === '' ? undefined : opaque(salt)],
    [6, 'opaque', idContext === undefined ? undefined : opaque(idContext)],
  ]);
}

function secretsOf(secured: AccountSecurity): Field[] {
  switch (secured.mode) {
    case 'oscore':
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
