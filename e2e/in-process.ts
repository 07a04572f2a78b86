import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Api, createApi } from '@reeve/contract';
import {
  defaultPorts,
  type Listener,
  openCloningLink,
  openWorkerLink,
  type RunningServer,
  type ServerConfig,
  startServer,
} from '@reeve/server';
import type { TestIdentity } from '../packages/dtls/src/x509/testing.ts';

type Transport = Listener['transport'];

interface Options {
  readonly link?: ServerConfig['link'];
  readonly sms?: ServerConfig['sms'];
  /** Sockets, each on a port of its own. */
  readonly listen: readonly (Transport | Omit<Listener, 'host' | 'port'>)[];
  /** Certificates of the server, with the names that each is for; none: for every other name. */
  readonly identities?: readonly { readonly identity: TestIdentity; readonly serverNames?: string[] }[];
}

/** A server in the process of the test, with data of its own: for tests that never kill it. */
export class InProcessServer implements AsyncDisposable {
  readonly #folder: string;
  readonly #config: ServerConfig;
  #server: RunningServer;

  private constructor(folder: string, config: ServerConfig, server: RunningServer) {
    this.#folder = folder;
    this.#config = config;
    this.#server = server;
  }

  static async start({ link = 'main', sms, listen, identities = [] }: Options): Promise<InProcessServer> {
    const folder = mkdtempSync(join(tmpdir(), 'reeve-in-process-'));
    const files = identities.map(({ identity, serverNames }, n) => {
      const paths = { certificate: join(folder, `${n}.pem`), key: join(folder, `${n}.key`) };
      writeFileSync(paths.certificate, identity.pem.chain);
      writeFileSync(paths.key, identity.pem.privateKey, { mode: 0o600 });
      return { ...paths, ...(serverNames ? { serverNames } : {}) };
    });
    const config: ServerConfig = {
      dataFolder: join(folder, 'data'),
      listen: listen.map((one) => ({
        ...(typeof one === 'string' ? { transport: one } : one),
        host: '127.0.0.1',
        port: 0,
      })),
      identities: files,
      http: { host: '127.0.0.1', port: 0 },
      link,
      ...(sms && { sms }),
      logLevel: 'silent',
    };
    return new InProcessServer(folder, config, await open(config));
  }

  /** Stops it and starts another on the same data and ports. */
  async restart(): Promise<void> {
    const { url, coap } = this.#server;
    const listen = this.#config.listen.map((one, at) => ({ ...one, port: coap[at]?.port ?? 0 }));
    await this.#server.close();
    this.#server = await open({
      ...this.#config,
      listen,
      http: { host: '127.0.0.1', port: Number(new URL(url).port) },
    });
  }

  get api(): Api {
    return createApi(this.#server.url, this.authorization);
  }

  /** Header that signs in to the API. */
  get authorization(): { authorization: string } {
    return { authorization: `Bearer ${readFileSync(this.#server.tokenFile, 'utf8').trim()}` };
  }

  get ready(): { readonly url: string } {
    return { url: this.#server.url };
  }

  /** The port of the first socket of a transport, of those that serve the bootstrap interface or of the others. */
  portOf(transport: Transport, bootstrap = false): number {
    const those = this.#server.coap.filter((address) => (address.bootstrap ?? false) === bootstrap);
    return those.find((address) => address.transport === transport)?.port ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function open(config: ServerConfig): Promise<RunningServer> {
  // What crosses the link port is cloned in both modes.
  const openLink = config.link === 'worker' ? openWorkerLink : openCloningLink;
  return startServer(config, { ...defaultPorts(config), openLink });
}
