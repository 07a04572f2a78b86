import { Badge } from '@mantine/core';
import type { Connection } from '../data/stream.ts';
import { toneColor } from '../theme.ts';
import type { Word } from '../words.ts';

const words: Record<Connection, Word> = {
  connecting: { label: 'Connecting', tone: 'unknown' },
  live: { label: 'Live', tone: 'good' },
  lost: { label: 'Connection lost, retrying', tone: 'bad' },
};

/** Whether the page is in step with the server. */
export function ConnectionBadge({ connection }: { connection: Connection }) {
  const { label, tone } = words[connection];
  return (
    <Badge variant="dot" color={toneColor[tone]} tt="none" role="status" data-testid="connection">
      {label}
    </Badge>
  );
}
