import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Api, createApi } from '@reeve/contract';
import type { RunningServer } from '@reeve/server';
import type { DemoRole, DemoTruck, SimulatedDevice } from '@reeve/simulator';
import { type Context, command } from '../command.ts';
import { Failure } from '../failure.ts';
import { text, whole } from '../options.ts';
import { facts } from '../output.ts';
import { stopped } from '../stopped.ts';
import { everyHost, start } from './serve.ts';

const TRUCKS = 40;
/** The same trucks misbehave every time, so that what is told of the demo stays true. */
const SEED = 1;
/** Only a folder with this file is emptied. */
const MARKER = '.reeve-demo';
const POLICY = fileURLToPath(new URL('../../../../examples/demo/policy.yaml', import.meta.url));
const port = { min: 0, max: 65_535 };

const troubles: Readonly<Record<Exclude<DemoRole, 'good'>, string>> = {
  'crosses-state-line': 'drives over the state line into Nevada, and is locked',
  'drains-battery': 'drains its battery',
  'changes-firmware': 'reports firmware that nobody approved',
  'goes-silent': 'goes silent',
};

export const demoCommands = [
  command({
    name: 'demo',
    summary: `Run a server with ${TRUCKS} virtual trucks, four of which misbehave within a minute`,
    options: {
      data: text('FOLDER', 'folder of its own, emptied at each start', './demo-data'),
      'http-port': whole('N', 'TCP port of the console and API', port, 8090),
      'coaps-port': whole('N', 'UDP port for DTLS', port, 5694),
    },
    run: async (context, given) => {
      const { terminal } = context;
      await emptyFolder(given.data);
      const { demoFleet, simulate } = await import('@reeve/simulator');
      const server = await start(
        {
          dataFolder: given.data,
          listen: (await everyHost(terminal.note)).map((host) => ({
            transport: 'coaps',
            host,
            port: given['coaps-port'],
          })),
          http: { host: '127.0.0.1', port: given['http-port'] },
          link: 'worker',
          logLevel: 'warn',
        },
        given.data,
      );
      const trucks = demoFleet(TRUCKS, SEED);
      const token = (await readFile(server.tokenFile, 'utf8')).trim();
      const devices = await prepare(createApi(server.url, { authorization: `Bearer ${token}` }), trucks);
      const coaps = server.coap.find(({ host }) => host === '0.0.0.0');
      const simulation = await simulate({ server: `coaps://127.0.0.1:${coaps?.port}`, devices });
      await greet(context, server, trucks, given.data);
      await stopped(terminal);
      terminal.note('Stopping …');
      await simulation.stop();
      await server.close();
    },
  }),
];

/** Makes the folder, or empties it if a demo made it. @throws Failure if it is somebody else's */
async function emptyFolder(folder: string): Promise<void> {
  const present = await readdir(folder).catch((): string[] => []);
  if (present.length > 0 && !present.includes(MARKER)) {
    throw new Failure('failed', `${folder} is not of a demo: it is left alone`, 'Choose another folder: --data FOLDER');
  }
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, MARKER), 'Made by `reeve demo`, which empties this folder at each start.\n');
}

/** Adds the trucks with made keys, and applies the policy. */
async function prepare(api: Api, trucks: readonly DemoTruck[]): Promise<SimulatedDevice[]> {
  const devices: SimulatedDevice[] = [];
  for (const { endpoint, position, battery, firmware, scenario } of trucks) {
    const { key = '' } = await api('devices.add', { body: { endpoint, labels: { fleet: 'trucks' }, model: 'Truck' } });
    const psk = { identity: Buffer.from(endpoint), key: Buffer.from(key, 'hex') };
    devices.push({ endpoint, position, battery, firmware, scenario, psk });
  }
  await api('policies.apply', { body: { source: await readFile(POLICY, 'utf8') } });
  return devices;
}

async function greet(
  context: Context,
  server: RunningServer,
  trucks: readonly DemoTruck[],
  data: string,
): Promise<void> {
  const { terminal } = context;
  const ahead = trucks.flatMap(({ endpoint, role }) => (role === 'good' ? [] : [[endpoint, troubles[role]] as const]));
  const lines = [
    terminal.style('bold', `${trucks.length} trucks drive in California. Ctrl-C ends the demo.`),
    '',
    ...facts(context, {
      Console: server.url,
      'Sign in': `${await server.makeLink('admin')}  (once, within 10 minutes)`,
      Policy: 'examples/demo/policy.yaml',
    }),
    '',
    'Within the first minute:',
    ...ahead.map(([endpoint, what]) => `  ${endpoint}  ${what}`),
    '',
    'From another terminal:',
    `  ./reeve incident ls --server ${server.url} --data ${data}`,
  ];
  for (const line of lines) terminal.out(line);
}
