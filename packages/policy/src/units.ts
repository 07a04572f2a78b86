/** A point in time (Unix) or a span, in milliseconds. */
export type Millis = number;
/** A length in metres. */
export type Metres = number;

const DURATION_UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DISTANCE_UNITS = { m: 1, km: 1_000 } as const;

/** A quantity as a document writes it, in the base unit; or, with a known first letter, how it should have been written. */
export type Quantity = { ok: true; value: number } | { ok: false; nearest?: string };

function parseQuantity(text: string, units: Readonly<Record<string, number>>): Quantity {
  const match = /^(\d{1,9}(?:\.\d{1,6})?) ?([a-zA-Z]{0,16})$/.exec(text);
  const [, amount = '', unit = ''] = match ?? [];
  if (amount === '') return { ok: false };
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (factor !== undefined && !text.includes(' ')) return { ok: true, value: Math.round(Number(amount) * factor) };
  const meant = Object.keys(units).find((known) => unit.toLowerCase().startsWith(known[0] ?? ''));
  if (factor !== undefined) return { ok: false, nearest: amount + unit };
  return meant === undefined ? { ok: false } : { ok: false, nearest: amount + meant };
}

/** `90s`, `15m`, `24h` or `1d` in milliseconds. */
export function parseDuration(text: string): Quantity {
  return parseQuantity(text, DURATION_UNITS);
}

/** `500m` or `5km` in metres. */
export function parseDistance(text: string): Quantity {
  return parseQuantity(text, DISTANCE_UNITS);
}

/** A measured span for people, rounded to a minute above an hour and to a second below. */
export function formatSpan(span: Millis): string {
  const step = span >= DURATION_UNITS.h ? DURATION_UNITS.m : DURATION_UNITS.s;
  const whole = Math.max(0, Math.round(span / step) * step);
  const hours = Math.floor(whole / DURATION_UNITS.h);
  const minutes = Math.floor((whole % DURATION_UNITS.h) / DURATION_UNITS.m);
  const seconds = (whole % DURATION_UNITS.m) / DURATION_UNITS.s;
  const parts = [hours && `${hours} h`, minutes && `${minutes} min`, seconds && `${seconds} s`].filter(Boolean);
  return parts.length === 0 ? '0 s' : parts.join(' ');
}

/** A length for people: metres below a kilometre, one decimal below 100 km. */
export function formatDistance(length: Metres): string {
  if (length < 999.5) return `${Math.round(length)} m`;
  const km = length / 1_000;
  return `${km < 99.95 ? Number(km.toFixed(1)) : Math.round(km)} km`;
}
