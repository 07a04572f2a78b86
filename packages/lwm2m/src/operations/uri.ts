/** The Uri-Path options of a path; none for the root. */
export function uriPath(path: string): readonly string[] {
  return path === '/' ? [] : path.slice(1).split('/');
}
