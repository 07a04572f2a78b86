/** Keys and certificates of both sides, for our endpoints and in files for the peers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXTENDED_KEY_USAGE, issue, newKeys, pem, type TestIdentity } from '../x509/testing.ts';
import type { Mode } from './modes.ts';

/** Who the client is by its pre-shared key. Of letters and digits, for GnuTLS's file has separators. */
export const IDENTITY = 'dev1';
/** In hexadecimal; also text, for libcoap's command lines take no other. */
export const PSK = Buffer.from('sixteen byte key').toString('hex');

/** Certificates of both sides under one root. */
export interface Material {
  readonly root: TestIdentity;
  readonly server: TestIdentity;
  readonly client: TestIdentity;
}

const LOOPBACK = Buffer.from([127, 0, 0, 1]);

function material(keys: () => ReturnType<typeof newKeys.p256>): Material {
  const root = issue({ subject: 'Root', ca: true, keys: keys() });
  const { serverAuth, clientAuth } = EXTENDED_KEY_USAGE;
  const server = issue({
    ...{ subject: 'localhost', dns: ['localhost'], ips: [LOOPBACK], issuer: root, keys: keys() },
    extendedKeyUsage: [serverAuth],
  });
  const client = issue({ subject: 'device-1', issuer: root, keys: keys(), extendedKeyUsage: [clientAuth] });
  return { root, server, client };
}

export const MATERIAL = { secp256r1: material(newKeys.p256), secp384r1: material(newKeys.p384) } as const;
type Curve = keyof typeof MATERIAL;

/** Where the keys of a mode's certificates and raw keys are. */
export const curveOf = ({ feature }: Mode): Curve => (feature === 'secp384r1' ? 'secp384r1' : 'secp256r1');

/** Paths of PEM files of one side. */
export interface CredentialFiles {
  readonly certificate: string;
  readonly key: string;
  readonly publicKey: string;
  /** Private and public key, the former in the form of SEC 1. */
  readonly keyPair: string;
  /** Of the root of both sides. */
  readonly ca: string;
  /** The raw public key of the other side. */
  readonly peerKey: string;
}

/** A folder with what the peers read. */
export class PeerFolder {
  readonly path: string = mkdtempSync(join(tmpdir(), 'dtls-peers-'));

  constructor() {
    this.write('psk', `${IDENTITY}:${PSK}\n`);
    for (const curve of ['secp256r1', 'secp384r1'] as const) {
      for (const side of ['root', 'server', 'client'] as const) {
        const { pem: texts, publicKey, privateKey } = MATERIAL[curve][side];
        const sec1 = privateKey.export({ type: 'sec1', format: 'pem' }).toString();
        this.write(`${curve}-${side}.pem`, texts.certificate);
        this.write(`${curve}-${side}.key`, texts.privateKey);
        this.write(`${curve}-${side}.pub`, pem('PUBLIC KEY', publicKey));
        this.write(`${curve}-${side}.pair`, `${sec1}${pem('PUBLIC KEY', publicKey)}`);
      }
    }
  }

  write(name: string, text: string): string {
    const file = join(this.path, name);
    writeFileSync(file, text);
    return file;
  }

  files(side: 'client' | 'server', mode: Mode): CredentialFiles {
    const curve = curveOf(mode);
    const file = (who: string, kind: string): string => join(this.path, `${curve}-${who}.${kind}`);
    return {
      certificate: file(side, 'pem'),
      key: file(side, 'key'),
      publicKey: file(side, 'pub'),
      keyPair: file(side, 'pair'),
      ca: file('root', 'pem'),
      peerKey: file(side === 'client' ? 'server' : 'client', 'pub'),
    };
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}
