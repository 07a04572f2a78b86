import { Approval } from '@reeve/contract';
import { command } from '../command.ts';
import { choice, required } from '../options.ts';
import { show, showList } from '../output.ts';
import { age } from '../words.ts';

const states = Approval.properties.state.anyOf.map(({ const: state }) => state);
const id = { id: required('ID', 'id of the approval') };

export const approvalCommands = [
  command({
    name: 'approval ls',
    summary: 'List responses that wait for a person',
    options: { state: choice(states, 'in this state', 'waiting') },
    run: async (context, given) =>
      showList(
        context,
        await context.api('approvals.list', { query: { state: given.state } }),
        {
          id: (approval) => approval.approvalId,
          state: (approval) => approval.state,
          device: (approval) => approval.endpoint,
          action: (approval) => approval.action,
          why: (approval) => approval.reason,
          asked: (approval) => age(approval.createdAt, context.terminal.now()),
          by: (approval) => approval.decidedBy ?? '',
        },
        'Nothing waits for a person',
      ),
  }),
  command({
    name: 'approval approve',
    summary: 'Let a response go ahead',
    positionals: id,
    run: async (context, given) => {
      const approval = await context.api('approvals.approve', { params: { id: given.id } });
      show(context, approval, () => [`${approval.action}: ${approval.state}`]);
    },
  }),
  command({
    name: 'approval deny',
    summary: 'Refuse a response',
    positionals: id,
    run: async (context, given) => {
      const approval = await context.api('approvals.deny', { params: { id: given.id } });
      show(context, approval, () => [`${approval.action}: ${approval.state}`]);
    },
  }),
];
