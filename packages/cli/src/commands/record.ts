import { compact, typedText, withUnit } from '@reeve/contract';
import { command } from '../command.ts';
import { instant, path, required, whole } from '../options.ts';
import { show, showList, table } from '../output.ts';
import { age } from '../words.ts';
import { resourceOf } from './device-view.ts';

const device = required('DEVICE', 'endpoint name or id');
const NEWEST = { min: 1, max: 500 };
const SAMPLES = { min: 1, max: 10_000 };

/** What is on record of a device, and the lock that people hold. */
export const recordCommands = [
  command({
    name: 'device timeline',
    summary: 'Tell what happened to a device, newest first',
    positionals: { device },
    options: {
      limit: whole('N', 'how many entries at most', NEWEST, 30),
      after: whole('POSITION', 'where the page before ended', { min: 1, max: Number.MAX_SAFE_INTEGER }),
    },
    run: async (context, given) => {
      const query = { limit: given.limit, ...compact({ before: given.after }) };
      const page = await context.api('devices.timeline', { params: { device: given.device }, query });
      const now = context.terminal.now();
      const columns = {
        position: ({ seq }: { seq: number }) => String(seq),
        at: ({ at }: { at: number }) => age(at, now),
        by: ({ actor }: { actor: { name: string } }) => actor.name,
        entry: ({ text }: { text: string }) => text,
      };
      showList(context, page, columns, 'Nothing happened yet');
    },
  }),
  command({
    name: 'device history',
    summary: 'List the values that a device reported of a resource, oldest first',
    positionals: { device, path: path('PATH', 'LwM2M path, e.g. /3/0/9') },
    options: {
      from: instant('only what is not older'),
      to: instant('only what is not newer'),
      limit: whole('N', 'how many at most', SAMPLES, 1000),
    },
    run: async (context, given) => {
      const query = { path: given.path, limit: given.limit, ...compact({ from: given.from, to: given.to }) };
      const params = { device: given.device };
      const history = await context.api('devices.history', { params, query });
      const { type = '', units } = resourceOf(await context.api('devices.show', { params }), given.path) ?? {};
      show(context, history, () =>
        table(
          context,
          history.at.map((at, index) => ({ at, value: history.value[index] })),
          {
            at: (sample) => new Date(sample.at).toISOString(),
            value: ({ value }) => (value == null ? '' : withUnit(typedText({ type, value }), units)),
          },
        ),
      );
      if (history.at.length === 0) context.terminal.note(`Nothing was reported of ${given.path}`);
    },
  }),
  ...([true, false] as const).map((held) =>
    command({
      name: held ? 'device lock' : 'device unlock',
      summary: held
        ? 'Hold the lock of a device, until device unlock'
        : 'Let go of the lock of a device; it stays locked as long as incidents hold it',
      positionals: { device },
      run: async (context, given) => {
        const lock = await context.api('devices.lock', { params: { device: given.device }, body: { held } });
        const holders = lock.holders.length === 0 ? '' : `, held by ${lock.holders.join(', ')}`;
        show(context, lock, () => [`${lock.state}${holders}`]);
      },
    }),
  ),
];
