import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Where a sealed value belongs. It opens nowhere else. */
export interface SealedPlace {
  readonly table: string;
  /** The row's primary key as text. */
  readonly row: string;
  readonly column: string;
}

/**
 * `key-file`: the sealing key's file is missing, malformed or open to others. `unknown-key`: sealed with a key that is not
 * here. `broken`: the value was changed, or belongs to another place.
 */
export type SealErrorKind = 'key-file' | 'unknown-key' | 'broken';

/** Why a value can't be opened, or the key can't be used; names keys by their fingerprint, never by their bytes. */
export class SealError extends Error {
  readonly kind: SealErrorKind;

  constructor(kind: SealErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SealError';
    this.kind = kind;
  }
}

/** Encrypts secrets at rest, each bound to its table, row and column. */
export interface Sealer {
  /** Fingerprint of the key that seals: the first 8 bytes of its SHA-256 in hex. */
  readonly fingerprint: string;
  seal(secret: Uint8Array, place: SealedPlace): Uint8Array;
  /** @throws SealError `unknown-key` or `broken` */
  open(sealed: Uint8Array, place: SealedPlace): Uint8Array;
  /** What only the same secret at the same place has, and nobody without the key makes: to compare with later. */
  digest(secret: Uint8Array, place: SealedPlace): Uint8Array;
}

export interface SealerOptions {
  /** File of the current key: 32 random bytes, mode 0600. Made if absent, unless something is sealed. */
  readonly keyFile: string;
  /** Fingerprint of the key that something is sealed with. */
  readonly sealed?: string;
  /** Files of keys that still open what they sealed. */
  readonly oldKeyFiles?: readonly string[];
}

// A sealed value: version (1 byte), key id (8), nonce (12), ciphertext, tag (16). AES-256-GCM, NIST SP 800-38D.
const VERSION = 1;
const KEY_BYTES = 32;
const KEY_ID_END = 9;
const NONCE_END = 21;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';
/** Sets the key of digests apart from the one that seals (RFC 5869 §3.2). */
const DIGEST_INFO = 'reeve digest v1';

interface SealingKey {
  readonly id: Buffer;
  readonly secret: KeyObject;
  readonly digesting: KeyObject;
}

/**
 * Reads the sealing keys, and makes the current one if its file is absent and nothing is sealed yet. The new key is on the disk before this
 * resolves, since what it seals can't be opened without it.
 *
 * @throws SealError `key-file`
 */
export async function openSealer({ keyFile, sealed, oldKeyFiles = [] }: SealerOptions): Promise<Sealer> {
  const present = await readKey(keyFile);
  if (!present && sealed !== undefined) {
    throw new SealError('key-file', `there is no sealing key at ${keyFile}: what is stored is sealed with ${sealed}`);
  }
  const current = present ?? (await makeKey(keyFile));
  const keys = new Map([[current.id.toString('hex'), current]]);
  for (const file of oldKeyFiles) {
    const key = await readKey(file);
    if (!key) throw new SealError('key-file', `there is no sealing key at ${file}`);
    keys.set(key.id.toString('hex'), key);
  }
  return {
    fingerprint: current.id.toString('hex'),
    seal: (secret, place) => seal(current, secret, place),
    open: (sealed, place) => unseal(keys, sealed, place),
    digest: (secret, place) => createHmac('sha256', current.digesting).update(boundTo(place)).update(secret).digest(),
  };
}

/**
 * Fingerprint of the sealing key in a file; undefined if there is none.
 *
 * @throws SealError `key-file`
 */
export async function keyFingerprint(keyFile: string): Promise<string | undefined> {
  return (await readKey(keyFile))?.id.toString('hex');
}

/** Fingerprint of the key that a value was sealed with. */
export function sealedWith(sealed: Uint8Array): string {
  return Buffer.from(sealed.subarray(1, KEY_ID_END)).toString('hex');
}

async function readKey(file: string): Promise<SealingKey | undefined> {
  const found = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw new SealError('key-file', `cannot read the sealing key ${file}: ${cause.message}`, { cause });
  });
  if (!found) return undefined;
  if ((found.mode & 0o077) !== 0) {
    throw new SealError('key-file', `others may read the sealing key ${file}: run chmod 600 ${file}`);
  }
  if (found.size !== KEY_BYTES) {
    throw new SealError('key-file', `the sealing key ${file} has ${found.size} bytes instead of ${KEY_BYTES}`);
  }
  return sealingKey(await readFile(file));
}

/** Writes the key beside its place and links it in, so that a crash leaves either no key or a whole one. */
async function makeKey(file: string): Promise<SealingKey> {
  const bytes = randomBytes(KEY_BYTES);
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeDurably(draft, bytes);
    try {
      await link(draft, file);
    } finally {
      await unlink(draft);
    }
    await syncFolder(dirname(file));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SealError('key-file', `cannot make the sealing key ${file}: ${why}`, { cause });
  }
  return sealingKey(bytes);
}

async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function sealingKey(bytes: Buffer): SealingKey {
  const id = createHash('sha256').update(bytes).digest().subarray(0, 8);
  const secret = createSecretKey(bytes);
  const digesting = createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', DIGEST_INFO, KEY_BYTES)));
  bytes.fill(0);
  return { id, secret, digesting };
}

/** JSON keeps the parts apart: no two places have the same text. */
const boundTo = ({ table, row, column }: SealedPlace): Buffer => Buffer.from(JSON.stringify([table, row, column]));

function seal(key: SealingKey, secret: Uint8Array, place: SealedPlace): Uint8Array {
  const nonce = randomBytes(12);
  const cipher = createCipheriv(CIPHER, key.secret, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(place));
  const head = Buffer.concat([Uint8Array.of(VERSION), key.id, nonce]);
  return Buffer.concat([head, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
}

function unseal(keys: ReadonlyMap<string, SealingKey>, sealed: Uint8Array, place: SealedPlace): Uint8Array {
  const where = `${place.table}.${place.column} of ${place.row}`;
  if (sealed.length < NONCE_END + TAG_BYTES || sealed[0] !== VERSION) {
    throw new SealError('broken', `${where} is not a sealed value of version ${VERSION}`);
  }
  const fingerprint = sealedWith(sealed);
  const key = keys.get(fingerprint);
  if (!key) {
    const present = [...keys.keys()].join(', ');
    throw new SealError('unknown-key', `${where} is sealed with key ${fingerprint}; here are: ${present}`);
  }
  const decipher = createDecipheriv(CIPHER, key.secret, sealed.subarray(KEY_ID_END, NONCE_END), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(boundTo(place));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_END, -TAG_BYTES)), decipher.final()]);
  } catch (cause) {
    throw new SealError('broken', `${where} does not open with key ${fingerprint}: changed, or of another place`, {
      cause,
    });
  }
}
