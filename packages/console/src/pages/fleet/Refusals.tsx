import { Table, Text } from '@mantine/core';
import { Age } from '../../components/Age.tsx';
import { CodedText } from '../../components/CodedText.tsx';
import { DataTable } from '../../components/DataTable.tsx';
import { PagedList } from '../../components/PagedList.tsx';
import { Section } from '../../components/Section.tsx';
import { useRefusals } from '../../data/queries.ts';

/** Refused handshakes and registrations, each with the check that failed and what to do. */
export function Refusals() {
  const refusals = useRefusals();
  return (
    <Section title="Why can't my device connect?" about="Connections that were refused, newest first">
      <PagedList list={refusals} empty="No connection has been refused.">
        {(items) => (
          <DataTable
            label="Refused connections"
            columns={['Last', 'Times', 'Address', 'Identity', 'Check that failed', 'What to do']}
            minWidth={820}
          >
            {items.map((refusal) => (
              <Table.Tr key={refusal.refusalId} data-testid="refusal" style={{ verticalAlign: 'top' }}>
                <Table.Td>
                  <Age at={refusal.lastAt} />
                </Table.Td>
                <Table.Td className="numeric">{refusal.count}</Table.Td>
                <Table.Td>{refusal.address}</Table.Td>
                <Table.Td>{refusal.identity ?? refusal.endpoint ?? '–'}</Table.Td>
                <Table.Td>
                  <Text size="sm" fw={600}>
                    {refusal.check}
                  </Text>
                  <Text size="xs" c="dimmed">
                    {refusal.detail}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <CodedText text={refusal.advice} />
                </Table.Td>
              </Table.Tr>
            ))}
          </DataTable>
        )}
      </PagedList>
    </Section>
  );
}
