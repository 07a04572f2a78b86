import { type BootstrapGroup, type BootstrapSession, type BootstrapTemplate, compact } from '@reeve/contract';
import { type Context, command } from '../command.ts';
import { Failure } from '../failure.ts';
import { choice, required, text } from '../options.ts';
import { type Columns, facts, pageQuery, paging, show, showList, table } from '../output.ts';
import { readSource } from '../secret-input.ts';
import { clean } from '../table.ts';
import type { Style } from '../terminal.ts';
import { age, clockTime, duration } from '../words.ts';
import { operate, waiting } from './operate.ts';

const group = { name: required('GROUP', 'label `group` of its devices; default: of all others') };

export const bootstrapCommands = [
  command({
    name: 'device bootstrap',
    summary: 'Ask a registered device to be bootstrapped again, e.g. to get another key',
    positionals: { device: required('DEVICE', 'endpoint name or id') },
    options: waiting,
    run: async (context, given) => {
      const { objects } = await context.api('devices.show', { params: { device: given.device } });
      const [instance] = objects.find(({ objectId }) => objectId === 1)?.instances ?? [];
      if (instance === undefined) throw new Failure('refused', `${given.device} has not said that it has an account`);
      return operate(context, given, { kind: 'execute', path: `/1/${instance}/9` });
    },
  }),
  command({
    name: 'bootstrap ls',
    summary: 'List bootstrap sessions, newest first',
    options: {
      device: text('DEVICE', 'only those of this device'),
      state: choice(['running', 'finished', 'failed'], 'only those in this state'),
      ...paging,
    },
    run: async (context, given) => {
      const query = { ...pageQuery(given), ...compact({ device: given.device, state: given.state }) };
      const page = await context.api('bootstrap.list', { query });
      showList(context, page, sessionColumns(context.terminal.now()), 'No device asked to be bootstrapped yet');
    },
  }),
  command({
    name: 'bootstrap show',
    summary: 'Show a bootstrap session, step by step',
    positionals: { id: required('ID', 'id of the session') },
    run: async (context, given) => {
      const session = await context.api('bootstrap.show', { params: { id: given.id } });
      show(context, session, () => sessionLines(context, session));
    },
  }),
  command({
    name: 'bootstrap template ls',
    summary: 'List what devices are given, by group',
    run: async (context) =>
      showList(context, await context.api('bootstrap.templates'), templateColumns(context.terminal.now()), ''),
  }),
  command({
    name: 'bootstrap template show',
    summary: 'Show what the devices of a group are given, as the JSON that template set takes',
    positionals: group,
    run: async (context, given) => {
      const { template } = await context.api('bootstrap.template', { params: { name: given.name } });
      context.terminal.out(JSON.stringify(template, null, 2));
    },
  }),
  command({
    name: 'bootstrap template set',
    summary: 'Say what the devices of a group are given from now on',
    positionals: { ...group, file: required('FILE', 'the template in JSON, - for stdin; see docs/bootstrap.md') },
    run: async (context, given) => {
      const body = readTemplate(given.file, await readSource(given.file, context.terminal));
      const set = await context.api('bootstrap.set-template', { params: { name: given.name }, body });
      show(context, set, () => []);
      context.terminal.note(`Devices of the group ${given.name} are given this when they are bootstrapped next.`);
    },
  }),
  command({
    name: 'bootstrap template rm',
    summary: 'Remove the template of a group: its devices are given the default one',
    positionals: group,
    run: async (context, given) => {
      await context.api('bootstrap.remove-template', { params: { name: given.name } });
      context.terminal.note(`Removed the template of the group ${given.name}`);
    },
  }),
];

/** The server says what is wrong in it; here it only has to be JSON. @throws Failure `usage` */
function readTemplate(file: string, source: string): BootstrapTemplate {
  try {
    return JSON.parse(source) as BootstrapTemplate;
  } catch (error) {
    throw new Failure('usage', `${file} is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const colours: Readonly<Record<BootstrapSession['state'], Style>> = {
  running: 'yellow',
  finished: 'green',
  failed: 'red',
};

function sessionColumns(now: number): Columns<BootstrapSession> {
  return {
    id: (each) => each.bootstrapId,
    endpoint: (each) => each.endpoint,
    group: (each) => each.group,
    state: ({ state }) => [colours[state], state],
    began: (each) => age(each.startedAt, now),
    took: ({ startedAt, endedAt }) => (endedAt === undefined ? '' : duration(endedAt - startedAt)),
    from: (each) => each.address,
    reason: (each) => each.reason ?? '',
  };
}

function sessionLines(context: Context, session: BootstrapSession): string[] {
  const { terminal } = context;
  const { state, reason, steps, endpoint, group: name, address, identity, version, startedAt } = session;
  const head = terminal.style(colours[state], reason === undefined ? state : `${state}: ${clean(reason)}`);
  return [
    `${clean(endpoint)}  ${head}`,
    '',
    ...facts(context, {
      id: session.bootstrapId,
      group: name,
      began: age(startedAt, terminal.now()),
      from: address,
      identity: identity ?? 'none: without DTLS',
      version: version && `LwM2M ${version}`,
    }),
    '',
    ...table(context, steps, {
      at: (step) => clockTime(step.at),
      step: (step) => step.text,
      result: ({ result }) => (result === 'done' ? '' : [result === 'failed' ? 'red' : 'yellow', result]),
    }),
  ];
}

function templateColumns(now: number): Columns<BootstrapGroup> {
  return {
    group: (each) => each.name,
    accounts: ({ template }) =>
      template.accounts.map(({ shortServerId, uri }) => `${shortServerId} ${uri ?? 'this server'}`).join(', '),
    security: ({ template }) => template.accounts.map(({ security = 'psk' }) => security).join(', '),
    clears: ({ template }) => template.clear ?? 'accounts',
    resources: ({ template }) => String(template.resources?.length ?? 0),
    values: ({ template }) => String(template.values?.length ?? 0),
    changed: (each) => (each.builtIn ? 'built in' : age(each.changedAt, now)),
    by: (each) => each.changedBy ?? '',
  };
}
