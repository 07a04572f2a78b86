import { Button, type ButtonProps, Group, Popover, Stack, Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { ActionButton } from './ActionButton.tsx';

interface ConfirmButtonProps extends ButtonProps {
  /** What is asked, with what follows from it. */
  question: string;
  /** Name for screen readers, if the text alone does not say on what it acts. */
  label?: string;
  run: () => Promise<unknown>;
  children: ReactNode;
}

/** A button for what cannot be taken back: it asks once more. */
export function ConfirmButton({ question, label, run, children, ...button }: ConfirmButtonProps) {
  const [asking, setAsking] = useState(false);
  const confirmed = async () => {
    await run();
    setAsking(false);
  };
  return (
    <Popover opened={asking} onChange={setAsking} trapFocus withArrow shadow="md" position="bottom-end">
      <Popover.Target>
        <Button size="xs" variant="default" aria-label={label} onClick={() => setAsking(true)} {...button}>
          {children}
        </Button>
      </Popover.Target>
      <Popover.Dropdown maw={320}>
        <Stack gap="xs">
          <Text size="sm" fw={600}>
            {question}
          </Text>
          <Group justify="flex-end" gap="xs">
            <Button size="xs" variant="default" onClick={() => setAsking(false)}>
              Cancel
            </Button>
            <ActionButton variant="filled" color="red" run={confirmed}>
              {children}
            </ActionButton>
          </Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
