/** The whole server, as an operator starts it; ends with its input. Takes `ReeveOptions`, prints a `ReeveReady`. */
import { defaultPorts, type ServerConfig, startServer } from '@reeve/server';
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
process.stdin.on('end', () => void server.close().then(() => process.exit(0)));
process.stdin.resume();
