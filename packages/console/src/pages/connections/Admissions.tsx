import { Anchor, Table } from '@mantine/core';
import { Link } from 'wouter';
import { ActionButton } from '../../components/ActionButton.tsx';
import { Age } from '../../components/Age.tsx';
import { DataTable } from '../../components/DataTable.tsx';
import { Section } from '../../components/Section.tsx';
import { api } from '../../data/api.ts';
import { useAdmissions } from '../../data/queries.ts';

/** Devices that are let in although their certificate has expired; nothing while there are none. */
export function Admissions() {
  const admissions = useAdmissions();
  if (admissions.items.length === 0) return null;
  return (
    <Section title="Expired certificates" about="Admitted by a person, until a date">
      <DataTable label="Expired certificates" columns={['Device', 'Ends', 'By', 'Why', 'Actions']} minWidth={560}>
        {admissions.items.map(({ deviceId, endpoint, until, person, reason }) => (
          <Table.Tr key={deviceId} data-testid={`admission-${endpoint}`}>
            <Table.Td>
              <Anchor component={Link} href={`/devices/${deviceId}`} size="sm">
                {endpoint}
              </Anchor>
            </Table.Td>
            <Table.Td>
              <Age at={until} future />
            </Table.Td>
            <Table.Td>{person}</Table.Td>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>{reason}</Table.Td>
            <Table.Td ta="right">
              <ActionButton
                size="compact-xs"
                label={`Admit ${endpoint} no longer`}
                run={() => api('admissions.remove', { params: { device: deviceId } })}
              >
                Dismiss
              </ActionButton>
            </Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
    </Section>
  );
}
