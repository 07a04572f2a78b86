import { Alert, Button, Group, List, Stack, Textarea } from '@mantine/core';
import type { BootstrapTemplate } from '@reeve/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../data/api.ts';
import { parseTemplate, templateErrors } from './parseTemplate.ts';

/** A template as JSON; what is wrong with it stands below, by place. */
export function TemplateEditor({
  name,
  template,
  done,
}: {
  name: string;
  template: BootstrapTemplate;
  done: () => void;
}) {
  const client = useQueryClient();
  const [source, setSource] = useState(() => JSON.stringify(template, null, 2));
  const parsed = parseTemplate(source);
  const save = useMutation({
    mutationFn: (body: BootstrapTemplate) => api('bootstrap.set-template', { params: { name }, body }),
    onSuccess: () => {
      done();
      return client.invalidateQueries();
    },
  });
  const errors = parsed.ok ? (save.isError ? templateErrors(save.error) : []) : [parsed.error];
  return (
    <Stack gap="xs">
      <Textarea
        aria-label={`Template ${name} as JSON`}
        autosize
        minRows={8}
        maxRows={30}
        value={source}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
        onChange={(event) => {
          setSource(event.currentTarget.value);
          save.reset();
        }}
      />
      {errors.length > 0 && (
        <Alert color="red" py="xs" role="alert" title="This is no template">
          <List size="sm">
            {errors.map((error) => (
              <List.Item key={error}>{error}</List.Item>
            ))}
          </List>
        </Alert>
      )}
      <Group justify="flex-end" gap="xs">
        <Button size="xs" variant="default" onClick={done}>
          Cancel
        </Button>
        <Button
          size="xs"
          disabled={!parsed.ok}
          loading={save.isPending}
          onClick={() => parsed.ok && save.mutate(parsed.template)}
        >
          Save
        </Button>
      </Group>
    </Stack>
  );
}
