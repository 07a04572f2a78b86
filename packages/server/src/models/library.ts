import { type ObjectDefinition, readDefinitions, SHIPPED_DEFINITIONS, writeDefinition } from '@reeve/lwm2m';
import type { LinkDown } from '../link/port.ts';
import type { Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import { Models } from '../telemetry/models.ts';

/** A version of an object. */
export interface ModelKey {
  readonly objectId: number;
  readonly version: string;
}

const keyOf = ({ objectId, version }: ModelKey) => `${objectId}/${version}`;
const SHIPPED: ReadonlySet<string> = new Set(
  SHIPPED_DEFINITIONS.map(({ id, version }) => keyOf({ objectId: id, version })),
);

/** The definitions that people added beside the shipped ones: in the store, in use here, and told to the link. */
export class ModelLibrary {
  readonly models = new Models();
  readonly #added = new Map<string, Row<'models'>>();
  readonly #send: (message: LinkDown) => void;

  private constructor(send: (message: LinkDown) => void) {
    this.#send = send;
  }

  /** A version that has been shipped since somebody added it stays in the store, and counts no more. */
  static async load(store: Store, send: (message: LinkDown) => void): Promise<ModelLibrary> {
    const library = new ModelLibrary(send);
    library.put((await store.list('models')).filter((row) => !library.isShipped(row)));
    return library;
  }

  isShipped(key: ModelKey): boolean {
    return SHIPPED.has(keyOf(key));
  }

  /** What was added, if it was. */
  added(key: ModelKey): Row<'models'> | undefined {
    return this.#added.get(keyOf(key));
  }

  get size(): number {
    return this.#added.size;
  }

  /** After the commit. Devices that are registered with such an object are read by it from now on. */
  put(rows: readonly Row<'models'>[]): void {
    if (rows.length === 0) return;
    for (const row of rows) {
      this.#added.set(keyOf(row), row);
      for (const definition of readDefinitions(row.notation)) this.models.definitions.add(definition);
    }
    this.#send({ kind: 'definitions', added: rows.map(({ notation }) => notation), removed: [] });
  }

  /** After the commit. */
  remove(key: ModelKey): void {
    this.#added.delete(keyOf(key));
    this.models.definitions.remove(key.objectId, key.version);
    this.#send({ kind: 'definitions', added: [], removed: [{ objectId: key.objectId, version: key.version }] });
  }
}

/** A definition as it is stored. */
export function rowOf(
  definition: ObjectDefinition,
  { organisationId, addedAt }: Pick<Row<'models'>, 'organisationId' | 'addedAt'>,
): Row<'models'> {
  const { id, version } = definition;
  return { organisationId, objectId: id, version, notation: writeDefinition(definition), addedAt };
}
