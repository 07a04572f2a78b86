import { Anchor, Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import { Age } from '../../components/Age.tsx';
import { DataTable } from '../../components/DataTable.tsx';
import { PagedList } from '../../components/PagedList.tsx';
import { Section } from '../../components/Section.tsx';
import { WordBadge } from '../../components/WordBadge.tsx';
import { useUpdates } from '../../data/queries.ts';
import { formatBytes } from '../../format.ts';
import { updateWords } from '../../words.ts';
import { Artifacts } from './Artifacts.tsx';

/** What devices are updated with, and how the updates go. */
export function UpdatesPage() {
  const updates = useUpdates();
  return (
    <>
      <Artifacts />
      <Section title="Updates" about="Of all devices, newest first">
        <PagedList list={updates} empty="No device was updated yet.">
          {(items) => (
            <DataTable label="Updates" columns={['Device', 'Artifact', 'State', 'Taken', 'Started']} minWidth={640}>
              {items.map(({ updateId, deviceId, endpoint, artifact, state, phase, done, bytes, detail, ...update }) => (
                <Table.Tr key={updateId}>
                  <Table.Td>
                    <Anchor component={Link} href={`/devices/${deviceId}`} size="sm">
                      {endpoint}
                    </Anchor>
                  </Table.Td>
                  <Table.Td style={{ overflowWrap: 'anywhere' }}>{artifact}</Table.Td>
                  <Table.Td>
                    <WordBadge word={updateWords[state]} />
                    <Text size="xs" c="dimmed">
                      {[state === 'running' && phase, detail].filter(Boolean).join(', ')}
                    </Text>
                  </Table.Td>
                  <Table.Td className="numeric">
                    {formatBytes(done)} of {formatBytes(bytes)}
                  </Table.Td>
                  <Table.Td>
                    <Age at={update.startedAt} /> by {update.startedBy}
                  </Table.Td>
                </Table.Tr>
              ))}
            </DataTable>
          )}
        </PagedList>
      </Section>
    </>
  );
}
