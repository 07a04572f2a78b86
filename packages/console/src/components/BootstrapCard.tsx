import { Group, Paper, Table, Text } from '@mantine/core';
import type { BootstrapSession } from '@reeve/contract';
import { Link } from 'wouter';
import { formatCount, formatDuration } from '../format.ts';
import { bootstrapStepWords, bootstrapWords } from '../words.ts';
import { Age } from './Age.tsx';
import { DataTable } from './DataTable.tsx';
import { Fold } from './Fold.tsx';
import { Moment } from './Moment.tsx';
import { WordBadge } from './WordBadge.tsx';

/** One time that a device was bootstrapped: what came of it, and every step once it is unfolded. */
export function BootstrapCard({ session }: { session: BootstrapSession }) {
  const { bootstrapId, deviceId, endpoint, group, state, reason, address, identity, version, steps } = session;
  const { startedAt, endedAt } = session;
  return (
    <Paper withBorder p="sm" component="article" aria-label={`Bootstrap of ${endpoint}`} data-testid={bootstrapId}>
      <Group justify="space-between" gap="xs" wrap="nowrap" align="flex-start">
        <Text fw={600} style={{ overflowWrap: 'anywhere' }} component={Link} href={`/devices/${deviceId}`} c="inherit">
          {endpoint}
        </Text>
        <WordBadge word={bootstrapWords[state]} testId="bootstrap-state" />
      </Group>
      {reason !== undefined && (
        <Text size="sm" c="red">
          {reason}
        </Text>
      )}
      <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        Template {group} · <Age at={startedAt} />
        {endedAt !== undefined && ` · took ${formatDuration(endedAt - startedAt)}`} · from {address}
        {identity === undefined ? ', without DTLS' : `, ${identity}`}
        {version !== undefined && ` · LwM2M ${version}`}
        {session.pack && ' · asked for everything at once'}
      </Text>
      <Fold title={formatCount(steps.length, 'step')}>
        <Steps session={session} />
      </Fold>
    </Paper>
  );
}

function Steps({ session: { endpoint, steps } }: { session: BootstrapSession }) {
  return (
    <DataTable
      label={`Steps of the bootstrap of ${endpoint}`}
      columns={[{ name: 'At', width: 76 }, 'Step', { name: 'Result', width: 110 }]}
    >
      {steps.map((step, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps are only ever added at the end
        <Table.Tr key={index}>
          <Table.Td>
            <Text size="xs">
              <Moment at={step.at} />
            </Text>
          </Table.Td>
          <Table.Td style={{ overflowWrap: 'anywhere' }}>{step.text}</Table.Td>
          <Table.Td>
            <WordBadge word={bootstrapStepWords[step.result]} />
          </Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  );
}
