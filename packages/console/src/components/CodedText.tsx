import { Code } from '@mantine/core';

/** A sentence in which `backticks` surround what is to be typed. */
export function CodedText({ text }: { text: string }) {
  return text.split('`').map((part, index) =>
    index % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a sentence stay where they are.
      <Code key={index}>{part}</Code>
    ) : (
      part
    ),
  );
}
