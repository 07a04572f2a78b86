import { Text } from '@mantine/core';
import { useNow } from '../data/clock.ts';
import { formatInstant, formatMoment } from '../format.ts';

/** When something was: a time of day, with the date if it is half a day away or more. */
export function Moment({ at }: { at: number }) {
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
      {formatMoment(now, at)}
    </Text>
  );
}
