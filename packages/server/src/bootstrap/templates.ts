import type { BootstrapTemplate } from '@reeve/contract';
import type { OrganisationId } from '../ids.ts';
import { pages } from '../registry/fleet.ts';
import type { StoredTemplate } from '../store/bootstrap-tables.ts';
import type { Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';

export type TemplateRow = Row<'bootstrapTemplates'>;

/** The group of devices that name none, or one without a template. */
export const DEFAULT_GROUP = 'default';
/** The label of a device that names its group. */
const GROUP_LABEL = 'group';

/** What devices are given as long as nobody says otherwise: an account on this server, with a key of their own. */
export const BUILT_IN: BootstrapTemplate = { accounts: [{ shortServerId: 1 }] };

/** What each group of devices is given. Changed only after commits. */
export class Templates {
  readonly #rows = new Map<string, TemplateRow>();

  static async load(store: Store): Promise<Templates> {
    const templates = new Templates();
    for await (const row of pages(store, 'bootstrapTemplates')) templates.put(row);
    return templates;
  }

  /** Those that somebody made, by name. */
  of(organisationId: OrganisationId): TemplateRow[] {
    return [...this.#rows.values()]
      .filter((row) => row.organisationId === organisationId)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  get(organisationId: OrganisationId, name: string): TemplateRow | undefined {
    return this.#rows.get(keyOf(organisationId, name));
  }

  /** What a device is given, and the name of the group that it is given that for. */
  for({ organisationId, labels }: Row<'devices'>): { readonly group: string; readonly template: StoredTemplate } {
    const named = labels[GROUP_LABEL];
    const own = named === undefined ? undefined : this.get(organisationId, named);
    const { name, template } = own ??
      this.get(organisationId, DEFAULT_GROUP) ?? { name: DEFAULT_GROUP, template: BUILT_IN };
    return { group: name, template };
  }

  put(row: TemplateRow): void {
    this.#rows.set(keyOf(row.organisationId, row.name), row);
  }

  remove({ organisationId, name }: Pick<TemplateRow, 'organisationId' | 'name'>): void {
    this.#rows.delete(keyOf(organisationId, name));
  }
}

function keyOf(organisationId: OrganisationId, name: string): string {
  return `${organisationId} ${name}`;
}
