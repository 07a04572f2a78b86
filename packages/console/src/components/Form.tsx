import { Button, Group, Stack } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { FormEvent, ReactNode } from 'react';
import { describeErrors } from '../data/api.ts';
import { refresh } from '../data/refresh.ts';
import { ErrorList } from './ErrorList.tsx';

interface FormProps {
  /** What the button that submits it says. */
  button: string;
  /** Whether it can't be submitted yet. */
  disabled?: boolean;
  submit: () => Promise<unknown>;
  cancel?: () => void;
  /** Fields. */
  children: ReactNode;
}

/** Fields that are submitted together, by the button or by Enter; what the server refuses stands below them. */
export function Form({ button, disabled = false, submit, cancel, children }: FormProps) {
  const client = useQueryClient();
  const action = useMutation({ mutationFn: submit, onSuccess: () => refresh(client) });
  function onSubmit(event: FormEvent) {
    event.preventDefault();
    // A dialog may stand, for React, in another form.
    event.stopPropagation();
    if (!disabled) action.mutate();
  }
  return (
    <Stack component="form" gap="xs" onSubmit={onSubmit}>
      {children}
      <ErrorList title="This was refused" errors={action.isError ? describeErrors(action.error) : []} />
      <Group justify="flex-end" gap="xs">
        {cancel && (
          <Button size="xs" variant="default" onClick={cancel}>
            Cancel
          </Button>
        )}
        <Button size="xs" type="submit" disabled={disabled} loading={action.isPending}>
          {button}
        </Button>
      </Group>
    </Stack>
  );
}
