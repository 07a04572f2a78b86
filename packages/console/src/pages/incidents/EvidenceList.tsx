import { Stack, Table, Text } from '@mantine/core';
import type { Evidence } from '@reeve/contract';
import { Section } from '../../components/Section.tsx';
import { formatInstant } from '../../format.ts';

/** Values, limits and times on which the rule was found broken or whole again, oldest first. */
export function EvidenceList({ evidence }: { evidence: readonly Evidence[] }) {
  return (
    <Section title="Evidence">
      <Stack gap="md">
        {evidence.map((item) => (
          <div key={`${item.at} ${item.text}`} data-testid="incident-evidence">
            <Text size="sm" fw={600}>
              {item.text}
            </Text>
            <Text size="xs" c="dimmed" className="numeric">
              {formatInstant(item.at)}
            </Text>
            {item.values.length > 0 && <EvidenceValues values={item.values} />}
          </div>
        ))}
      </Stack>
    </Section>
  );
}

function EvidenceValues({ values }: { values: Evidence['values'] }) {
  return (
    <Table.ScrollContainer minWidth={380}>
      <Table verticalSpacing={4} horizontalSpacing="xs" className="numeric" aria-label="Values and limits">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">What</Table.Th>
            <Table.Th scope="col">Value</Table.Th>
            <Table.Th scope="col">Observed</Table.Th>
            <Table.Th scope="col">Received</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {values.map(({ label, value, observedAt, receivedAt }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: evidence never changes, and two values may read the same.
            <Table.Tr key={index}>
              <Table.Td>{label}</Table.Td>
              <Table.Td fw={600}>{String(value)}</Table.Td>
              <Table.Td>{observedAt === undefined ? '' : formatInstant(observedAt)}</Table.Td>
              <Table.Td>{receivedAt === undefined ? '' : formatInstant(receivedAt)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
