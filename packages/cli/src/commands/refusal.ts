import { command } from '../command.ts';
import { pageQuery, paging, show } from '../output.ts';
import { clean } from '../table.ts';
import { age } from '../words.ts';

export const refusalCommands = [
  command({
    name: 'refusal ls',
    summary: "Why can't my device connect? Refused connections, newest first",
    options: paging,
    run: async (context, given) => {
      const { terminal } = context;
      const page = await context.api('refusals.list', { query: pageQuery(given) });
      show(context, page, () =>
        page.items.flatMap((line) => {
          const who = [line.endpoint && `endpoint ${line.endpoint}`, line.identity && `identity ${line.identity}`];
          return [
            [
              terminal.style('red', line.check),
              `from ${line.address}`,
              ...who.flatMap((each) => (each ? [clean(each)] : [])),
              `${line.count} ×`,
              age(line.lastAt, terminal.now()),
            ].join('  '),
            `    ${clean(line.detail)}`,
            `    ${line.advice}`,
          ];
        }),
      );
      if (context.json) return;
      if (page.items.length === 0) terminal.note('No connection was refused');
      if (page.next !== undefined) terminal.note(`There are more: --after ${page.next}`);
    },
  }),
];
