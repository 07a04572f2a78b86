import { Button, Group, Stack, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { describeErrors } from '../data/api.ts';
import { refresh } from '../data/refresh.ts';
import { ErrorList } from './ErrorList.tsx';

/** What a person wrote, if it can be sent. */
type Parsed<T> = { readonly ok: true; readonly document: T } | { readonly ok: false; readonly error: string };

interface DocumentEditorProps<T> {
  /** Name of the text field for screen readers. */
  label: string;
  /** What it begins with. */
  source: string;
  /** What is said above errors, e.g. `This is no policy`. */
  wrong: string;
  button?: string;
  parse: (source: string) => Parsed<T>;
  save: (document: T) => Promise<unknown>;
  /** What the server says is wrong, one thing a line. */
  explain?: (error: unknown, source: string) => readonly string[];
  cancel: () => void;
}

/** A document as people write it, in letters of one width; what is wrong with it stands below. */
export function DocumentEditor<T>({ label, source: first, wrong, button = 'Save', ...more }: DocumentEditorProps<T>) {
  const { parse, save, explain = describeErrors, cancel } = more;
  const client = useQueryClient();
  const [source, setSource] = useState(first);
  const parsed = parse(source);
  const action = useMutation({ mutationFn: save, onSuccess: () => refresh(client) });
  const refused = action.isError ? explain(action.error, source) : [];
  return (
    <Stack gap="xs">
      <Textarea
        aria-label={label}
        autosize
        minRows={8}
        maxRows={24}
        spellCheck={false}
        value={source}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
        onChange={(event) => {
          setSource(event.currentTarget.value);
          action.reset();
        }}
      />
      <ErrorList title={wrong} errors={parsed.ok ? refused : [parsed.error]} />
      <Group justify="flex-end" gap="xs">
        <Button size="xs" variant="default" onClick={cancel}>
          Cancel
        </Button>
        <Button
          size="xs"
          disabled={!parsed.ok}
          loading={action.isPending}
          onClick={() => parsed.ok && action.mutate(parsed.document)}
        >
          {button}
        </Button>
      </Group>
    </Stack>
  );
}
