import { compact, type Incident, IncidentState } from '@reeve/contract';
import { type Context, command } from '../command.ts';
import { choice, required, text } from '../options.ts';
import { type Columns, facts, pageQuery, paging, show, showList } from '../output.ts';
import { clean } from '../table.ts';
import type { Style } from '../terminal.ts';
import { age, clockTime } from '../words.ts';

const states = IncidentState.anyOf.map(({ const: state }) => state);
const id = { id: required('ID', 'id of the incident') };
const stateStyle: Readonly<Record<Incident['state'], Style>> = { open: 'red', cleared: 'yellow', closed: 'dim' };

export const incidentCommands = [
  command({
    name: 'incident ls',
    summary: 'List incidents, newest first',
    options: { device: text('DEVICE', 'only of this device'), state: choice(states, 'only in this state'), ...paging },
    run: async (context, given) => {
      const query = { ...pageQuery(given), ...compact({ device: given.device, state: given.state }) };
      const page = await context.api('incidents.list', { query });
      showList(context, page, incidentColumns(context.terminal.now()), 'No incidents');
    },
  }),
  command({
    name: 'incident show',
    summary: 'Show an incident: the rule, its evidence, what was done and what happened',
    positionals: id,
    run: async (context, given) => {
      const incident = await context.api('incidents.show', { params: { id: given.id } });
      const { items } = await context.api('incidents.timeline', { params: { id: given.id } });
      show(context, incident, () => [
        ...incidentLines(context, incident),
        '',
        context.terminal.style('bold', 'Timeline'),
        ...items.map(({ at, text: what }) => `  ${clockTime(at)}  ${clean(what)}`),
      ]);
    },
  }),
  command({
    name: 'incident ack',
    summary: 'Say that you look after an incident',
    positionals: id,
    run: async (context, given) => {
      const incident = await context.api('incidents.acknowledge', { params: { id: given.id } });
      show(context, incident, () => [`${incident.incidentId}: acknowledged by ${incident.acknowledgedBy ?? ''}`]);
    },
  }),
  command({
    name: 'incident close',
    summary: 'Close an incident',
    positionals: id,
    run: async (context, given) => {
      const incident = await context.api('incidents.close', { params: { id: given.id } });
      show(context, incident, () => [`${incident.incidentId}: ${incident.state}`]);
    },
  }),
];

function incidentColumns(now: number): Columns<Incident> {
  return {
    id: (incident) => incident.incidentId,
    state: (incident) => [stateStyle[incident.state], incident.state],
    device: (incident) => incident.endpoint,
    policy: (incident) => `${incident.policyId}/${incident.ruleId}`,
    opened: (incident) => age(incident.openedAt, now),
    'looked after by': (incident) => incident.acknowledgedBy ?? '',
    // Each time the cause comes back there is a response anew: the last one is how it stands.
    response: (incident) => incident.responses.at(-1)?.state ?? '',
    rule: (incident) => incident.rule,
  };
}

function incidentLines(context: Context, incident: Incident): string[] {
  const { terminal } = context;
  const now = terminal.now();
  return [
    `${terminal.style('bold', clean(incident.endpoint))}: ${clean(incident.rule)}`,
    '',
    ...facts(context, {
      id: incident.incidentId,
      state: incident.state,
      policy: `${incident.policyId}, rule ${incident.ruleId}`,
      opened: age(incident.openedAt, now),
      cleared: age(incident.clearedAt, now),
      closed: age(incident.closedAt, now),
      acknowledged: incident.acknowledgedBy && `${age(incident.acknowledgedAt, now)} by ${incident.acknowledgedBy}`,
    }),
    '',
    terminal.style('bold', 'Evidence'),
    ...incident.evidence.flatMap(({ at, text: what, values }) => [
      `  ${clockTime(at)}  ${clean(what)}`,
      ...values.map(({ label, value }) => `                ${clean(label)}: ${clean(String(value))}`),
    ]),
    ...incident.responses.flatMap(({ kind, state, until, steps }) => [
      '',
      `${terminal.style('bold', `Response: ${kind}`)}, ${state}${until !== undefined && state === 'locked' ? `, ends ${age(until, now)}` : ''}`,
      ...steps.map((step) => `  ${clockTime(step.at)}  ${clean(step.text)}`),
    ]),
  ];
}
