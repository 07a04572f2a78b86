import { compact, type FrameField, type FrameLayout, type FrameSource } from '@reeve/contract';
import { type Context, command } from '../command.ts';
import { Failure } from '../failure.ts';
import { required, several, text } from '../options.ts';
import { facts, show, showList } from '../output.ts';
import { readKey, readSource } from '../secret-input.ts';
import { age } from '../words.ts';

const device = { device: required('DEVICE', 'endpoint name or id') };

/** Devices on networks too thin for a handshake: see docs/thin-links.md. */
export const frameCommands = [
  command({
    name: 'frame set',
    summary: 'Let a device send frames over a network too thin for a handshake',
    positionals: device,
    options: {
      link: text('LINK', 'what the network calls the device; must be given'),
      layout: several('LAYOUT', 'what its frames mean, numbered from 0; must be given'),
      'key-file': text('FILE', 'file of a new key, 16 bytes in hex, - for stdin; else one is made where there is none'),
    },
    run: async (context, given) => {
      const { link, layout } = given;
      if (!link || layout.length === 0) throw new Failure('usage', 'Say --link LINK and --layout LAYOUT');
      const key = await readKey(given['key-file'], context.terminal);
      const params = { device: given.device };
      const body = { link, layouts: [...layout], ...compact({ key }) };
      const answer = await context.api('frames.set', { params, body });
      const { key: made, source } = answer;
      const lines = sourceLines(context, source);
      show(context, answer, () => (made === undefined ? lines : [made]));
      if (context.json || made === undefined) return;
      for (const line of lines) context.terminal.note(line);
      context.terminal.note('Its key is alone on the standard output, this once; the device counts from 1 with it.');
    },
  }),
  command({
    name: 'frame show',
    summary: 'Show how a device sends frames',
    positionals: device,
    run: async (context, given) => {
      const source = await context.api('frames.show', { params: { device: given.device } });
      show(context, source, () => sourceLines(context, source));
    },
  }),
  command({
    name: 'frame rm',
    summary: 'Take frames of a device no longer',
    positionals: device,
    run: async (context, given) => {
      await context.api('frames.remove', { params: { device: given.device } });
      context.terminal.note(`Frames of ${given.device} are refused`);
    },
  }),
  command({
    name: 'frame layouts',
    summary: 'List what frames mean',
    run: async (context) =>
      showList(
        context,
        await context.api('layouts.list'),
        {
          layout: (each) => each.name,
          every: (each) => (each.every === undefined ? '' : `${each.every} s`),
          fields: (each) => each.fields.map(fieldText).join(', '),
        },
        'No layouts. Add one: reeve frame layout FILE',
      ),
  }),
  command({
    name: 'frame layout',
    summary: 'Add or replace what frames mean: a layout in JSON',
    positionals: { file: required('FILE', 'the layout, - for stdin') },
    run: async (context, given) => {
      const layout = await context.api('layouts.set', { body: await readLayout(context, given.file) });
      show(context, layout, () => []);
      if (!context.json) context.terminal.note(`Frames of the layout ${layout.name} are read so from now on`);
    },
  }),
  command({
    name: 'frame layout rm',
    summary: 'Remove a layout that no device uses',
    positionals: { layout: required('LAYOUT', 'name of the layout') },
    run: async (context, given) => {
      await context.api('layouts.remove', { params: { name: given.layout } });
      context.terminal.note(`Removed the layout ${given.layout}`);
    },
  }),
];

/** Its shape is the server's to check. */
async function readLayout({ terminal }: Context, file: string): Promise<FrameLayout> {
  try {
    return JSON.parse(await readSource(file, terminal)) as FrameLayout;
  } catch (error) {
    if (error instanceof SyntaxError) throw new Failure('usage', `${file} is no JSON: ${error.message}`);
    throw error;
  }
}

function sourceLines(context: Context, { endpoint, link, layouts, newest, lastAt }: FrameSource): string[] {
  return facts(context, {
    device: endpoint,
    link,
    layouts: layouts.map((name, number) => `${number} ${name}`).join(', '),
    'newest frame': newest === 0 ? 'none yet' : `number ${newest}, ${age(lastAt, context.terminal.now())}`,
  });
}

function fieldText({ path = 'unused', bits, encoding = 'unsigned' }: FrameField): string {
  return `${path} ${bits} bit ${encoding}`;
}
