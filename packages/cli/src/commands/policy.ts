import { ApiError, type PolicyApplied } from '@reeve/contract';
import { type Context, command } from '../command.ts';
import type { ExitName } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import { required } from '../options.ts';
import { facts, show, showList, table } from '../output.ts';
import { policyErrorLines } from '../policy-errors.ts';
import { readSource } from '../secret-input.ts';
import { age, counted } from '../words.ts';
import { ruleColumns } from './device-view.ts';

const id = { id: required('ID', 'id of the policy') };
/** Devices of a policy that are shown. */
const SHOWN = 20;

export const policyCommands = [
  command({
    name: 'policy apply',
    summary: 'Apply a policy document, and tell which devices it matches and what they lack',
    positionals: { file: required('FILE', 'the document in YAML, - for stdin') },
    run: (context, given) => apply(context, given.file),
  }),
  command({
    name: 'policy ls',
    summary: 'List policies',
    run: async (context) =>
      showList(
        context,
        await context.api('policies.list'),
        {
          id: (policy) => policy.policyId,
          mode: (policy) => policy.mode,
          version: (policy) => String(policy.version),
          devices: (policy) => String(policy.devices.total),
          breached: ({ devices }) => (devices.breached > 0 ? ['red', String(devices.breached)] : '0'),
          'cannot evaluate': ({ devices }) => String(devices.cannotEvaluate),
          waiting: ({ devices }) => String(devices.waiting),
          applied: (policy) => age(policy.appliedAt, context.terminal.now()),
          by: (policy) => policy.appliedBy.name,
        },
        'No policies. Apply one: reeve policy apply FILE',
      ),
  }),
  command({
    name: 'policy show',
    summary: 'Show a policy and how its rules stand, device by device',
    positionals: id,
    run: async (context, given) => {
      const policy = await context.api('policies.show', { params: { id: given.id } });
      const page = await context.api('policies.devices', { params: { id: given.id }, query: { limit: SHOWN } });
      const now = context.terminal.now();
      const standing = page.items.flatMap(({ endpoint, rules }) => rules.map((rule) => ({ endpoint, rule })));
      const { policy: _, ...columns } = ruleColumns(now);
      const perRule = Object.entries(columns).map(
        ([title, cell]) => [title, (each: (typeof standing)[number]) => cell(each.rule)] as const,
      );
      show(context, policy, () => [
        ...facts(context, {
          policy: `${policy.policyId}, version ${policy.version}, ${policy.mode}`,
          applied: `${age(policy.appliedAt, now)} by ${policy.appliedBy.name}`,
          devices: describeDevices(policy.devices),
        }),
        '',
        ...table(context, policy.rules, {
          rule: (rule) => rule.ruleId,
          'must be so': (rule) => rule.text,
          response: (rule) => rule.respond.join(', '),
        }),
        ...(standing.length === 0
          ? []
          : ['', ...table(context, standing, { device: (each) => each.endpoint, ...Object.fromEntries(perRule) })]),
        ...(page.next === undefined ? [] : [`… and ${policy.devices.total - page.items.length} more devices`]),
      ]);
    },
  }),
  command({
    name: 'policy rm',
    summary: 'Remove a policy; its automatic responses are undone',
    positionals: id,
    run: async (context, given) => {
      await context.api('policies.remove', { params: { id: given.id } });
      context.terminal.note(`Removed ${given.id}`);
    },
  }),
];

async function apply(context: Context, file: string): Promise<ExitName> {
  const { terminal } = context;
  const source = await readSource(file, terminal);
  let applied: PolicyApplied;
  try {
    applied = await context.api('policies.apply', { body: { source } });
  } catch (error) {
    if (!(error instanceof ApiError) || error.problem.code !== 'invalid-policy') throw error;
    const { errors = [] } = error.problem;
    if (context.json) show(context, error.problem, () => []);
    else for (const line of policyErrorLines(errors, source, file === '-' ? 'stdin' : file)) terminal.note(line);
    throw new Failure('refused', `${counted(errors.length, 'error')}: nothing was changed`);
  }
  const { policy, created, matches } = applied;
  show(context, applied, () => [
    `${created ? 'Applied' : 'Replaced'} ${policy.policyId}, version ${policy.version}, mode ${policy.mode}`,
    `Matches ${counted(matches.length, 'device')}${matches.length > 0 ? ':' : ''}`,
    ...matches.slice(0, SHOWN).map(({ endpoint, lacks }) => {
      return `  ${endpoint}${lacks.length > 0 ? `  lacks: ${lacks.join('; ')}` : ''}`;
    }),
    ...(matches.length > SHOWN ? [`  … and ${matches.length - SHOWN} more`] : []),
  ]);
  return 'ok';
}

function describeDevices({ total, ok, breached, cannotEvaluate, waiting }: PolicyApplied['policy']['devices']): string {
  return `${total}: ${ok} ok, ${breached} breached, ${cannotEvaluate} cannot be evaluated, ${waiting} waiting`;
}
