import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { DataTable } from '../../components/DataTable.tsx';
import { formatCount } from '../../format.ts';
import { AttributesButton } from './AttributesButton.tsx';
import { DiscoverButton } from './DiscoverButton.tsx';
import { DeleteButton, ObserveButton, ReadButton } from './operations.tsx';
import { ResourceRow } from './ResourceRow.tsx';
import { allows, type InstanceNode } from './tree.ts';

/** Widths make the tables of all instances line up. */
const columns = [
  { name: 'Resource', width: '28%' },
  'Value',
  { name: 'Age', width: 90 },
  { name: 'Operations', width: 340 },
];

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
          <DiscoverButton deviceId={deviceId} path={instance.path} />
          <ReadButton deviceId={deviceId} path={instance.path} />
          <AttributesButton deviceId={deviceId} path={instance.path} ofValue={false} />
          <DeleteButton deviceId={deviceId} path={instance.path} />
          <ObserveButton deviceId={deviceId} path={instance.path} observation={instance.observation} person={person} />
        </Group>
      </Group>
      {shown.length > 0 && (
        <DataTable label={`Resources of ${instance.path}`} columns={columns} minWidth={760}>
          {shown.map((row) => (
            <ResourceRow key={row.path} deviceId={deviceId} row={row} person={person} />
          ))}
        </DataTable>
      )}
      {folded > 0 && (
        <Button variant="subtle" size="compact-xs" onClick={() => setUnfolded(true)}>
          Show {formatCount(folded, 'resource')} without a value
        </Button>
      )}
    </>
  );
}
