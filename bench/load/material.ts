/** Keys and certificates of one run: a root, a server and devices under it, all on P-256. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXTENDED_KEY_USAGE, issue, type TestIdentity } from '../../packages/dtls/src/x509/testing.ts';
import { generatedPsk } from '../../peers/leshan/driver.ts';

/** DER in base64. */
export interface HeldKey {
  readonly certificate: string;
  readonly publicKey: string;
  /** PKCS #8. */
  readonly privateKey: string;
}

/** What the file for our own programs holds. */
export interface Material {
  readonly root: string;
  readonly server: HeldKey;
  /** By their numbers; the common name is the endpoint name. */
  readonly devices: readonly HeldKey[];
}

/** The files of one run. */
export interface MaterialFiles {
  /** A `Material` in JSON. */
  readonly all: string;
  /** PEM. */
  readonly root: string;
  readonly certificate: string;
  readonly key: string;
  remove(): void;
}

const LOOPBACK = Buffer.of(127, 0, 0, 1);
const { serverAuth, clientAuth } = EXTENDED_KEY_USAGE;

function held({ certificate, publicKey, privateKey }: TestIdentity): HeldKey {
  return {
    certificate: certificate.toString('base64'),
    publicKey: publicKey.toString('base64'),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
  };
}

export function readMaterial(file: string): Material {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Makes keys and certificates for so many devices. */
export function makeMaterial(devices: number): MaterialFiles {
  const root = issue({ subject: 'Benchmark root', ca: true });
  const names = { subject: 'localhost', dns: ['localhost'], ips: [LOOPBACK] };
  const server = issue({ ...names, issuer: root, extendedKeyUsage: [serverAuth] });
  const material: Material = {
    root: root.certificate.toString('base64'),
    server: held(server),
    devices: Array.from({ length: devices }, (_, index) =>
      held(issue({ subject: generatedPsk(index).identity, issuer: root, extendedKeyUsage: [clientAuth] })),
    ),
  };
  const folder = mkdtempSync(join(tmpdir(), 'reeve-bench-keys-'));
  const write = (name: string, text: string) => {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  return {
    all: write('material.json', JSON.stringify(material)),
    root: write('root.pem', root.pem.certificate),
    certificate: write('server.pem', server.pem.certificate),
    key: write('server.key', server.pem.privateKey),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
