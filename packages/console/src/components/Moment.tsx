import { useNow } from '../data/clock.ts';
import { formatMoment } from '../format.ts';
import { Instant } from './Instant.tsx';

/** When something was: a time of day, with the date if it is half a day away or more. */
export function Moment({ at }: { at: number }) {
  return <Instant at={at}>{formatMoment(useNow(), at)}</Instant>;
}
