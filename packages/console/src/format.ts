/** Times, durations and counts as people read them. Pure: the current time is an argument. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A duration in ms with its largest fitting unit, e.g. `45 s`, `3 min`, `2 h`, `5 d`. */
export function formatDuration(ms: number): string {
  const length = Math.max(0, ms);
  if (length < MINUTE) return `${Math.floor(length / SECOND)} s`;
  if (length < HOUR) return `${Math.floor(length / MINUTE)} min`;
  if (length < 2 * DAY) return `${Math.floor(length / HOUR)} h`;
  return `${Math.floor(length / DAY)} d`;
}

/** How long ago `at` was; the future and the last 3 s are `just now`, since two clocks never agree exactly. */
export function formatAge(now: number, at: number): string {
  return now - at < 3 * SECOND ? 'just now' : `${formatDuration(now - at)} ago`;
}

/** How far away `at` is, on either side of now. */
export function formatDistance(now: number, at: number): string {
  return at > now ? `in ${formatDuration(at - now)}` : formatAge(now, at);
}

const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
const timeOfDay = new Intl.DateTimeFormat(undefined, clock);
const dateTime = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'short', day: 'numeric', ...clock });

/** Date and time in the reader's zone. */
export function formatInstant(at: number): string {
  return dateTime.format(at);
}

/** Time of day if `at` is less than 12 h away, else with the date. */
export function formatMoment(now: number, at: number): string {
  return Math.abs(now - at) < 12 * HOUR ? timeOfDay.format(at) : dateTime.format(at);
}

const hourAndMinute = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const dayAndMonth = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });

/** A mark of a time axis whose marks are `step` ms apart: as much of the time as tells them apart. */
export function formatTick(at: number, step: number): string {
  if (step >= DAY) return dayAndMonth.format(at);
  return (step >= MINUTE ? hourAndMinute : timeOfDay).format(at);
}

/** A measured value; numbers with at most six decimals, which is a decimetre in degrees. */
export function formatValue(value: string | number | boolean): string {
  return String(typeof value === 'number' ? Number(value.toFixed(6)) : value);
}

/** An amount of bytes with its largest fitting unit of 1000, e.g. `512 B`, `1.5 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [size, unit] = bytes < 1e6 ? [bytes / 1e3, 'kB'] : bytes < 1e9 ? [bytes / 1e6, 'MB'] : [bytes / 1e9, 'GB'];
  return `${size.toFixed(1)} ${unit}`;
}

/** `1 device`, `2 devices`. */
export function formatCount(count: number, singular: string, plural = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`;
}

/** Labels as `key=value`, sorted by key. */
export function formatLabels(labels: Readonly<Record<string, string>>): string[] {
  return Object.entries(labels)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([key, value]) => `${key}=${value}`);
}
