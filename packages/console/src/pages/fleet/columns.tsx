import { Badge, Group, Text } from '@mantine/core';
import type { DeviceSummary, LockStatus } from '@reeve/contract';
import { PresenceBadge } from '../../components/PresenceBadge.tsx';
import { WordBadge } from '../../components/WordBadge.tsx';
import { formatCount, formatLabels } from '../../format.ts';
import { toneColor } from '../../theme.ts';
import { lockWords, ruleWords } from '../../words.ts';

interface Column {
  readonly name: string;
  /** Whether it is there before a person chooses. */
  readonly byDefault: boolean;
  readonly cell: (device: DeviceSummary) => React.ReactNode;
}

/** States of the lock that need nobody's eye. */
const quietLocks: ReadonlySet<LockStatus['state']> = new Set(['unknown', 'unlocked']);

/** Columns of the fleet table beside the endpoint, in their order. */
export const columns = {
  presence: { name: 'Presence', byDefault: true, cell: ({ presence }) => <PresenceBadge presence={presence} /> },
  rules: {
    name: 'Rules',
    byDefault: true,
    cell: ({ ruleState }) => (ruleState === undefined ? <None /> : <WordBadge word={ruleWords[ruleState]} />),
  },
  incidents: {
    name: 'Incidents',
    byDefault: true,
    cell: ({ openIncidents }) =>
      openIncidents > 0 ? <Text inherit fw={600} c={`${toneColor.bad}.7`}>{`${openIncidents} open`}</Text> : <None />,
  },
  lock: {
    name: 'Lock',
    byDefault: true,
    cell: ({ lock }) => (quietLocks.has(lock.state) ? <None /> : <WordBadge word={lockWords[lock.state]} />),
  },
  battery: {
    name: 'Battery',
    byDefault: true,
    cell: ({ battery }) => (battery === undefined ? <None /> : <span className="numeric">{battery} %</span>),
  },
  firmware: { name: 'Firmware', byDefault: true, cell: ({ firmware }) => firmware ?? <None /> },
  labels: {
    name: 'Labels',
    byDefault: true,
    cell: ({ labels }) => (
      <Group gap={4} wrap="nowrap" title={formatCount(Object.keys(labels).length, 'label')}>
        {formatLabels(labels).map((label) => (
          <Badge key={label} variant="default" tt="none" fw={400} style={{ flexShrink: 0 }}>
            {label}
          </Badge>
        ))}
      </Group>
    ),
  },
  model: { name: 'Model', byDefault: false, cell: ({ model }) => model ?? <None /> },
  site: { name: 'Site', byDefault: false, cell: ({ site }) => site ?? <None /> },
  owner: { name: 'Owner', byDefault: false, cell: ({ owner }) => owner ?? <None /> },
  security: {
    name: 'Security',
    byDefault: false,
    cell: ({ secure }) =>
      secure === undefined ? <None /> : secure ? 'DTLS' : <WordBadge word={{ label: 'None', tone: 'attention' }} />,
  },
} as const satisfies Record<string, Column>;

export type ColumnId = keyof typeof columns;
export const columnIds = Object.keys(columns) as ColumnId[];

function None() {
  return (
    <Text inherit span c="dimmed" aria-label="none">
      –
    </Text>
  );
}
