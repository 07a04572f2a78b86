import { defaultPorts, openCloningLink, openWorkerLink, type ServerConfig, startServer } from '@reeve/server';
import { openSqliteStore } from '../packages/server/src/store/sqlite/store.ts';
import { type KillPoint, killAt } from './kill-points.ts';

/** What a test tells the server process. */
export interface ServerProcessOptions {
  readonly config: ServerConfig;
  /** The process kills itself with SIGKILL when it comes to this point. */
  readonly kill?: KillPoint;
  /** `NORMAL` does not wait for the disk: what a test of durability must notice. */
  readonly synchronous?: 'NORMAL';
}

/** What the server process tells the test once it answers. */
export interface ServerReady {
  readonly url: string;
  readonly coapsPort: number;
  readonly coapPort: number;
  readonly bootstrapPort: number;
  readonly plainBootstrapPort: number;
  readonly tokenFile: string;
}

const { config, kill, synchronous } = JSON.parse(process.argv[2] ?? '') as ServerProcessOptions;
const ports = {
  ...defaultPorts(config),
  // What crosses the link port is cloned in both modes.
  openLink: config.link === 'worker' ? openWorkerLink : openCloningLink,
  ...(synchronous && { openStore: (file: string) => openSqliteStore({ file, synchronous }) }),
};
const server = await startServer(config, kill ? killAt(kill, ports) : ports);
const port = (transport: 'coaps' | 'coap', wanted = false) =>
  server.coap.find((each) => each.transport === transport && (each.bootstrap ?? false) === wanted)?.port ?? 0;
const ready: ServerReady = {
  url: server.url,
  coapsPort: port('coaps'),
  coapPort: port('coap'),
  bootstrapPort: port('coaps', true),
  plainBootstrapPort: port('coap', true),
  tokenFile: server.tokenFile,
};
process.stdout.write(`${JSON.stringify(ready)}\n`);

process.stdin.on('end', () => void server.close().then(() => process.exit(0)));
process.stdin.resume();
