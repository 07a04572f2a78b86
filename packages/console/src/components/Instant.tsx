import { Text } from '@mantine/core';
import { formatInstant } from '../format.ts';

/** Words for when something was; they tell the exact time to who points at them. */
export function Instant({ at, children }: { at: number; children: string }) {
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
      {children}
    </Text>
  );
}
