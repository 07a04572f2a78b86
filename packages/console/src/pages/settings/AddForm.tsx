import { Alert, Button, Code, CopyButton, Group, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { describeError } from '../../data/api.ts';

/** Something that the server shows this once. */
interface Shown {
  about: string;
  secret: string;
}

interface AddFormProps {
  label: string;
  placeholder: string;
  add: (text: string) => Promise<Shown>;
}

/** Adds one thing by its name or address, and shows the secret that came with it until the page is left. */
export function AddForm({ label, placeholder, add }: AddFormProps) {
  const client = useQueryClient();
  const [text, setText] = useState('');
  const action = useMutation({
    mutationFn: add,
    onSuccess: () => {
      setText('');
      return client.invalidateQueries();
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

/** A secret with a button that copies it. */
export function Secret({ about, secret }: Shown) {
  return (
    <Alert color="blue" title={about} role="status">
      <Group gap="xs">
        <Code style={{ overflowWrap: 'anywhere' }}>{secret}</Code>
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <Button size="compact-xs" variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      </Group>
    </Alert>
  );
}
