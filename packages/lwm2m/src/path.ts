/** Paths of the LwM2M data model: object, object instance, resource, resource instance (OMA Core §7.3). */

declare const pathBrand: unique symbol;

/** A canonical path: `/`, `/3`, `/3/0`, `/3/0/9` or `/3/0/6/1`; ids are 0 … 65534. */
export type LwM2mPath = string & { readonly [pathBrand]: true };

/** What a path names; the number is how many ids it has. */
export const PathLevel = { root: 0, object: 1, instance: 2, resource: 3, resourceInstance: 4 } as const;
export type PathLevel = (typeof PathLevel)[keyof typeof PathLevel];

/** The largest id of an object, instance, resource or resource instance; 65535 (MAX_ID) is reserved (OMA Core §7.2). */
const LARGEST_ID = 65_534;

/** The path of everything. */
export const ROOT_PATH = '/' as LwM2mPath;

const SLASH = 0x2f;
const ZERO = 0x30;
const NINE = 0x39;

/** Reads a canonical path; undefined for anything else (`//`, a trailing `/`, leading zeros, ids above 65534, a fifth id). */
export function parsePath(text: string): LwM2mPath | undefined {
  if (text === '/') return ROOT_PATH;
  if (text.length > 24 || text.charCodeAt(0) !== SLASH) return undefined;
  let ids = 0;
  let digits = 0;
  let id = 0;
  for (let index = 1; index <= text.length; index++) {
    const char = index < text.length ? text.charCodeAt(index) : SLASH;
    if (char === SLASH) {
      if (digits === 0 || id > LARGEST_ID || ++ids > PathLevel.resourceInstance) return undefined;
      digits = 0;
      id = 0;
    } else if (char >= ZERO && char <= NINE && !(digits === 1 && id === 0)) {
      id = id * 10 + (char - ZERO);
      digits++;
    } else return undefined;
  }
  return text as LwM2mPath;
}

/**
 * The path of the given ids, which must be 0 … 65534.
 * @throws RangeError for an id outside the range: ids from a peer go through {@link parsePath}
 */
export function path(...ids: readonly number[]): LwM2mPath {
  const parsed = parsePath(`/${ids.join('/')}`);
  if (parsed === undefined) throw new RangeError(`not a path: /${ids.join('/')}`);
  return parsed;
}

/** The ids of a path; none for the root. */
export function segments(of: LwM2mPath): readonly number[] {
  // Asked of nearly every value: an array that grows would have room for 16 more.
  const ids = new Array<number>(level(of));
  let count = 0;
  let id = 0;
  for (let index = 1; index < of.length; index++) {
    const char = of.charCodeAt(index);
    if (char === SLASH) {
      ids[count++] = id;
      id = 0;
    } else id = id * 10 + (char - ZERO);
  }
  if (count < ids.length) ids[count] = id;
  return ids;
}

/** What a path names. */
export function level(of: LwM2mPath): PathLevel {
  if (of === '/') return PathLevel.root;
  let ids = 0;
  for (let index = 0; index < of.length; index++) if (of.charCodeAt(index) === SLASH) ids++;
  return ids as PathLevel;
}

/** Whether `of` is `prefix` or lies below it. */
export function isPrefixOf(prefix: LwM2mPath, of: LwM2mPath): boolean {
  if (prefix === '/') return true;
  return of.startsWith(prefix) && (of.length === prefix.length || of.charCodeAt(prefix.length) === SLASH);
}

/** The path `base` extended by more ids; undefined where that is not a path. */
export function join(base: LwM2mPath, ...ids: readonly number[]): LwM2mPath | undefined {
  if (ids.length === 0) return base;
  return parsePath(`${base === '/' ? '' : base}/${ids.join('/')}`);
}

/** The path of what has an id, 0 … 65535, one level below; undefined where that is not a path. */
export function child(of: LwM2mPath, id: number): LwM2mPath | undefined {
  if (id > LARGEST_ID || level(of) === PathLevel.resourceInstance) return undefined;
  return (of === '/' ? `/${id}` : `${of}/${id}`) as LwM2mPath;
}

/** The path one level up; the root is its own parent. */
export function parent(of: LwM2mPath): LwM2mPath {
  const slash = of.lastIndexOf('/');
  return slash <= 0 ? ROOT_PATH : (of.slice(0, slash) as LwM2mPath);
}

/** The longest path that all of these lie at or below; undefined for none. */
export function commonAncestor(paths: readonly LwM2mPath[]): LwM2mPath | undefined {
  let common = paths[0];
  for (const path of paths) while (common !== undefined && !isPrefixOf(common, path)) common = parent(common);
  return common;
}
