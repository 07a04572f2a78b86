import { Button, Group, Table, Text } from '@mantine/core';
import { useState } from 'react';
import { formatCount } from '../../format.ts';
import { ObserveButton, ReadButton } from './operations.tsx';
import { ResourceRow } from './ResourceRow.tsx';
import { allows, type InstanceNode } from './tree.ts';

/** The resources of one object instance. Those without a value stay folded away, but for what can be executed. */
export function InstanceTable({
  deviceId,
  instance,
  person,
}: {
  deviceId: string;
  instance: InstanceNode;
  person: string;
}) {
  const [unfolded, setUnfolded] = useState(false);
  const shown = instance.rows.filter(
    ({ value, observation, operations }) => unfolded || value || observation || allows(operations, 'E'),
  );
  const folded = instance.rows.length - shown.length;
  return (
    <>
      <Group justify="space-between" gap="xs">
        <Text size="sm" c="dimmed">
          Instance {instance.instanceId}
        </Text>
        <Group gap={4}>
          <ReadButton deviceId={deviceId} path={instance.path} />
          <ObserveButton deviceId={deviceId} path={instance.path} observation={instance.observation} person={person} />
        </Group>
      </Group>
      {shown.length > 0 && (
        <Table.ScrollContainer minWidth={480}>
          <Table verticalSpacing={6} horizontalSpacing="xs" aria-label={`Resources of ${instance.path}`}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">Resource</Table.Th>
                <Table.Th scope="col">Value</Table.Th>
                <Table.Th scope="col">Age</Table.Th>
                <Table.Th scope="col" ta="right">
                  Operations
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {shown.map((row) => (
                <ResourceRow key={row.path} deviceId={deviceId} row={row} person={person} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {folded > 0 && (
        <Button variant="subtle" size="compact-xs" onClick={() => setUnfolded(true)}>
          Show {formatCount(folded, 'resource')} without a value
        </Button>
      )}
    </>
  );
}
