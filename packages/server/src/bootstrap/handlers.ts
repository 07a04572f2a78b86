import type { BootstrapGroup } from '@reeve/contract';
import { ReeveError } from '../errors.ts';
import type { Handlers } from '../http/handlers.ts';
import type { BootstrapId, Millis, OrganisationId } from '../ids.ts';
import { type Fleet, requireDevice } from '../registry/fleet.ts';
import type { Store } from '../store/port.ts';
import type { Models } from '../telemetry/models.ts';
import { checkTemplate } from './check.ts';
import { type ElsewhereKeys, shown } from './elsewhere.ts';
import { bootstrapLimits } from './limits.ts';
import { type BootstrapRow, sessionView } from './records.ts';
import type { TemplateValues } from './template-values.ts';
import { BUILT_IN, DEFAULT_GROUP, type TemplateRow, type Templates } from './templates.ts';

interface Options {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly templates: Templates;
  readonly keys: ElsewhereKeys;
  readonly templateValues: TemplateValues;
  readonly models: Models;
  readonly now: () => Millis;
}

type BootstrapRoute =
  | 'bootstrap.list'
  | 'bootstrap.show'
  | 'bootstrap.templates'
  | 'bootstrap.template'
  | 'bootstrap.set-template'
  | 'bootstrap.remove-template';

/** Routes of the bootstrap server. */
export function bootstrapHandlers({
  store,
  fleet,
  templates,
  keys,
  templateValues,
  models,
  now,
}: Options): Pick<Handlers, BootstrapRoute> {
  const find = async (organisationId: OrganisationId, id: string): Promise<BootstrapRow> => {
    const row = await store.get('bootstraps', { bootstrapId: id as BootstrapId });
    if (row?.organisationId === organisationId) return row;
    throw new ReeveError('no-such-thing', `No bootstrap session "${id}": see \`reeve bootstrap ls\``);
  };
  return {
    'bootstrap.list': async ({ organisationId, query }) => {
      const { device, state, limit = 100 } = query;
      const of = device === undefined ? undefined : requireDevice(fleet, organisationId, device).row.deviceId;
      const after = query.after === undefined ? undefined : await find(organisationId, query.after);
      const rows = await store.list('bootstraps', {
        where: {
          organisationId,
          ...(of === undefined ? {} : { deviceId: of }),
          ...(state === undefined ? {} : { state }),
        },
        orderBy: 'startedAt',
        descending: true,
        limit,
        ...(after ? { after } : {}),
      });
      const items = rows.map(sessionView);
      const last = rows.at(-1);
      return rows.length === limit && last ? { items, next: last.bootstrapId } : { items };
    },

    'bootstrap.show': async ({ organisationId, params }) => sessionView(await find(organisationId, params.id)),

    'bootstrap.templates': async ({ organisationId }) => {
      const rows = templates.of(organisationId).map(groupView);
      return { items: rows.some(({ name }) => name === DEFAULT_GROUP) ? rows : [builtIn, ...rows] };
    },

    'bootstrap.template': async ({ organisationId, params: { name } }) => {
      const row = templates.get(organisationId, name);
      if (row) return groupView(row);
      if (name === DEFAULT_GROUP) return builtIn;
      throw noTemplate(name);
    },

    'bootstrap.set-template': async ({ organisationId, params: { name }, body, actor }) => {
      const before = templates.get(organisationId, name);
      const owner = { organisationId, name };
      const template = templateValues.completed(keys.completed(body, before), before?.template, owner);
      checkTemplate(template, models);
      if (!before && templates.of(organisationId).length >= bootstrapLimits.templates) {
        throw new ReeveError('too-many', `There are at most ${bootstrapLimits.templates} templates: remove one first`);
      }
      const at = now();
      const stored = templateValues.sealed(keys.sealed(template, owner), owner);
      const row: TemplateRow = { organisationId, name, template: stored, changedAt: at, changedBy: actor.name };
      await store.commit({
        changes: [{ put: 'bootstrapTemplates', row }],
        journal: [{ type: 'bootstrap.template-set', at, organisationId, actor, payload: { name } }],
      });
      templates.put(row);
      return groupView(row);
    },

    'bootstrap.remove-template': async ({ organisationId, params: { name }, actor }) => {
      if (!templates.get(organisationId, name)) throw noTemplate(name);
      const key = { organisationId, name };
      await store.commit({
        changes: [{ delete: 'bootstrapTemplates', key }],
        journal: [{ type: 'bootstrap.template-removed', at: now(), organisationId, actor, payload: { name } }],
      });
      templates.remove(key);
      return undefined;
    },
  };
}

const builtIn: BootstrapGroup = { name: DEFAULT_GROUP, template: BUILT_IN, builtIn: true };

function groupView({ name, template, changedAt, changedBy }: TemplateRow): BootstrapGroup {
  return { name, template: shown(template), builtIn: false, changedAt, changedBy };
}

function noTemplate(name: string): ReeveError {
  return new ReeveError('no-such-thing', `There is no template "${name}": see \`reeve bootstrap template ls\``);
}
