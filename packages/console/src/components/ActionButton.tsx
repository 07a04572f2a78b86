import { Button, type ButtonProps, Popover, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { describeError } from '../data/api.ts';
import { refresh } from '../data/refresh.ts';

interface ActionButtonProps extends ButtonProps {
  /** The call; its failure is shown at the button. */
  run: () => Promise<unknown>;
  /** Name for screen readers, if the text alone does not say on what it acts. */
  label?: string;
  children: ReactNode;
}

/** A button that asks the server for something. The page follows by itself: lists are fetched again. */
export function ActionButton({ run, label, children, ...button }: ActionButtonProps) {
  const client = useQueryClient();
  const action = useMutation({ mutationFn: run, onSuccess: () => refresh(client) });
  return (
    <Popover opened={action.isError} onChange={() => action.reset()} width={280} withArrow shadow="md">
      <Popover.Target>
        <Button
          size="xs"
          variant="default"
          aria-label={label}
          loading={action.isPending}
          onClick={() => action.mutate()}
          {...button}
        >
          {children}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Text size="sm" c="red" role="alert">
          {action.isError && describeError(action.error)}
        </Text>
      </Popover.Dropdown>
    </Popover>
  );
}
