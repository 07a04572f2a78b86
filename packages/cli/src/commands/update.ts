import { compact, type UpdateInfo, type UpdateMethod, type UpdateScheme, type UpdateState } from '@reeve/contract';
import { type Context, command } from '../command.ts';
import type { ExitName } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import { flag, required, text } from '../options.ts';
import { facts, show, showList } from '../output.ts';
import { age } from '../words.ts';
import { findArtifact } from './artifact.ts';

const update = { update: required('UPDATE', 'its id, see reeve update ls') };
/** How often a followed update is asked for, ms. */
const POLL_MS = 1000;

const methods = { auto: 'auto', push: 'push', pull: 'pull' } as const satisfies Record<UpdateMethod, UpdateMethod>;
const schemes = {
  ...{ coap: 'coap', coaps: 'coaps', 'coap+tcp': 'coap+tcp', 'coaps+tcp': 'coaps+tcp', http: 'http', https: 'https' },
} as const satisfies Record<UpdateScheme, UpdateScheme>;
const states = {
  running: 'running',
  succeeded: 'succeeded',
  unconfirmed: 'unconfirmed',
  failed: 'failed',
  cancelled: 'cancelled',
} as const satisfies Record<UpdateState, UpdateState>;

/** Updates of devices with artifacts: see docs/updates.md. */
export const updateCommands = [
  command({
    name: 'device update',
    summary: 'Update a device with an artifact',
    positionals: { device: required('DEVICE', 'endpoint name or id') },
    options: {
      artifact: text('ARTIFACT', 'id, name, or NAME/VERSION; must be given'),
      method: text('METHOD', 'push: the server sends it; pull: the device fetches it', 'auto'),
      scheme: text(
        'SCHEME',
        'by which a device fetches it: coap, coaps, coap+tcp, coaps+tcp, http or https; else what both speak',
      ),
      instance: text('NUMBER', 'of the object, for software', '0'),
      follow: flag('wait until it is over, and show how far it is'),
    },
    run: async (context, given): Promise<ExitName> => {
      if (given.artifact === undefined) throw new Failure('usage', 'Say --artifact ARTIFACT');
      const instance = Number(given.instance);
      if (!Number.isInteger(instance)) throw new Failure('usage', '--instance is a number');
      const { artifactId } = await findArtifact(context, given.artifact);
      const method = oneOf('--method', given.method, methods);
      const scheme = given.scheme === undefined ? undefined : oneOf('--scheme', given.scheme, schemes);
      const body = { artifactId, method, instance, ...compact({ scheme }) };
      const started = await context.api('updates.start', { params: { device: given.device }, body });
      const last = given.follow ? await follow(context, started) : started;
      show(context, last, () => lines(context, last));
      return last.state === 'running' || last.state === 'succeeded' ? 'ok' : 'refused';
    },
  }),
  command({
    name: 'update ls',
    summary: 'List updates, newest first',
    options: {
      device: text('DEVICE', 'only those of a device'),
      state: text('STATE', 'only running, succeeded, unconfirmed, failed or cancelled ones'),
    },
    run: async (context, given) => {
      const state = given.state === undefined ? undefined : oneOf('--state', given.state, states);
      const page = await context.api('updates.list', { query: compact({ device: given.device, state }) });
      showList(
        context,
        page,
        {
          update: ({ updateId }) => updateId,
          device: ({ endpoint }) => endpoint,
          artifact: (each) => each.artifact,
          state: (each) => each.state,
          progress: progressOf,
          started: ({ startedAt }) => age(startedAt, context.terminal.now()),
          detail: ({ detail }) => detail ?? '',
        },
        'No updates. Start one: reeve device update DEVICE --artifact ARTIFACT',
      );
    },
  }),
  command({
    name: 'update show',
    summary: 'Show how far an update is, and how it ended',
    positionals: update,
    run: async (context, given) => {
      const found = await context.api('updates.show', { params: { update: given.update } });
      show(context, found, () => lines(context, found));
    },
  }),
  command({
    name: 'update cancel',
    summary: 'Cancel an update that is not being installed yet',
    positionals: update,
    run: async (context, given) => {
      const cancelled = await context.api('updates.cancel', { params: { update: given.update } });
      show(context, cancelled, () => lines(context, cancelled));
    },
  }),
];

/** @throws Failure `usage` */
function oneOf<T extends string>(option: string, said: string, known: Readonly<Record<T, T>>): T {
  const found = Object.values<T>(known).find((each) => each === said);
  if (found !== undefined) return found;
  throw new Failure('usage', `${option} is one of ${Object.keys(known).join(', ')}`);
}

async function follow({ api, terminal }: Context, started: UpdateInfo): Promise<UpdateInfo> {
  let last = started;
  while (last.state === 'running' && !terminal.stopped.aborted) {
    terminal.progress(progressOf(last));
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    last = await api('updates.show', { params: { update: started.updateId } });
  }
  return last;
}

function progressOf({ state, phase, done, bytes }: UpdateInfo): string {
  const share = `${Math.floor((100 * done) / bytes)} %`;
  return state === 'running' ? `${phase}, ${share}` : share;
}

function lines(context: Context, each: UpdateInfo): string[] {
  return facts(context, {
    update: each.updateId,
    device: `${each.endpoint} ${each.path}`,
    artifact: each.artifact,
    state: each.state,
    progress: `${progressOf(each)} (${each.done} of ${each.bytes} bytes)`,
    delivery: each.delivery,
    detail: each.detail,
    started: `${age(each.startedAt, context.terminal.now())} by ${each.startedBy}`,
  });
}
