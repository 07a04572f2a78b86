import { Anchor, Table } from '@mantine/core';
import type { DeviceSummary } from '@reeve/contract';
import { Link } from 'wouter';
import { DataTable } from '../../components/DataTable.tsx';
import { type ColumnId, columns } from './columns.tsx';

/** Devices, one a row. */
export function DeviceTable({ devices, shown }: { devices: readonly DeviceSummary[]; shown: readonly ColumnId[] }) {
  return (
    <DataTable label="Devices" columns={['Device', ...shown.map((id) => columns[id].name)]} oneLine>
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
    </DataTable>
  );
}
