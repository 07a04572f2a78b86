/**
 * Definitions as text: the form in which they are shipped, stored and handed between threads.
 *
 * ```
 * /3 Device; mandatory                          an object; or multiple, mandatory
 * 1.0                                           its oldest version
 * 4 E! Reboot                                   id, operations, name: ! is mandatory, * has several instances
 * 9 R integer Battery Level; 0..100; in %       with type, range and unit
 * 11 R*! integer Error Code; 0..8; 0 no error, 1 low battery power
 * 1.1                                           a later version: what it adds, changes
 * 9 removed                                     and takes away
 * ```
 *
 * A resource of the bootstrap server alone has `-` for its operations; one that is executed has no type.
 */

import { RESOURCE_TYPES, type ResourceType } from '../value.ts';
import { type ObjectDefinition, OPERATIONS, type ResourceDefinition } from './definition.ts';

const OBJECT = /^\/(\d+) ([^;]+)(?:; (multiple|mandatory|multiple, mandatory))?$/;
const VERSION = /^\d+\.\d+$/;
const REMOVED = /^(\d+) removed$/;
const RESOURCE = /^(\d+) (-|RW?|W|E)(\*?)(!?) ([^;]+)((?:; [^;]+)*)$/;
const RANGE = /^(-?[\d.]+(?:e[+-]\d+)?)\.\.(-?[\d.]+(?:e[+-]\d+)?)$/;
const UNITS = /^in (.+)$/;
const NAMED = /^(-?\d+) (.+)$/;

/**
 * Every version of every object that the text declares, each in full.
 *
 * @throws RangeError naming the line that is none: the text is the project's own, never a stranger's
 */
export function readDefinitions(text: string): ObjectDefinition[] {
  const definitions: ObjectDefinition[] = [];
  let object: Omit<ObjectDefinition, 'version' | 'resources'> | undefined;
  let resources = new Map<number, ResourceDefinition>();
  for (const [index, line] of text
    .split('\n')
    .map((each) => each.trim())
    .entries()) {
    if (line === '') continue;
    const header = OBJECT.exec(line);
    if (header) {
      const [, id, name = '', traits = ''] = header;
      object = {
        id: Number(id),
        name,
        multiple: traits.startsWith('multiple'),
        mandatory: traits.endsWith('mandatory'),
      };
      resources = new Map();
    } else if (object && VERSION.test(line)) {
      resources = new Map(resources);
      definitions.push({ ...object, version: line, resources });
    } else {
      const removed = REMOVED.exec(line);
      const resource = removed ? undefined : readResource(line);
      if (removed) resources.delete(Number(removed[1]));
      else if (resource && object) resources.set(resource.id, resource);
      else throw new RangeError(`line ${index + 1} of the definitions is none: ${line}`);
    }
  }
  return definitions;
}

/** One version of an object as text that {@link readDefinitions} reads back. */
export function writeDefinition({ id, name, version, multiple, mandatory, resources }: ObjectDefinition): string {
  const traits = [...(multiple ? ['multiple'] : []), ...(mandatory ? ['mandatory'] : [])].join(', ');
  const header = [`/${id} ${plainName(name)}`, ...(traits === '' ? [] : [traits])].join('; ');
  return [header, version, ...[...resources.values()].map(writeResource)].join('\n');
}

/** A name as the notation can hold it: one line, without what separates fields. */
export function plainName(name: string): string {
  return name.replace(/\s+/g, ' ').replaceAll(';', ',').trim();
}

function readResource(line: string): ResourceDefinition | undefined {
  const match = RESOURCE.exec(line);
  if (!match) return undefined;
  const [, id, letters = '', several, needed, words = '', details = ''] = match;
  const operations = OPERATIONS.find((each) => each === (letters === '-' ? '' : letters));
  const typed = operations === 'E' ? { type: 'none' as const, name: words } : readType(words);
  if (operations === undefined || typed === undefined) return undefined;
  const { name, type } = typed;
  const base = { id: Number(id), name, operations, type, multiple: several === '*', mandatory: needed === '!' };
  return details
    .split('; ')
    .slice(1)
    .reduce<ResourceDefinition | undefined>((so, detail) => so && readDetail(so, detail), base);
}

function readType(words: string): { type: ResourceType; name: string } | undefined {
  const space = words.indexOf(' ');
  const type = RESOURCE_TYPES.find((each) => each === words.slice(0, space));
  return type === undefined ? undefined : { type, name: words.slice(space + 1) };
}

function readDetail(resource: ResourceDefinition, detail: string): ResourceDefinition | undefined {
  const range = RANGE.exec(detail);
  if (range) return { ...resource, range: [Number(range[1]), Number(range[2])] };
  const units = UNITS.exec(detail)?.[1];
  if (units !== undefined) return { ...resource, units };
  const names: Record<number, string> = {};
  for (const part of detail.split(', ')) {
    const [, value, name] = NAMED.exec(part) ?? [];
    if (value === undefined || name === undefined) return undefined;
    names[Number(value)] = name;
  }
  return { ...resource, names };
}

function writeResource(resource: ResourceDefinition): string {
  const { id, name, operations, type, multiple, mandatory, range, units, names } = resource;
  const access = `${operations || '-'}${multiple ? '*' : ''}${mandatory ? '!' : ''}`;
  const head = [id, access, ...(operations === 'E' ? [] : [type]), plainName(name)].join(' ');
  const details = [
    ...(range ? [`${range[0]}..${range[1]}`] : []),
    ...(units === undefined ? [] : [`in ${plainName(units)}`]),
    ...(names === undefined
      ? []
      : [
          Object.entries(names)
            .map((pair) => pair.join(' '))
            .join(', '),
        ]),
  ];
  return [head, ...details].join('; ');
}
