import { join } from 'node:path';
import type { ConfigFile, ListenAddress, Listener, RunningServer, ServerConfig } from '@reeve/server';
import { type Context, command } from '../command.ts';
import { Failure } from '../failure.ts';
import { hasIpv6, hostInUrl } from '../listen.ts';
import { choice, flag, several, text, whole } from '../options.ts';
import { facts } from '../output.ts';
import { startFailure } from '../start-failure.ts';
import { stopped } from '../stopped.ts';

const port = { min: 0, max: 65_535 };
const COAPS_PORT = 5684;

const serveOptions = {
  config: text('FILE', 'listeners and server certificates as JSON; see docs/operations.md'),
  'coap-host': several('ADDRESS', 'where devices are listened to, else :: and 0.0.0.0'),
  'coaps-port': whole('N', `UDP port for DTLS (default ${COAPS_PORT})`, port),
  'http-host': text('ADDRESS', 'where the console and API listen', '127.0.0.1'),
  'http-port': whole('N', 'TCP port of the console and API', port, 8080),
  'public-url': text('URL', 'where people reach the console if a proxy is in front'),
  'sealing-key': text('FILE', 'the key that seals device keys, else sealing.key in the data folder'),
  link: choice(['main', 'worker'], 'thread of sockets, DTLS and CoAP', 'worker'),
  nosec: flag('admit devices without DTLS too: for trials only'),
  echo: flag('with --nosec: devices first prove that they receive at their address; see docs/operations.md'),
  oscore: flag('listen without DTLS too, to devices that protect what they say by OSCORE, and to nobody else'),
  'coap-port': whole('N', 'UDP port for devices without DTLS, with --nosec or --oscore', port, 5683),
  bootstrap: flag('serve the bootstrap interface too, on ports of its own; see docs/bootstrap.md'),
  'bootstrap-port': whole('N', 'UDP port of the bootstrap server, with --bootstrap', port, 5784),
  'bootstrap-coap-port': whole('N', 'its UDP port for devices without DTLS, with --nosec', port, 5783),
  'device-host': text(
    'HOST',
    'name or address under which devices reach this server; else where it listens, if that is one address',
  ),
  'log-level': choice(['info', 'warn', 'error', 'silent'], 'least severe line of the log', 'warn'),
};

export const serveCommands = [
  command({
    name: 'serve',
    summary: 'Run the server until Ctrl-C',
    options: serveOptions,
    run: async (context, given) => {
      const { terminal, data } = context;
      const { listeners, identities, keepSessionDays, downlink, sms } = await readConfig(given.config);
      if (listeners && (given['coap-host'].length > 0 || given['coaps-port'] !== undefined)) {
        throw new Failure('usage', `${given.config} has listeners: leave --coap-host and --coaps-port away`);
      }
      const listen = listeners?.map(listenerOf) ?? (await everyListener(given, terminal.note));
      if (!given.nosec && listen.some(({ transport, noSec = true }) => transport === 'coap+tcp' && noSec)) {
        throw new Failure(
          'usage',
          `${given.config} has a listener without security: say --nosec, or give it "oscore": true`,
        );
      }
      const { distinctHosts } = await import('@reeve/server');
      const hosts = distinctHosts(listen.map(({ host }) => host));
      if (given.nosec || given.oscore) {
        const { nosec: noSec, echo, 'coap-port': at } = given;
        for (const host of hosts) listen.push({ transport: 'coap', host, port: at, noSec, echo });
      }
      if (given.nosec) {
        terminal.note(
          terminal.style(
            'yellow',
            `Warning: --nosec lets anybody who reaches port ${given['coap-port']} speak for the devices that were added with --nosec.`,
          ),
        );
      }
      if (given.bootstrap) {
        const ports = {
          coaps: given['bootstrap-port'],
          ...(given.nosec ? { coap: given['bootstrap-coap-port'] } : {}),
        };
        for (const [transport, at] of Object.entries(ports) as [keyof typeof ports, number][]) {
          for (const host of hosts) listen.push({ transport, host, port: at, bootstrap: true });
        }
      }
      const keyLogFile = terminal.env.SSLKEYLOGFILE || undefined;
      if (keyLogFile !== undefined) {
        terminal.note(
          terminal.style(
            'red',
            `Warning: SSLKEYLOGFILE is set. The keys of ALL DTLS sessions go to ${keyLogFile}: whoever reads it can read what devices say, and speak for them. Unset it as soon as you are done.`,
          ),
        );
      }
      const publicUrl = given['public-url'];
      const sealingKeyFile = given['sealing-key'];
      const deviceHost = given['device-host'];
      const server = await start(
        {
          dataFolder: data,
          listen,
          http: { host: given['http-host'], port: given['http-port'] },
          link: given.link,
          logLevel: given['log-level'],
          ...(keyLogFile === undefined ? {} : { keyLogFile }),
          ...(identities === undefined ? {} : { identities }),
          ...(downlink === undefined ? {} : { downlink }),
          ...(sms === undefined ? {} : { sms }),
          ...(keepSessionDays === undefined ? {} : { keepSessionDays }),
          ...(publicUrl === undefined ? {} : { publicUrl }),
          ...(deviceHost === undefined ? {} : { deviceHost }),
          ...(sealingKeyFile === undefined ? {} : { sealingKeyFile }),
        },
        data,
      );
      await greet(context, server, publicUrl ?? server.url);
      for (const warning of server.warnings()) terminal.note(terminal.style('yellow', `Warning: ${warning}`));
      // Without files to read again the signal ends the server, as it does when its terminal is closed.
      if (identities) process.on('SIGHUP', () => void server.reload().catch(() => {}));
      await stopped(terminal);
      terminal.note('Stopping …');
      await server.close();
    },
  }),
];

