import { Alert, Button, FileButton, Group, Stack, Table, Text, TextInput, UnstyledButton } from '@mantine/core';
import type { ModelInfo } from '@reeve/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ActionButton } from '../../components/ActionButton.tsx';
import { Age } from '../../components/Age.tsx';
import { DataTable } from '../../components/DataTable.tsx';
import { PagedList } from '../../components/PagedList.tsx';
import { Section } from '../../components/Section.tsx';
import { api } from '../../data/api.ts';
import { useModels } from '../../data/queries.ts';
import { refresh } from '../../data/refresh.ts';
import { Resources } from './Resources.tsx';
import { type Refusal, uploadModels } from './upload.ts';

/** Which objects the server knows, and more of them from XML. */
export function ModelsPage() {
  const models = useModels();
  const [search, setSearch] = useState('');
  return (
    <Section
      title="Models"
      level={1}
      about="What objects and resources are called, their types, ranges and units"
      aside={<Upload />}
    >
      <TextInput
        size="xs"
        w={300}
        label="Object"
        placeholder="id or part of its name"
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
      />
      <PagedList list={models} empty="No object is known.">
        {(items) => (
          <DataTable label="Objects" columns={['Object', 'Version', 'Name', 'Resources', 'Added', '']} minWidth={560}>
            {items.filter(matching(search)).map((model) => (
              <ModelRow key={`${model.objectId}/${model.version}`} model={model} />
            ))}
          </DataTable>
        )}
      </PagedList>
    </Section>
  );
}

function matching(search: string) {
  const wanted = search.trim().toLowerCase();
  return ({ objectId, name }: ModelInfo) =>
    wanted === '' || String(objectId) === wanted || name.toLowerCase().includes(wanted);
}

function ModelRow({ model }: { model: ModelInfo }) {
  const [open, setOpen] = useState(false);
  const { objectId, version, name, resourceCount, source, addedAt } = model;
  const remove = () => api('models.remove', { params: { object: String(objectId), version } });
  return (
    <>
      <Table.Tr data-testid={`model-${objectId}-${version}`}>
        <Table.Td>{objectId}</Table.Td>
        <Table.Td>{version}</Table.Td>
        <Table.Td>
          <UnstyledButton fz="sm" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? '▾' : '▸'} {name}
          </UnstyledButton>
        </Table.Td>
        <Table.Td className="numeric">{resourceCount}</Table.Td>
        <Table.Td>{addedAt === undefined ? 'comes with Reeve' : <Age at={addedAt} />}</Table.Td>
        <Table.Td ta="right">
          {source === 'added' && (
            <ActionButton label={`Remove ${name} ${version}`} run={remove}>
              Remove
            </ActionButton>
          )}
        </Table.Td>
      </Table.Tr>
      {open && (
        <Table.Tr>
          <Table.Td colSpan={6}>
            <Resources objectId={objectId} version={version} />
          </Table.Td>
        </Table.Tr>
      )}
    </>
  );
}

/** Takes documents from the person's machine; what is refused is shown with its lines. */
function Upload() {
  const client = useQueryClient();
  const upload = useMutation({ mutationFn: uploadModels, onSettled: () => refresh(client) });
  return (
    <Stack gap="xs" align="flex-end">
      <FileButton accept=".xml,application/xml,text/xml" multiple onChange={(files) => upload.mutate(files)}>
        {(props) => (
          <Button {...props} size="xs" variant="default" loading={upload.isPending}>
            Add definitions (XML)
          </Button>
        )}
      </FileButton>
      {upload.isError && (
        <Text size="sm" c="red" role="alert">
          A file could not be read, or the server cannot be reached.
        </Text>
      )}
      {upload.data && upload.data.length > 0 && <Refusals refusals={upload.data} />}
    </Stack>
  );
}

function Refusals({ refusals }: { refusals: readonly Refusal[] }) {
  return (
    <Alert color="red" role="alert" title={`Refused ${refusals.length} of the documents`}>
      {refusals.map(({ file, reason }) => (
        <Group key={file} gap="xs">
          <Text size="sm" fw={600}>
            {file}
          </Text>
          <Text size="sm">{reason}</Text>
        </Group>
      ))}
    </Alert>
  );
}
