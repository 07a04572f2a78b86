import type { SignInLink } from '@reeve/contract';
import { type Context, command } from '../command.ts';
import { required } from '../options.ts';
import { show, showList } from '../output.ts';
import { age } from '../words.ts';

const name = { name: required('NAME', 'name of the person') };

export const userCommands = [
  command({
    name: 'user add',
    summary: 'Add a person and print their first sign-in link',
    positionals: name,
    run: async (context, given) => showLink(context, await context.api('people.add', { body: { name: given.name } })),
  }),
  command({
    name: 'user link',
    summary: 'Print a new one-time sign-in link for a person',
    positionals: name,
    run: async (context, given) => showLink(context, await context.api('people.link', { params: { id: given.name } })),
  }),
  command({
    name: 'user ls',
    summary: 'List people',
    run: async (context) =>
      showList(
        context,
        await context.api('people.list'),
        { name: (person) => person.name, added: (person) => age(person.createdAt, context.terminal.now()) },
        'Nobody yet',
      ),
  }),
];

function showLink(context: Context, link: SignInLink): void {
  show(context, link, () => [link.url]);
  if (context.json) return;
  // A moment has passed since the link was made: the nearest minute, not the last full one.
  const minutes = Math.round((link.expiresAt - context.terminal.now()) / 60_000);
  context.terminal.note(`Signs ${link.name} in once, within ${minutes} minutes.`);
}
