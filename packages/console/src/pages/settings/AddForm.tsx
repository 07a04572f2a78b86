import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Secret, type Shown } from '../../components/Secret.tsx';
import { describeError } from '../../data/api.ts';
import { refresh } from '../../data/refresh.ts';

interface AddFormProps {
  label: string;
  placeholder: string;
  add: (text: string) => Promise<Shown>;
  /** What else is said of it, beside the text. */
  children?: ReactNode;
}

/** Adds one thing by its name or address, and shows the secret that came with it until the page is left. */
export function AddForm({ label, placeholder, add, children }: AddFormProps) {
  const client = useQueryClient();
  const [text, setText] = useState('');
  const action = useMutation({
    mutationFn: add,
    onSuccess: () => {
      setText('');
      return refresh(client);
    },
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    if (text.trim() !== '') action.mutate(text.trim());
  }
  return (
    <Stack gap="xs">
      <Group component="form" gap="xs" align="flex-end" onSubmit={submit}>
        <TextInput
          size="xs"
          w={300}
          label={label}
          placeholder={placeholder}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {children}
        <Button type="submit" size="xs" variant="default" loading={action.isPending}>
          Add
        </Button>
      </Group>
      {action.isError && (
        <Text size="sm" c="red" role="alert">
          {describeError(action.error)}
        </Text>
      )}
      {action.data && <Secret {...action.data} />}
    </Stack>
  );
}
