import { Button, Code, Group, Paper, Stack, Text, TextInput } from '@mantine/core';
import type { BootstrapGroup } from '@reeve/contract';
import { useState } from 'react';
import { ActionButton } from '../../components/ActionButton.tsx';
import { Age } from '../../components/Age.tsx';
import { Fold } from '../../components/Fold.tsx';
import { PagedList } from '../../components/PagedList.tsx';
import { Section } from '../../components/Section.tsx';
import { api } from '../../data/api.ts';
import { useBootstrapTemplates } from '../../data/queries.ts';
import { TemplateEditor } from './TemplateEditor.tsx';

/** What devices are given, by the group that their label `group` names. */
export function Templates() {
  const templates = useBootstrapTemplates();
  return (
    <Section title="Templates" about="What the devices of a group are given when they are bootstrapped next">
      <PagedList list={templates} empty="There is no template.">
        {(items) => (
          <>
            {items.map((group) => (
              <TemplateCard key={group.name} group={group} />
            ))}
            <NewTemplate from={items.find(({ name }) => name === 'default') ?? items[0]} />
          </>
        )}
      </PagedList>
    </Section>
  );
}

function TemplateCard({ group }: { group: BootstrapGroup }) {
  const { name, template, builtIn, changedAt, changedBy } = group;
  const [editing, setEditing] = useState(false);
  const accounts = template.accounts.map(
    ({ shortServerId, uri, security = 'psk' }) => `${shortServerId}: ${uri ?? 'this server'}, ${security}`,
  );
  return (
    <Paper withBorder p="sm" component="article" aria-label={`Template ${name}`} data-testid={`template-${name}`}>
      <Group justify="space-between" gap="xs">
        <Text fw={600}>{name}</Text>
        {!editing && (
          <Group gap="xs">
            <Button size="xs" variant="default" aria-label={`Edit ${name}`} onClick={() => setEditing(true)}>
              Edit
            </Button>
            {!builtIn && (
              <ActionButton label={`Remove ${name}`} run={() => api('bootstrap.remove-template', { params: { name } })}>
                Remove
              </ActionButton>
            )}
          </Group>
        )}
      </Group>
      <Text size="sm">{accounts.join(' · ')}</Text>
      <Text size="xs" c="dimmed">
        {builtIn && 'Comes with Reeve'}
        {changedAt !== undefined && (
          <>
            Changed <Age at={changedAt} /> by {changedBy}
          </>
        )}
      </Text>
      {editing ? (
        <TemplateEditor name={name} template={template} done={() => setEditing(false)} />
      ) : (
        <Fold title="Source">
          <Code block>{JSON.stringify(template, null, 2)}</Code>
        </Fold>
      )}
    </Paper>
  );
}

/** Begins a template for another group with a copy. */
function NewTemplate({ from }: { from: BootstrapGroup | undefined }) {
  const [name, setName] = useState('');
  const [editing, setEditing] = useState(false);
  if (from === undefined) return null;
  if (editing) {
    const done = () => {
      setEditing(false);
      setName('');
    };
    return (
      <Stack gap={4}>
        <Text fw={600}>{name}</Text>
        <TemplateEditor name={name} template={from.template} done={done} />
      </Stack>
    );
  }
  return (
    <Group gap="xs" align="flex-end">
      <TextInput
        size="xs"
        w={220}
        label="Another group"
        placeholder="e.g. pumps"
        value={name}
        onChange={(event) => setName(event.currentTarget.value.trim())}
      />
      <Button size="xs" variant="default" disabled={name === ''} onClick={() => setEditing(true)}>
        Write a template
      </Button>
    </Group>
  );
}
