import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import type { ServerIdentity } from '@reeve/contract';
import { type Certificate, parseCertificate, readPem } from '@reeve/dtls';
import type { ConfigFile } from '../config-file.ts';
import type { LinkIdentity } from '../link/port.ts';
import { CURVES } from './encoded.ts';

/** Where a certificate chain of the server and its key lie, and by which names it is asked for. */
export type IdentityFiles = NonNullable<ConfigFile['identities']>[number];

/** A chain as it was read. */
interface Loaded {
  readonly link: LinkIdentity;
  readonly view: Omit<ServerIdentity['certificates'][number], 'lastError'>;
  /** When and how large the files were. */
  readonly stamp: string;
}

/** The certificate chain of one identity of the server; what was read last is used until a newer one can be. */
export class CertificateFiles {
  readonly #files: IdentityFiles;
  #loaded: Loaded;
  #lastError: string | undefined;
  /** Files that could not be read are tried again when they change. */
  #tried: string;

  private constructor(files: IdentityFiles, loaded: Loaded) {
    this.#files = files;
    this.#loaded = loaded;
    this.#tried = loaded.stamp;
  }

  /** @throws Error that names the file and what is wrong with it */
  static async open(files: IdentityFiles): Promise<CertificateFiles> {
    return new CertificateFiles(files, await load(files));
  }

  get link(): LinkIdentity {
    return this.#loaded.link;
  }

  get view(): ServerIdentity['certificates'][number] {
    return { ...this.#loaded.view, ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }) };
  }

  /**
   * Reads the files again if they changed. @param force even if they seem the same
   * @returns what came of it, undefined if nothing
   */
  async refresh(force = false): Promise<'loaded' | 'failed' | undefined> {
    const stamp = await stampOf(this.#files).catch((error: Error) => `missing: ${error.message}`);
    if (stamp === this.#tried && !force) return undefined;
    this.#tried = stamp;
    const before = this.#lastError;
    try {
      const loaded = await load(this.#files);
      const same = isDeepStrictEqual(loaded.link, this.#loaded.link) && before === undefined;
      this.#loaded = loaded;
      this.#lastError = undefined;
      return same ? undefined : 'loaded';
    } catch (error) {
      this.#lastError = error instanceof Error ? error.message : String(error);
      return this.#lastError === before ? undefined : 'failed';
    }
  }
}

async function load(files: IdentityFiles): Promise<Loaded> {
  const { serverNames, certificate: file, key: keyFile } = files;
  const stamp = await stampOf(files);
  const { text: cert, certificates } = await readPemFile(file);
  const leaf = leafOf(file, certificates);
  const { text: keyText, privateKeys } = await readPemFile(keyFile);
  const [key] = privateKeys;
  if (!key) throw new Error(`${keyFile} holds no private key`);
  if (!CURVES.has(key.asymmetricKeyDetails?.namedCurve ?? '')) {
    throw new Error(`${keyFile} holds no ECDSA key on P-256 or P-384, which the cipher suites need`);
  }
  if (!publicKeyOf(key).equals(leaf.publicKey)) {
    throw new Error(`${keyFile} is not the key of the first certificate in ${file}`);
  }
  try {
    // The rest of the chain too: TLS takes all of it or none.
    createSecureContext({ cert, key: keyText });
  } catch (error) {
    throw new Error(`${file} can't be used: ${error instanceof Error ? error.message : error}`);
  }
  return {
    stamp,
    link: {
      certificates,
      privateKey: key.export({ format: 'der', type: 'pkcs8' }),
      ...(serverNames === undefined ? {} : { serverNames }),
    },
    view: {
      serverNames: serverNames ?? [],
      subject: leaf.subject.text,
      fingerprint: leaf.fingerprint,
      notAfter: leaf.notAfter,
      file,
    },
  };
}

const publicKeyOf = (key: KeyObject): Buffer => createPublicKey(key).export({ format: 'der', type: 'spki' });

async function readPemFile(file: string) {
  const text = await readFile(file, 'utf8');
  const pem = readPem(text);
  if (!pem.ok) throw new Error(`${file} can't be read: ${pem.detail}`);
  return { ...pem, text };
}

function leafOf(file: string, [first]: readonly Uint8Array[]): Certificate {
  if (!first) throw new Error(`${file} holds no certificate`);
  const parsed = parseCertificate(first);
  if (!parsed.ok) throw new Error(`${file} can't be used: ${parsed.detail}`);
  return parsed.certificate;
}

async function stampOf({ certificate, key }: IdentityFiles): Promise<string> {
  const stats = await Promise.all([stat(certificate), stat(key)]);
  return stats.map(({ ino, size, mtimeMs }) => `${ino} ${size} ${mtimeMs}`).join();
}
