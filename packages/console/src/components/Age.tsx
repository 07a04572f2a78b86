import { Text } from '@mantine/core';
import { useNow } from '../data/clock.ts';
import { formatAge, formatDistance, formatInstant } from '../format.ts';

/** How long ago something was; it ticks, and tells the exact time to who points at it. */
export function Age({ at, future = false }: { at: number; future?: boolean }) {
  const now = useNow();
  return (
    <Text
      component="time"
      inherit
      span
      className="numeric"
      dateTime={new Date(at).toISOString()}
      title={formatInstant(at)}
      style={{ whiteSpace: 'nowrap' }}
    >
      {future ? formatDistance(now, at) : formatAge(now, at)}
    </Text>
  );
}
