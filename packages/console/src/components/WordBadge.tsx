import { Badge } from '@mantine/core';
import { toneColor } from '../theme.ts';
import type { Word } from '../words.ts';

/** A state as a coloured word. */
export function WordBadge({ word, testId }: { word: Word; testId?: string }) {
  return (
    <Badge variant="light" color={toneColor[word.tone]} tt="none" fw={600} data-testid={testId} miw="max-content">
      {word.label}
    </Badge>
  );
}
