import { scopeNames } from '@reeve/contract';
import { command } from '../command.ts';
import { choice, required } from '../options.ts';
import { show, showList } from '../output.ts';
import { age } from '../words.ts';

export const tokenCommands = [
  command({
    name: 'token ls',
    summary: 'List bearer tokens',
    run: async (context) => {
      const now = context.terminal.now();
      showList(
        context,
        await context.api('tokens.list'),
        {
          name: (token) => token.name,
          id: (token) => token.tokenId,
          scope: (token) => token.scope,
          made: (token) => age(token.createdAt, now),
          'last used': (token) => age(token.lastUsedAt, now) || 'never',
          'held back': (token) => age(token.refusedAt, now),
        },
        'No tokens. Make one: reeve token create NAME',
      );
    },
  }),
  command({
    name: 'token create',
    summary: 'Make a bearer token for a program and print it once',
    positionals: { name: required('NAME', 'what the token is for') },
    options: { scope: choice(scopeNames, 'what it may do; see docs/operations.md', 'admin') },
    run: async (context, given) => {
      const made = await context.api('tokens.create', { body: { name: given.name, scope: given.scope } });
      show(context, made, () => [made.secret]);
      if (!context.json) {
        context.terminal.note(`This is shown once. Revoke it with: reeve token revoke ${made.token.tokenId}`);
      }
    },
  }),
  command({
    name: 'token revoke',
    summary: 'Revoke a bearer token',
    positionals: { id: required('ID', 'id of the token, from token ls') },
    run: async (context, given) => {
      await context.api('tokens.revoke', { params: { id: given.id } });
      context.terminal.note(`Revoked ${given.id}`);
    },
  }),
];
