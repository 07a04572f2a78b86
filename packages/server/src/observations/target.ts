import {
  type Attributes,
  attributeFault,
  formatAttributes,
  type LwM2mPath,
  parseAttributes,
  parsePath,
  ROOT_PATH,
} from '@reeve/lwm2m';
import { ReeveError } from '../errors.ts';
import { checkSince, enablerOf, type ModelOf } from '../telemetry/models.ts';

/** Paths of one composite observation. */
export const MAX_TARGET_PATHS = 50;

/**
 * What one observation is of. Several paths are one Observe-Composite. Attributes are those of this observation alone, in
 * place of what is attached to the paths (LwM2M Core §6.4.1, §6.4.3).
 *
 * Everywhere but in the link it is the text that its request reads as, which is its identity: `/3/0/9`,
 * `/3/0/9?pmin=10`, `/3/0/9 /6/0?pmax=60`. A plain path is the observation of that path.
 */
export interface ObservationTarget {
  readonly paths: readonly LwM2mPath[];
  readonly attributes?: Attributes;
}

/** Reads the text of a target; undefined for what is none. */
export function parseTarget(text: string): ObservationTarget | undefined {
  const [list = '', query, ...more] = text.split('?');
  const paths = list.split(' ').map(parsePath);
  if (more.length > 0 || paths.length > MAX_TARGET_PATHS || !paths.every((path) => path !== undefined)) {
    return undefined;
  }
  const distinct = [...new Set(paths)];
  if (query === undefined) return { paths: distinct };
  const parsed = parseAttributes(query.split('&'));
  if (!parsed.ok || Object.values(parsed.attributes).includes(null)) return undefined;
  return { paths: distinct, attributes: parsed.attributes };
}

/** The one text of a target: its attributes in alphabetical order. */
export function formatTarget({ paths, attributes = {} }: ObservationTarget): string {
  const given = formatAttributes(attributes).sort();
  return `${paths.join(' ')}${given.length === 0 ? '' : `?${given.join('&')}`}`;
}

/**
 * The one text of what a person wants observed.
 * @param model of the device, if it ever registered
 * @throws ReeveError `invalid-value` naming what the device can't be asked for
 */
export function wantedTarget(text: string, model: ModelOf | undefined): string {
  const target = parseTarget(text);
  const [path] = target?.paths ?? [];
  if (!target || !path) throw new ReeveError('invalid-value', `"${text}" is nothing that can be observed`);
  const composite = isComposite(target);
  if (path === ROOT_PATH && !composite)
    throw new ReeveError('invalid-value', 'A device as a whole can not be observed');
  const enabler = model ? enablerOf(model.version) : '1.2';
  if (composite) checkSince('Several paths at once need', '1.1', model);
  if (!target.attributes) return formatTarget(target);
  checkSince('Attach them to the path instead: parameters of an observation need', '1.2', model);
  const fault = attributeFault(target.attributes, { path: composite ? ROOT_PATH : path, enabler });
  if (fault !== undefined) throw new ReeveError('invalid-value', fault);
  return formatTarget(target);
}

/** Whether a target is asked for by Observe-Composite. */
export function isComposite({ paths }: Pick<ObservationTarget, 'paths'>): boolean {
  return paths.length > 1;
}

/** The path that all values of a target lie at or below. A composite is told like a Send: each object a sample. */
export function baseOf(text: string): LwM2mPath | undefined {
  // Asked for each notification, and most observations are of one path.
  const path = parsePath(text);
  if (path !== undefined) return path;
  const target = parseTarget(text);
  return target && isComposite(target) ? ROOT_PATH : target?.paths[0];
}
