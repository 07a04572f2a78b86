import {
  type AccountKeysStatus,
  type BootstrapGroup,
  type BootstrapKeys,
  type BootstrapSession,
  type BootstrapTemplate,
  compact,
} from '@reeve/contract';
import { type Context, command } from '../command.ts';
import { Failure } from '../failure.ts';
import { choice, required, text } from '../options.ts';
import { type Columns, facts, pageQuery, paging, show, showList, table } from '../output.ts';
import { readSource } from '../secret-input.ts';
import { clean } from '../table.ts';
import type { Style } from '../terminal.ts';
import { age, clockTime, duration } from '../words.ts';
import { operate, waiting } from './operate.ts';

const account = {
  device: required('DEVICE', 'endpoint name or id'),
  server: required('SERVER', 'short server id of an account of its template'),
};
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
      const body = readJson<BootstrapTemplate>(given.file, await readSource(given.file, context.terminal));
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
  command({
    name: 'bootstrap key ls',
    summary: 'List the servers elsewhere that a device is given accounts on, and whose keys it is given; not the keys',
    positionals: { device: account.device },
    run: async (context, given) => {
      const page = await context.api('bootstrap.account-keys', { params: { device: given.device } });
      const none = 'Its template has no account on a server elsewhere that needs keys';
      showList(context, page, keyColumns(context.terminal.now()), none);
    },
  }),
  command({
    name: 'bootstrap key set',
    summary: 'Give a device keys of its own for a server elsewhere, in the place of those of its template',
    positionals: {
      ...account,
      file: required('FILE', 'the keys in JSON, as "keys" of a template, - for stdin; see docs/bootstrap.md'),
    },
    run: async (context, { device, server, file }) => {
      const body = readJson<BootstrapKeys>(file, await readSource(file, context.terminal));
      const set = await context.api('bootstrap.set-account-keys', { params: { device, server }, body });
      show(context, set, () => []);
      context.terminal.note(`${device} is given these keys for server ${server} when it is bootstrapped next.`);
    },
  }),
  command({
    name: 'bootstrap key rm',
    summary: 'Take the keys of its own from a device: it is given those of its template',
    positionals: account,
    run: async (context, { device, server }) => {
      await context.api('bootstrap.remove-account-keys', { params: { device, server } });
      context.terminal.note(`Removed the keys that ${device} had of its own for server ${server}`);
    },
  }),
];

/** The server says what is wrong in it; here it only has to be JSON. @throws Failure `usage` */
function readJson<T>(file: string, source: string): T {
  try {
    return JSON.parse(source) as T;
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

function keyColumns(now: number): Columns<AccountKeysStatus> {
  return {
    server: (each) => String(each.shortServerId),
    uri: (each) => each.uri ?? '',
    keys: ({ own, fault }) => (own ? 'its own' : fault === undefined ? 'of its template' : 'none'),
    set: (each) => age(each.changedAt, now),
    by: (each) => each.changedBy ?? '',
    problem: ({ fault }) => (fault === undefined ? '' : ['red', fault]),
  };
}
