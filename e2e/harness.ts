import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Api, ApiError, createApi } from '@reeve/contract';
import type { ServerConfig } from '@reeve/server';
import { killGroup, spawnChild } from '../tooling/testing/children.ts';
import type { KillPoint } from './kill-points.ts';
import { lastingPort } from './ports.ts';
import type { ServerProcessOptions, ServerReady } from './server-process.ts';

const program = fileURLToPath(new URL('server-process.ts', import.meta.url));

/** How a server is started, now and after each of its deaths. */
export interface TestServerOptions extends Pick<ServerProcessOptions, 'synchronous'> {
  readonly link?: ServerConfig['link'];
  /** Certificates of the server. */
  readonly identities?: ServerConfig['identities'];
  /** Serves the bootstrap interface too. */
  readonly bootstrap?: boolean;
  /** Listens for NoSec too. */
  readonly noSec?: boolean;
  /** Listens without DTLS, to OSCORE alone. */
  readonly oscore?: boolean;
  /** Command line to run it under, e.g. `['strace', '-f']`. */
  readonly wrapper?: readonly string[];
}

const loopback = { transport: 'coaps', host: '127.0.0.1' } as const;

/** A server in a process of its own, whose data outlives it. */
export class TestServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'reeve-e2e-'));
  readonly #options: TestServerOptions;
  #child: ReturnType<typeof spawnChild> | undefined;
  #ready: ServerReady | undefined;
  #errors = '';

  private constructor(options: TestServerOptions) {
    this.#options = options;
  }

  static async start({ kill, ...options }: TestServerOptions & { kill?: KillPoint } = {}): Promise<TestServer> {
    const server = new TestServer(options);
    await server.restart(kill);
    return server;
  }

  /** Starts the process, on the same ports and data as before. */
  async restart(kill?: KillPoint): Promise<void> {
    const { link = 'main', identities, bootstrap = false, noSec = false, oscore = false } = this.#options;
    const { synchronous, wrapper = [] } = this.#options;
    const config: ServerConfig = {
      dataFolder: join(this.folder, 'data'),
      listen: [
        { transport: 'coaps', host: '127.0.0.1', port: this.#ready?.coapsPort ?? (await lastingPort()) },
        ...(noSec || oscore
          ? [{ ...loopback, transport: 'coap' as const, port: this.#ready?.coapPort ?? (await lastingPort()), noSec }]
          : []),
        ...(bootstrap ? [{ ...loopback, port: this.#ready?.bootstrapPort ?? (await lastingPort()), bootstrap }] : []),
        ...(bootstrap && noSec
          ? [
              {
                ...loopback,
                transport: 'coap' as const,
                port: this.#ready?.plainBootstrapPort ?? (await lastingPort()),
                bootstrap,
              },
            ]
          : []),
      ],
      http: { host: '127.0.0.1', port: this.#ready ? Number(new URL(this.#ready.url).port) : await lastingPort() },
      link,
      // Short, for tests of devices that are gone; long enough for one that the machine keeps waiting for seconds.
      transmission: { ackTimeoutMs: 500, maxRetransmit: 2 },
      logLevel: 'error',
      ...(identities && { identities }),
    };
    const options: ServerProcessOptions = { config, ...(kill && { kill }), ...(synchronous && { synchronous }) };
    const [command = '', ...args] = [...wrapper, process.execPath, program, JSON.stringify(options)];
    const child = spawnChild(command, args);
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4000);
    });
    if (!child.stdout) throw new Error('the server process needs pipes');
    const lines = createInterface({ input: child.stdout });
    const [line] = (await Promise.race([
      once(lines, 'line'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`the server ended with ${code}: ${this.#errors}`))),
    ])) as [string];
    this.#ready = JSON.parse(line) as ServerReady;
  }

  get ready(): ServerReady {
    if (!this.#ready) throw new Error('the server was never ready');
    return this.#ready;
  }

  get api(): Api {
    const token = readFileSync(this.ready.tokenFile, 'utf8').trim();
    return createApi(this.ready.url, { authorization: `Bearer ${token}` });
  }

  /** Header that signs in to the API. */
  get authorization(): { authorization: string } {
    return { authorization: `Bearer ${readFileSync(this.ready.tokenFile, 'utf8').trim()}` };
  }

  get coaps(): string {
    return `coaps://127.0.0.1:${this.ready.coapsPort}`;
  }

  /** Of the bootstrap server. */
  get bootstrap(): string {
    return `coaps://127.0.0.1:${this.ready.bootstrapPort}`;
  }

  get plainBootstrap(): string {
    return `coap://127.0.0.1:${this.ready.plainBootstrapPort}`;
  }

  get coap(): string {
    return `coap://127.0.0.1:${this.ready.coapPort}`;
  }

  /** The end of what the processes so far wrote to their logs. */
  get errors(): string {
    return this.#errors;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Whether the process runs. */
  get alive(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when the process is gone. */
  async died(timeoutMs = 60_000): Promise<void> {
    if (this.alive && this.#child) await once(this.#child, 'exit', { signal: AbortSignal.timeout(timeoutMs) });
  }

  async kill(): Promise<void> {
    if (!this.#child) return;
    const gone = this.died();
    killGroup(this.#child);
    await gone;
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A webhook receiver that keeps every notice whose signature is genuine. */
export class Receiver {
  readonly notices: { id: string; type: string; text: string }[] = [];
  readonly #server: Server;
  secret = '';

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(
    isGenuine: (secret: string, headers: NodeJS.Dict<string | string[]>, body: Buffer) => boolean,
  ): Promise<Receiver> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks);
        const genuine = isGenuine(receiver.secret, request.headers, body);
        if (genuine) receiver.notices.push(JSON.parse(body.toString()) as (typeof receiver.notices)[number]);
        response.writeHead(genuine ? 204 : 401).end();
      });
    });
    const receiver = new Receiver(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** Tries until something holds; `again` runs between tries. A server that is down for a moment is no failure. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  { timeoutMs = 60_000, again }: { timeoutMs?: number; again?: () => void | Promise<void> } = {},
): Promise<T> {
  const end = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await probe();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      if (error instanceof ApiError) last = error;
    }
    if (Date.now() > end) throw new Error(`waited in vain for: ${what}`, { cause: last });
    await again?.();
    await sleep(100);
  }
}
