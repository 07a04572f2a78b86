import { command } from '../command.ts';
import { required } from '../options.ts';
import { show, showList } from '../output.ts';
import { age } from '../words.ts';

const id = { id: required('ID', 'id of the webhook') };

export const webhookCommands = [
  command({
    name: 'webhook add',
    summary: 'Send notices to a URL; prints the secret that signs them once',
    positionals: { url: required('URL', 'where notices are posted to') },
    run: async (context, given) => {
      const added = await context.api('webhooks.add', { body: { url: given.url } });
      show(context, added, () => [added.secret]);
      if (context.json) return;
      context.terminal.note(
        `Added ${added.webhook.webhookId}. The secret is shown once; docs/webhooks.md tells how to verify.`,
      );
      context.terminal.note(`Try it with: reeve webhook test ${added.webhook.webhookId}`);
    },
  }),
  command({
    name: 'webhook ls',
    summary: 'List webhooks',
    run: async (context) =>
      showList(
        context,
        await context.api('webhooks.list'),
        {
          id: (webhook) => webhook.webhookId,
          url: (webhook) => webhook.url,
          waiting: (webhook) => String(webhook.waiting),
          dead: (webhook) => (webhook.dead > 0 ? ['red', String(webhook.dead)] : '0'),
          delivered: (webhook) => age(webhook.lastDeliveredAt, context.terminal.now()) || 'never',
          'last error': (webhook) => webhook.lastError ?? '',
        },
        'No webhooks. Add one: reeve webhook add URL',
      ),
  }),
  command({
    name: 'webhook test',
    summary: 'Send a test notice',
    positionals: id,
    run: async (context, given) => {
      await context.api('webhooks.test', { params: { id: given.id } });
      context.terminal.note('Queued. reeve webhook ls shows whether it was delivered.');
    },
  }),
  command({
    name: 'webhook rm',
    summary: 'Remove a webhook',
    positionals: id,
    run: async (context, given) => {
      await context.api('webhooks.remove', { params: { id: given.id } });
      context.terminal.note(`Removed ${given.id}`);
    },
  }),
  command({
    name: 'webhook dead',
    summary: 'List notices that were given up',
    run: async (context) =>
      showList(
        context,
        await context.api('webhooks.dead'),
        {
          id: (letter) => letter.deliveryId,
          webhook: (letter) => letter.webhookId,
          type: (letter) => letter.type,
          written: (letter) => age(letter.createdAt, context.terminal.now()),
          tries: (letter) => String(letter.attempts),
          'last error': (letter) => letter.lastError,
        },
        'No notice was given up',
      ),
  }),
  command({
    name: 'webhook redeliver',
    summary: 'Try a notice again that was given up',
    positionals: { id: required('ID', 'id of the notice, from webhook dead') },
    run: async (context, given) => {
      await context.api('webhooks.redeliver', { params: { id: given.id } });
      context.terminal.note('Queued again');
    },
  }),
];
