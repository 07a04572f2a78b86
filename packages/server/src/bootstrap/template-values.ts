import type { BootstrapTemplate, SetValue } from '@reeve/contract';
import type { OrganisationId } from '../ids.ts';
import type { StoredTemplate } from '../store/bootstrap-tables.ts';
import { SealError, type SealedPlace } from '../store/sealing.ts';
import type { SecretValues } from '../telemetry/secret-values.ts';

/** Whose template it is. */
interface Owner {
  readonly organisationId: OrganisationId;
  readonly name: string;
}

/** Both lists of a template: what is written while bootstrapping, and after the first registration. */
type Lists = Required<Pick<BootstrapTemplate, 'resources' | 'values'>>;

/** Keeps what is secret of the values in templates: sealed here, and told to devices alone. */
export class TemplateValues {
  readonly #secrets: SecretValues;

  constructor(secrets: SecretValues) {
    this.#secrets = secrets;
  }

  /** A template with the secrets that were given before in the place of those that stand as null. */
  completed(template: BootstrapTemplate, before: StoredTemplate | undefined, owner: Owner): BootstrapTemplate {
    const known = before && this.open(before, owner);
    if (!known) return template;
    const { resources, values } = template;
    return {
      ...template,
      ...(resources && { resources: filledIn(resources, known.resources) }),
      ...(values && { values: filledIn(values, known.values) }),
    };
  }

  sealed(template: StoredTemplate, owner: Owner): StoredTemplate {
    const resources = this.#secrets.keep(template.resources ?? [], placeOf(owner, 'resources'), undefined);
    const values = this.#secrets.keep(template.values ?? [], placeOf(owner, 'values'), undefined);
    return {
      ...template,
      ...(template.resources && { resources: resources.values }),
      ...(template.values && { values: values.values }),
      ...(resources.sealed && { sealedResources: Buffer.from(resources.sealed).toString('base64') }),
      ...(values.sealed && { sealedValues: Buffer.from(values.sealed).toString('base64') }),
    };
  }

  /** What a template has devices written; undefined if it was sealed with another key. */
  open(template: StoredTemplate, owner: Owner): Lists | undefined {
    const { resources = [], values = [], sealedResources, sealedValues } = template;
    try {
      return {
        resources: this.#secrets.open(resources, bytesOf(sealedResources), placeOf(owner, 'resources')),
        values: this.#secrets.open(values, bytesOf(sealedValues), placeOf(owner, 'values')),
      };
    } catch (error) {
      if (error instanceof SealError) return undefined;
      throw error;
    }
  }
}

function filledIn(values: readonly SetValue[], known: readonly SetValue[]): SetValue[] {
  return values.map((each) => {
    if (!each.secret || each.value !== null) return each;
    return known.find(({ path, secret }) => secret && path === each.path) ?? each;
  });
}

function bytesOf(base64: string | undefined): Uint8Array | undefined {
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64');
}

function placeOf({ organisationId, name }: Owner, list: keyof Lists): SealedPlace {
  return { table: 'bootstrapTemplates', row: `${organisationId} ${name}`, column: `template.${list}` };
}
