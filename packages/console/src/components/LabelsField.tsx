import { Textarea } from '@mantine/core';
import { parseLabels } from './labels.ts';

/** Takes labels, a line for each. */
export function LabelsField({ text, change }: { text: string; change: (text: string) => void }) {
  const parsed = parseLabels(text);
  return (
    <Textarea
      size="xs"
      label="Labels, a line for each"
      placeholder="fleet=trucks"
      autosize
      minRows={2}
      maxRows={8}
      value={text}
      error={!parsed.ok && parsed.error}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}
