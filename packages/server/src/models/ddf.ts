import { type ObjectDefinition, plainName, type ResourceDefinition } from '@reeve/lwm2m';
import { modelLimits as limits } from './limits.ts';
import { readMandatory, readMultiple, readOperations, readRange, readType } from './wording.ts';
import { childrenOf, type Element, type Mistake, readXml } from './xml.ts';

export type DdfResult =
  | { readonly ok: true; readonly definitions: readonly ObjectDefinition[] }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] };

/** Types whose range is a range of values or of lengths. */
const RANGED: ReadonlySet<string> = new Set(['string', 'opaque', 'integer', 'unsigned', 'float']);
const LARGEST_OBJECT = 65_534;
const LARGEST_RESOURCE = 65_534;

/**
 * Reads object definitions as the OMA registry publishes them (LWM2M.xsd, LWM2M-v1_1.xsd; OMA Core Appendix D). Where
 * authors are free or careless it is lenient; what decides how values are read must be clear. Descriptions are not kept.
 */
export function readDdf(text: string): DdfResult {
  if (Buffer.byteLength(text) > limits.documentBytes) {
    return refusal(1, `is larger than ${limits.documentBytes / 1024} KiB: send one object a document`);
  }
  const parsed = readXml(text);
  if (!parsed.ok) return { ok: false, mistakes: [parsed.mistake] };
  const { root } = parsed;
  if (root.name !== 'LWM2M') {
    return refusal(root.line, `begins with <${plainName(root.name)}>, not <LWM2M>: this is no object definition`);
  }
  const objects = childrenOf(root, 'Object');
  if (objects.length === 0) return refusal(root.line, 'has no <Object>');
  if (objects.length > limits.objects) return refusal(root.line, `has more than ${limits.objects} objects`);
  const reader = new Reader();
  const definitions = objects.map((object) => reader.object(object));
  return reader.mistakes.length === 0
    ? { ok: true, definitions: definitions.filter((each) => each !== undefined) }
    : { ok: false, mistakes: reader.mistakes.slice(0, limits.mistakes) };
}

function refusal(line: number, message: string): DdfResult {
  return { ok: false, mistakes: [{ line, message: `the document ${message}` }] };
}

/** Gathers every mistake of a document, so that its author need not find them one by one. */
class Reader {
  readonly mistakes: Mistake[] = [];

  object(element: Element): ObjectDefinition | undefined {
    const where = `object ${textOf(element, 'ObjectID') || '?'}`;
    const id = this.#id(element, 'ObjectID', LARGEST_OBJECT, where);
    const name = this.#name(element, where);
    const version = this.#version(element, where);
    const traits = this.#traits(element, where);
    const [list] = childrenOf(element, 'Resources');
    const items = list ? childrenOf(list, 'Item') : [];
    if (!list) this.#wrong(element, `${where} has no <Resources>`);
    if (items.length > limits.resources) {
      this.#wrong(element, `${where} has more than ${limits.resources} resources`);
      return undefined;
    }
    const resources = new Map<number, ResourceDefinition>();
    for (const item of items) {
      const resource = this.#resource(item);
      if (!resource) continue;
      if (resources.has(resource.id)) this.#wrong(item, `resource ${resource.id} is defined twice`);
      resources.set(resource.id, resource);
    }
    if (id === undefined || name === undefined || version === undefined || !traits) return undefined;
    return { id, name, version, ...traits, resources };
  }

  #resource(item: Element): ResourceDefinition | undefined {
    const { ID = '' } = item.attributes;
    const where = `resource ${plainName(ID) || '?'}`;
    const id = wholeNumber(ID, LARGEST_RESOURCE);
    if (id === undefined) this.#wrong(item, `${where} needs an ID from 0 to ${LARGEST_RESOURCE}`);
    const name = this.#name(item, where);
    const traits = this.#traits(item, where);
    const operations = this.#word(item, 'Operations', readOperations, 'R, W, RW, E or nothing', where);
    const said = this.#word(item, 'Type', readType, 'a data type of LwM2M, such as Integer', where);
    if (operations === undefined || said === undefined) return undefined;
    if (said === 'none' && operations !== 'E') {
      this.#wrong(item, `${where} has no <Type>; only what is executed may leave it out`);
    }
    if (id === undefined || name === undefined || !traits) return undefined;
    const type = operations === 'E' ? 'none' : said;
    const range = RANGED.has(type) ? readRange(textOf(item, 'RangeEnumeration')) : undefined;
    const units = plainName(textOf(item, 'Units'));
    return {
      id,
      name,
      operations,
      type,
      ...traits,
      ...(range ? { range } : {}),
      ...(units === '' || units.length > limits.unitsLength ? {} : { units }),
    };
  }

  #name(element: Element, where: string): string | undefined {
    const name = plainName(textOf(element, 'Name'));
    if (name !== '' && name.length <= limits.nameLength) return name;
    this.#wrong(element, `${where} needs a <Name> of 1 to ${limits.nameLength} characters`);
    return undefined;
  }

  #id(element: Element, tag: string, largest: number, where: string): number | undefined {
    const id = wholeNumber(textOf(element, tag), largest);
    if (id === undefined) this.#wrong(element, `${where} needs an <${tag}> from 0 to ${largest}`);
    return id;
  }

  /** What the document says; else what its URN ends with; else 1.0, which a URN leaves out. */
  #version(element: Element, where: string): string | undefined {
    const said = textOf(element, 'ObjectVersion');
    const urn = /^urn:oma:lwm2m:[a-z]+:\d+:(.+)$/i.exec(textOf(element, 'ObjectURN'))?.[1];
    const version = said || (urn ?? '1.0');
    if (/^\d{1,5}\.\d{1,5}$/.test(version)) return version.split('.').map(Number).join('.');
    this.#wrong(element, `${where} has the version "${plainName(version)}": it must be two numbers, such as 1.0`);
    return undefined;
  }

  #traits(element: Element, where: string): { multiple: boolean; mandatory: boolean } | undefined {
    const multiple = this.#word(element, 'MultipleInstances', readMultiple, 'Single or Multiple', where);
    const mandatory = this.#word(element, 'Mandatory', readMandatory, 'Mandatory or Optional', where);
    return multiple === undefined || mandatory === undefined ? undefined : { multiple, mandatory };
  }

  #word<T>(
    element: Element,
    tag: string,
    read: (text: string) => T | undefined,
    wanted: string,
    where: string,
  ): T | undefined {
    const text = textOf(element, tag);
    const value = read(text);
    if (value === undefined) this.#wrong(element, `${where} has <${tag}> "${plainName(text)}": it must be ${wanted}`);
    return value;
  }

  #wrong({ line }: Element, message: string): void {
    this.mistakes.push({ line, message });
  }
}

/** The text of the first child with a name; nothing if there is none. */
function textOf(element: Element, name: string): string {
  return childrenOf(element, name)[0]?.text ?? '';
}

function wholeNumber(text: string, largest: number): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= largest ? Number(text) : undefined;
}
