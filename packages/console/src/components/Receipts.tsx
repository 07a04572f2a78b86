import { Text } from '@mantine/core';
import type { Receipt } from '@reeve/contract';
import { describeReceipt } from '../words.ts';
import { Moment } from './Moment.tsx';

/** What a command left at each step, oldest first. */
export function Receipts({ receipts }: { receipts: readonly Receipt[] }) {
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
          <Moment at={receipt.at} /> {describeReceipt(receipt)}
        </Text>
      ))}
    </ol>
  );
}