/** @throws Failure `usage` with a line for everything that is wrong with the file */
async function readConfig(file: string | undefined): Promise<ConfigFile> {
  if (file === undefined) return {};
  const { ConfigError, readConfigFile } = await import('@reeve/server');
  return readConfigFile(file).catch((error) => {
    throw error instanceof ConfigError ? new Failure('usage', error.message) : error;
  });
}

/** A listener as the file has it, and as the server wants it. */
function listenerOf({
  transport = 'coaps',
  host,
  port: at,
  bootstrap = false,
  oscore = false,
  ...dtls
}: NonNullable<ConfigFile['listeners']>[number]): Listener {
  if (oscore && transport !== 'coap+tcp')
    throw new Failure('usage', `"oscore" is for listeners of coap+tcp, not ${transport}`);
  return { transport, host, port: at, dtls, ...(bootstrap ? { bootstrap } : {}), ...(oscore ? { noSec: false } : {}) };
}

async function everyListener(
  given: Readonly<{ 'coap-host': readonly string[]; 'coaps-port': number | undefined }>,
  note: (line: string) => void,
): Promise<Listener[]> {
  const hosts = given['coap-host'].length > 0 ? given['coap-host'] : await everyHost(note);
  return hosts.map((host) => ({ transport: 'coaps', host, port: given['coaps-port'] ?? COAPS_PORT }));
}

/** Starts the server. @throws Failure in words if it can't */
export async function start(config: ServerConfig, data: string): Promise<RunningServer> {
  const { startServer } = await import('@reeve/server');
  try {
    return await startServer(config);
  } catch (error) {
    throw startFailure(error, data);
  }
}

/** All addresses of the machine. */
export async function everyHost(note: (line: string) => void): Promise<string[]> {
  if (await hasIpv6()) return ['::', '0.0.0.0'];
  note('This machine has no IPv6: listening on IPv4 only.');
  return ['0.0.0.0'];
}

async function greet(context: Context, server: RunningServer, origin: string): Promise<void> {
  const { terminal, data } = context;
  const { version } = await import('@reeve/server');
  const elsewhere = [
    ...(data === './reeve-data' ? [] : [`--data ${data}`]),
    ...(server.url === 'http://127.0.0.1:8080' ? [] : [`--server ${server.url}`]),
  ];
  const reeve = (line: string) => `  ./reeve ${[line, ...elsewhere].join(' ')}`;
  const coaps = nearUrl(server.coap);
  const to = coaps === 'coaps://127.0.0.1:5684' ? '' : ` --server ${coaps}`;
  // In the folder that its owner alone may read.
  const keyFile = join(data, 'my-device.key');
  const lines = [
    terminal.style('bold', `Reeve ${version} is running. Ctrl-C stops it.`),
    '',
    ...facts(context, {
      Console: origin,
      'Sign in': `${await server.makeLink('admin')}  (once, within 10 minutes)`,
      Devices: listed(server.coap.filter(({ bootstrap }) => !bootstrap)),
      Bootstrap: listed(server.coap.filter(({ bootstrap }) => bootstrap)),
      Data: server.firstStart ? `${data}  (new: this is the first start)` : data,
    }),
    '',
    'Connect a first device, from another terminal:',
    `${reeve('device add my-device')} > ${keyFile}`,
    `  ./reeve simulate --device my-device --key-file ${keyFile}${to}`,
  ];
  for (const line of lines) terminal.out(line);
}

function listed(addresses: readonly ListenAddress[]): string {
  return addresses.map(({ transport, host, port: at }) => `${transport}://${hostInUrl(host)}:${at}`).join('  ');
}

/** The `coaps` address under which this machine reaches itself, over IPv4 if it can. */
function nearUrl(addresses: readonly ListenAddress[]): string {
  const secure = addresses.filter(({ transport }) => transport === 'coaps');
  const { host = '0.0.0.0', port: at = 0 } = secure.find(({ host: each }) => !each.includes(':')) ?? secure[0] ?? {};
  const near = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `coaps://${hostInUrl(near)}:${at}`;
}
