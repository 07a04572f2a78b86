import { useNow } from '../data/clock.ts';
import { formatAge, formatDistance } from '../format.ts';
import { Instant } from './Instant.tsx';

/** How long ago something was; it ticks. */
export function Age({ at, future = false }: { at: number; future?: boolean }) {
  const now = useNow();
  return <Instant at={at}>{future ? formatDistance(now, at) : formatAge(now, at)}</Instant>;
}
