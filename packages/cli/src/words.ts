const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** A stretch of time in its largest unit: `12 s`, `3 min`, `5 h`, `2 d`. */
export function duration(milliseconds: number): string {
  const [unit, length] = UNITS.find(([, each]) => milliseconds >= each) ?? UNITS[3];
  return `${Math.floor(milliseconds / length)} ${unit}`;
}

/** How long ago an instant was, or how long it is until then; empty if there is none. */
export function age(at: number | undefined, now: number): string {
  if (at === undefined) return '';
  if (at > now + 999) return `in ${duration(at - now)}`;
  return now - at < 1000 ? 'now' : `${duration(now - at)} ago`;
}

/** Time of day with milliseconds, local. */
export function clockTime(at: number): string {
  const date = new Date(at);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** `1 device`, `2 devices` */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

const PATHS = new Intl.Collator('en', { numeric: true });

/** In the order of their paths, numbers as numbers; several values of one path stay in theirs. */
export function byPath<T extends { readonly path: string }>(each: readonly T[]): T[] {
  return each.toSorted((one, other) => PATHS.compare(one.path, other.path));
}
