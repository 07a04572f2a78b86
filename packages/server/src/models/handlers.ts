import type { ModelDetail, ModelInfo } from '@reeve/contract';
import { type ObjectDefinition, urnOf } from '@reeve/lwm2m';
import { ReeveError } from '../errors.ts';
import type { Handlers } from '../http/handlers.ts';
import type { Millis } from '../ids.ts';
import type { Fleet } from '../registry/fleet.ts';
import type { Store } from '../store/port.ts';
import { resourcesOf, versionsOf } from '../telemetry/models.ts';
import { readDdf } from './ddf.ts';
import { type ModelLibrary, rowOf } from './library.ts';
import { modelLimits } from './limits.ts';

interface Options {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly library: ModelLibrary;
  readonly now: () => Millis;
}

type ModelRoutes = 'models.list' | 'models.show' | 'models.add' | 'models.remove';

/** Routes of object definitions. */
export function modelHandlers({ store, fleet, library, now }: Options): Pick<Handlers, ModelRoutes> {
  const { definitions } = library.models;

  const info = (definition: ObjectDefinition): ModelInfo => {
    const { id: objectId, name, version, multiple, mandatory, resources } = definition;
    const added = library.added({ objectId, version });
    return {
      objectId,
      version,
      name,
      urn: urnOf(definition),
      multiple,
      mandatory,
      resourceCount: resources.size,
      source: added ? 'added' : 'shipped',
      ...(added ? { addedAt: added.addedAt } : {}),
    };
  };

  const detail = (definition: ObjectDefinition): ModelDetail => ({
    ...info(definition),
    versions: definitions.all().flatMap(({ id, version }) => (id === definition.id ? [version] : [])),
    resources: resourcesOf(definition),
    devices: devicesWith(definition),
  });

  /** Registered devices that are read by a definition. */
  const devicesWith = (definition: ObjectDefinition): number => {
    const { id } = definition;
    let devices = 0;
    for (const { registration } of fleet.all()) {
      if (registration?.state !== 'registered') continue;
      if (!registration.objects.some(({ objectId }) => objectId === id)) continue;
      if (definitions.find(id, versionsOf(registration)(id)) === definition) devices++;
    }
    return devices;
  };

  return {
    'models.list': async () => ({ items: definitions.all().map(info) }),

    'models.show': async ({ params, query }) => {
      const definition = definitions.find(Number(params.object), query.version);
      if (definition && (query.version === undefined || definition.version === query.version))
        return detail(definition);
      throw unknownModel(params.object, query.version);
    },

    'models.add': async ({ organisationId, body, actor }) => {
      const read = readDdf(body.xml);
      if (!read.ok) {
        const places = read.mistakes.map(({ line, message }) => ({ at: `line ${line}`, message }));
        throw new ReeveError('invalid-model', 'The document is no object definition: correct what is named', places);
      }
      const addedAt = now();
      const rows = read.definitions.map((definition) => rowOf(definition, { organisationId, addedAt }));
      const shipped = rows.find((row) => library.isShipped(row));
      if (shipped) {
        const { objectId, version } = shipped;
        throw new ReeveError(
          'wrong-state',
          `Version ${version} of object ${objectId} comes with Reeve and stays as it is: give a changed object another version`,
        );
      }
      const more = rows.filter((row) => !library.added(row)).length;
      if (library.size + more > modelLimits.uploaded) {
        throw new ReeveError('too-many', `${modelLimits.uploaded} definitions were added: remove some first`);
      }
      await store.commit({
        changes: rows.map((row) => ({ put: 'models', row })),
        journal: read.definitions.map(({ id: objectId, version, name }) => ({
          type: 'model.added',
          at: addedAt,
          organisationId,
          actor,
          payload: { objectId, version, name, replaced: library.added({ objectId, version }) !== undefined },
        })),
      });
      library.put(rows);
      return { items: read.definitions.map(info) };
    },

    'models.remove': async ({ organisationId, params, actor }) => {
      const key = { objectId: Number(params.object), version: params.version };
      if (library.isShipped(key)) {
        throw new ReeveError('wrong-state', `Version ${key.version} of object ${key.objectId} comes with Reeve`);
      }
      const definition = library.added(key) && definitions.find(key.objectId, key.version);
      if (!definition) throw unknownModel(params.object, params.version);
      await store.commit({
        changes: [{ delete: 'models', key }],
        journal: [
          { type: 'model.removed', at: now(), organisationId, actor, payload: { ...key, name: definition.name } },
        ],
      });
      library.remove(key);
      return undefined;
    },
  };
}

function unknownModel(object: string, version: string | undefined): ReeveError {
  const which = version === undefined ? `object ${object}` : `version ${version} of object ${object}`;
  return new ReeveError('no-such-thing', `No definition of ${which}: see \`reeve model ls\``);
}
