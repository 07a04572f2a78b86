import { command } from '../command.ts';
import { Failure } from '../failure.ts';
import { instant, required, text } from '../options.ts';
import { show, showList } from '../output.ts';
import { age } from '../words.ts';

const device = { device: required('DEVICE', 'endpoint name or id') };

export const certificateCommands = [
  command({
    name: 'certificate admit',
    summary: 'Admit the expired certificate of a device until a date',
    positionals: device,
    options: {
      until: instant('until when, at most a year; must be given'),
      reason: text('TEXT', 'why; must be given'),
    },
    run: async (context, given) => {
      const { until, reason } = given;
      if (until === undefined || !reason) throw new Failure('usage', 'Say --until DATE and --reason TEXT');
      const params = { device: given.device };
      const admitted = await context.api('admissions.set', { params, body: { until, reason } });
      show(context, admitted, () => []);
      if (context.json) return;
      const at = new Date(admitted.until).toISOString();
      context.terminal.note(`The certificate of ${admitted.endpoint} counts until ${at}, even if it has expired`);
    },
  }),
  command({
    name: 'certificate ls',
    summary: 'List devices whose expired certificate is admitted',
    run: async (context) =>
      showList(
        context,
        await context.api('admissions.list'),
        {
          device: (each) => each.endpoint,
          until: (each) => new Date(each.until).toISOString(),
          ends: (each) => age(each.until, context.terminal.now()),
          by: (each) => each.person,
          reason: (each) => each.reason,
        },
        'No expired certificate is admitted',
      ),
  }),
  command({
    name: 'certificate dismiss',
    summary: 'Admit the expired certificate of a device no longer; sessions with it end',
    positionals: device,
    run: async (context, given) => {
      await context.api('admissions.remove', { params: { device: given.device } });
      context.terminal.note(`The certificate of ${given.device} counts only while it is valid`);
    },
  }),
];
