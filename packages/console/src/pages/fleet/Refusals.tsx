import { Table, Text } from '@mantine/core';
import { Age } from '../../components/Age.tsx';
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
          <Table.ScrollContainer minWidth={820}>
            <Table verticalSpacing="xs" aria-label="Refused connections">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th scope="col">Last</Table.Th>
                  <Table.Th scope="col">Times</Table.Th>
                  <Table.Th scope="col">Address</Table.Th>
                  <Table.Th scope="col">Identity</Table.Th>
                  <Table.Th scope="col">Check that failed</Table.Th>
                  <Table.Th scope="col">What to do</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
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
                    <Table.Td>{refusal.advice}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </PagedList>
    </Section>
  );
}
