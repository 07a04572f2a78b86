import { Anchor, Table } from '@mantine/core';
import type { DeviceSummary } from '@reeve/contract';
import { Link } from 'wouter';
import { type ColumnId, columns } from './columns.tsx';

/** Devices, one a row. */
export function DeviceTable({ devices, shown }: { devices: readonly DeviceSummary[]; shown: readonly ColumnId[] }) {
  return (
    <Table.ScrollContainer minWidth={0}>
      <Table highlightOnHover verticalSpacing="xs" style={{ whiteSpace: 'nowrap' }} aria-label="Devices">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Device</Table.Th>
            {shown.map((id) => (
              <Table.Th key={id} scope="col">
                {columns[id].name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {devices.map((device) => (
            <Table.Tr key={device.deviceId} data-testid={`device-${device.endpoint}`}>
              <Table.Th scope="row">
                <Anchor component={Link} href={`/devices/${device.deviceId}`} fw={600} size="sm">
                  {device.endpoint}
                </Anchor>
              </Table.Th>
              {shown.map((id) => (
                <Table.Td key={id}>{columns[id].cell(device)}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
