import { Group, Skeleton, Stack, Table, Text } from '@mantine/core';
import type { HandshakeCounters } from '@reeve/contract';
import { Age } from '../../components/Age.tsx';
import { DataTable } from '../../components/DataTable.tsx';
import { QueryError } from '../../components/QueryError.tsx';
import { Section } from '../../components/Section.tsx';
import type { useHandshakeCounters } from '../../data/queries.ts';
import { credentialWords } from '../../words.ts';

/** How handshakes went since the server started, and what lives now. */
export function Counters({ query }: { query: ReturnType<typeof useHandshakeCounters> }) {
  const { data } = query;
  return (
    <Section
      title="Handshakes"
      about={
        data && (
          <>
            Since the server started, <Age at={data.since} />
          </>
        )
      }
    >
      {query.isPending ? (
        <Skeleton height={80} aria-label="Loading" />
      ) : data ? (
        <Tables counters={data} />
      ) : (
        <QueryError query={query} />
      )}
    </Section>
  );
}

const COUNT = { name: 'Count', width: 110 } as const;

function Tables({ counters: { sessions, established, failed, dropped } }: { counters: HandshakeCounters }) {
  const happened = dropped.filter(({ count }) => count > 0);
  return (
    <Stack gap="md">
      <Group gap="xl">
        <Figure label="Sessions live" value={sessions.live} />
        <Figure label="Sessions asleep" value={sessions.asleep} />
        <Figure label="Handshakes under way" value={sessions.underWay} />
      </Group>
      {established.length > 0 && (
        <DataTable
          label="Handshakes that succeeded"
          columns={[{ name: 'Succeeded with', width: '25%' }, 'Cipher suite', { name: 'Form', width: 110 }, COUNT]}
          minWidth={560}
        >
          {established.map(({ kind, suite, resumed, count }) => (
            <Table.Tr key={`${kind} ${suite} ${resumed}`}>
              <Table.Td>{credentialWords[kind]}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{suite}</Table.Td>
              <Table.Td>{resumed ? 'resumed' : 'full'}</Table.Td>
              <Table.Td className="numeric">{count}</Table.Td>
            </Table.Tr>
          ))}
        </DataTable>
      )}
      {failed.length > 0 && (
        <DataTable label="Handshakes that failed" columns={['Failed check', COUNT]}>
          {failed.map(({ check, title, count }) => (
            <Table.Tr key={check}>
              <Table.Td>{title}</Table.Td>
              <Table.Td className="numeric">{count}</Table.Td>
            </Table.Tr>
          ))}
        </DataTable>
      )}
      {happened.length > 0 && (
        <DataTable label="Records that were dropped" columns={['Records dropped without an answer', COUNT]}>
          {happened.map(({ reason, meaning, count }) => (
            <Table.Tr key={reason}>
              <Table.Td>{meaning}</Table.Td>
              <Table.Td className="numeric">{count}</Table.Td>
            </Table.Tr>
          ))}
        </DataTable>
      )}
    </Stack>
  );
}

function Figure({ label, value }: { label: string; value: number }) {
  return (
    <div>
      <Text size="xl" fw={600} className="numeric">
        {value}
      </Text>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
    </div>
  );
}
