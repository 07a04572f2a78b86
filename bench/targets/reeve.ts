/** The whole server, as an operator starts it; ends with its input. Takes `ReeveOptions`, prints a `ReeveReady`. */
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultPorts, type ServerConfig, startServer } from '@reeve/server';
import { putForward } from './clock.ts';
import { type Reading, readingLink } from './reading.ts';

export interface ReeveOptions {
  readonly dataFolder: string;
  /** PEM files of its certificate and key. */
  readonly certificate?: string;
  readonly key?: string;
  /** Has the link read devices again and again. */
  readonly read?: Reading;
}

export interface ReeveReady {
  readonly url: string;
  readonly tokenFile: string;
  readonly coap: number;
  readonly coaps: number;
}

/** What is told for each line of input, `now` or `idle`. */
export interface MemoryReport {
  readonly heap: number;
  readonly resident: number;
}

const { dataFolder, certificate, key, read } = JSON.parse(process.argv[2] ?? '') as ReeveOptions;
const config: ServerConfig = {
  dataFolder,
  listen: [
    { transport: 'coaps', host: '127.0.0.1', port: 0 },
    { transport: 'coap', host: '127.0.0.1', port: 0 },
  ],
  ...(certificate && key ? { identities: [{ certificate, key }] } : {}),
  http: { host: '127.0.0.1', port: 0 },
  link: 'main',
  logLevel: 'silent',
};
const ports = defaultPorts(config);
const server = await startServer(config, read ? { ...ports, openLink: readingLink(ports.openLink, read) } : ports);
const [coaps, coap] = server.coap.map(({ port }) => port);
const { url, tokenFile } = server;
process.stdout.write(`${JSON.stringify({ url, tokenFile, coap, coaps })}\n`);

/** Longer than exchanges are remembered, and than sessions stay awake. */
const IDLE_MS = 15 * 60_000;
/** Until every timer that was set before the clock was put forward has fired. */
const SETTLE_MS = 62_000;

/** Bytes that live in the main thread, and that the process has. */
function memory(): MemoryReport {
  for (let i = 0; i < 4; i++) globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, resident: rss };
}

createInterface({ input: process.stdin }).on('line', async (order) => {
  if (order === 'idle') {
    putForward(IDLE_MS);
    await sleep(SETTLE_MS);
  }
  process.stdout.write(`${JSON.stringify(memory())}\n`);
});
process.stdin.on('end', () => void server.close().then(() => process.exit(0)));
