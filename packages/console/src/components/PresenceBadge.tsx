import { Group, Text } from '@mantine/core';
import type { Presence } from '@reeve/contract';
import { presenceWords } from '../words.ts';
import { Age } from './Age.tsx';
import { WordBadge } from './WordBadge.tsx';

/** Whether a device is there, and when it was last heard. */
export function PresenceBadge({ presence }: { presence: Presence }) {
  return (
    <Group gap={6} wrap="nowrap">
      <WordBadge word={presenceWords[presence.state]} testId="presence" />
      {presence.lastContactAt !== undefined && (
        <Text size="xs" c="dimmed">
          <Age at={presence.lastContactAt} />
        </Text>
      )}
    </Group>
  );
}
