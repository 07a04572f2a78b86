import { Loader, Table, Text } from '@mantine/core';
import type { ResourceInfo } from '@reeve/contract';
import { DataTable } from '../../components/DataTable.tsx';
import { QueryError } from '../../components/QueryError.tsx';
import { useModel } from '../../data/queries.ts';
import { limitsOf } from '../device/limits.ts';

/** The resources of one version of an object. */
export function Resources({ objectId, version }: { objectId: number; version: string }) {
  const query = useModel(objectId, version);
  const model = query.data;
  if (!model) return query.error ? <QueryError query={query} /> : <Loader size="sm" aria-label="Loading" />;
  return (
    <>
      <Text size="xs" c="dimmed">
        {model.urn} · {model.multiple ? 'several instances' : 'one instance'} · {model.devices} registered devices are
        read by it
      </Text>
      <DataTable label={`Resources of ${model.name}`} columns={['Id', 'Name', 'Operations', 'Type', 'Values']}>
        {model.resources.map((resource) => (
          <Table.Tr key={resource.resourceId}>
            <Table.Td>{resource.resourceId}</Table.Td>
            <Table.Td>
              {resource.name}
              {resource.mandatory && (
                <Text span size="xs" c="dimmed">
                  {' '}
                  mandatory
                </Text>
              )}
            </Table.Td>
            <Table.Td>{operationsOf(resource)}</Table.Td>
            <Table.Td>{resource.type}</Table.Td>
            <Table.Td>{limitsOf(resource)}</Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
    </>
  );
}

function operationsOf({ operations, multiple }: ResourceInfo): string {
  return `${operations === 'none' ? 'bootstrap only' : operations}${multiple ? ', several instances' : ''}`;
}
