import { Text } from '@mantine/core';
import type { Receipt } from '@reeve/contract';
import { useNow } from '../data/clock.ts';
import { formatInstant, formatMoment } from '../format.ts';

/** What a command left at each step, oldest first. */
export function Receipts({ receipts }: { receipts: readonly Receipt[] }) {
  const now = useNow();
  return (
    <ol style={{ margin: 0, padding: 0, listStyle: 'none' }}>
      {receipts.map((receipt) => (
        <Text
          key={`${receipt.at} ${receipt.step}`}
          component="li"
          size="xs"
          c="dimmed"
          className="numeric"
          data-testid="receipt"
        >
          <time dateTime={new Date(receipt.at).toISOString()} title={formatInstant(receipt.at)}>
            {formatMoment(now, receipt.at)}
          </time>{' '}
          <Text span inherit fw={600}>
            {receipt.step}
          </Text>{' '}
          {receipt.text}
        </Text>
      ))}
    </ol>
  );
}
