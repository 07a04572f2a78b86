import { Button, type ButtonProps, Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { ActionButton } from './ActionButton.tsx';
import { FormButton } from './FormButton.tsx';

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
  const confirmed = async (done: () => void) => {
    await run();
    done();
  };
  return (
    <FormButton
      size="xs"
      variant="default"
      label={label}
      {...button}
      form={(done) => (
        <Stack gap="xs" maw={320}>
          <Text size="sm" fw={600}>
            {question}
          </Text>
          <Group justify="flex-end" gap="xs">
            <Button size="xs" variant="default" onClick={done}>
              Cancel
            </Button>
            <ActionButton variant="filled" color="red" run={() => confirmed(done)}>
              {children}
            </ActionButton>
          </Group>
        </Stack>
      )}
    >
      {children}
    </FormButton>
  );
}
