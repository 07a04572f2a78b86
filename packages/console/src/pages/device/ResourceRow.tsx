import { Group, Table, Text } from '@mantine/core';
import type { ResourceValue } from '@reeve/contract';
import { Age } from '../../components/Age.tsx';
import { WordBadge } from '../../components/WordBadge.tsx';
import { timeOf } from '../../data/patch.ts';
import { observationWords, type Word } from '../../words.ts';
import { AttributesButton } from './AttributesButton.tsx';
import { ExecuteButton, ObserveButton, ReadButton } from './operations.tsx';
import { allows, type ResourceRow as Row } from './tree.ts';
import { WriteButton } from './WriteButton.tsx';

const truncated: Word = { label: 'Truncated', tone: 'attention' };
const doubtful: Word = { label: 'Doubtful clock', tone: 'attention' };

/** One resource: its name, its value with its age, and what can be done with it. */
export function ResourceRow({ deviceId, row, person }: { deviceId: string; row: Row; person: string }) {
  const { path, name, operations, value, observation } = row;
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={400}>
        <Text size="sm">{name}</Text>
        <Text size="xs" c="dimmed">
          {path}
        </Text>
      </Table.Th>
      <Table.Td>
        <Group gap={6}>
          <Text size="sm" fw={500} data-testid={`value-${path}`} style={{ overflowWrap: 'anywhere' }}>
            {value?.text ?? (allows(operations, 'R') ? '–' : '')}
          </Text>
          {value?.truncated && <WordBadge word={truncated} />}
          {observation && observation.state !== 'live' && (
            <span title={observation.reason}>
              <WordBadge word={observationWords[observation.state]} />
            </span>
          )}
          {value?.clock === 'doubtful' && <WordBadge word={doubtful} />}
        </Group>
      </Table.Td>
      <Table.Td>
        <Text size="xs" c="dimmed" title={value && explainTime(value)}>
          {value && <Age at={timeOf(value)} />}
        </Text>
      </Table.Td>
      <Table.Td>
        <Group gap={2} wrap="nowrap" ml={-8}>
          {allows(operations, 'R') && <ReadButton deviceId={deviceId} path={path} />}
          {allows(operations, 'R') && (
            <ObserveButton deviceId={deviceId} path={path} observation={observation} person={person} />
          )}
          {allows(operations, 'R') && <AttributesButton deviceId={deviceId} path={path} ofValue />}
          {allows(operations, 'W') && <WriteButton deviceId={deviceId} row={row} />}
          {allows(operations, 'E') && <ExecuteButton deviceId={deviceId} path={path} name={name} />}
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

function explainTime(value: ResourceValue): string {
  return value.clock === 'doubtful' ? 'When it arrived: the clock of the device is wrong' : '';
}
