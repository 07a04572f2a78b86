import { compact } from '@reeve/contract';
import { command } from '../command.ts';
import { required, text } from '../options.ts';
import { pageQuery, paging, show } from '../output.ts';
import { counterLines, handshakeLines, recordLines } from './handshake-view.ts';

export const handshakeCommands = [
  command({
    name: 'handshake ls',
    summary: "Why can't my device connect? Failed handshakes, newest first",
    options: {
      device: text('DEVICE', 'only what this device seems to have tried'),
      check: text('CHECK', 'only what failed this check, e.g. unknown-identity'),
      ...paging,
    },
    run: async (context, given) => {
      const { terminal } = context;
      const query = { ...pageQuery(given), ...compact({ device: given.device, check: given.check }) };
      const page = await context.api('handshakes.list', { query });
      show(context, page, () => page.items.flatMap((each) => handshakeLines(context, each)));
      if (context.json) return;
      if (page.items.length === 0) terminal.note('No handshake failed. If nothing stands here, nothing arrived.');
      else terminal.note('All of one: reeve handshake show ID');
      if (page.next !== undefined) terminal.note(`There are more: --after ${page.next}`);
    },
  }),
  command({
    name: 'handshake show',
    summary: 'Show a failed handshake: who, which check, what was offered and wanted, what to do',
    positionals: { id: required('ID', 'id of the record') },
    run: async (context, given) => {
      const failed = await context.api('handshakes.show', { params: { id: given.id } });
      show(context, failed, () => recordLines(context, failed));
    },
  }),
  command({
    name: 'handshake counters',
    summary: 'Count handshakes, failures, dropped records and sessions since the server started',
    run: async (context) => {
      const counters = await context.api('handshakes.counters');
      show(context, counters, () => counterLines(context, counters));
    },
  }),
];
