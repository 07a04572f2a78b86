import { Stack, Table, Text } from '@mantine/core';
import type { Evidence } from '@reeve/contract';
import { DataTable } from '../../components/DataTable.tsx';
import { Moment } from '../../components/Moment.tsx';
import { Section } from '../../components/Section.tsx';
import { formatValue } from '../../format.ts';
import { describeEvidence } from '../../words.ts';

/** Values, limits and times on which the rule was found broken or whole again, oldest first. */
export function EvidenceList({ evidence, rule }: { evidence: readonly Evidence[]; rule: string }) {
  return (
    <Section title="Evidence">
      <Stack gap="md">
        {evidence.map((item) => (
          <div key={`${item.at} ${item.text}`} data-testid="incident-evidence">
            <Text size="sm" fw={600} className="sentence">
              {describeEvidence(item, rule)}
            </Text>
            <Text size="xs" c="dimmed" className="numeric">
              <Moment at={item.at} />
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
    <DataTable label="Values and limits" columns={['What', 'Value', 'Observed', 'Received']} minWidth={380}>
      {values.map(({ label, value, observedAt, receivedAt }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: evidence never changes, and two values may read the same.
        <Table.Tr key={index}>
          <Table.Td>{label}</Table.Td>
          <Table.Td fw={600}>{formatValue(value)}</Table.Td>
          <Table.Td>{observedAt !== undefined && <Moment at={observedAt} />}</Table.Td>
          <Table.Td>{receivedAt !== undefined && <Moment at={receivedAt} />}</Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  );
}
