import { Group, Text } from '@mantine/core';
import type { DeviceSummary } from '@reeve/contract';
import { type Condition, conditionOf, conditionWords } from '../../words.ts';
import { conditionColor } from './DeviceDot.tsx';

/** What the colours say, and how many devices have each. */
export function Legend({ devices }: { devices: readonly DeviceSummary[] }) {
  const counts = Map.groupBy(devices, conditionOf);
  return (
    <Group component="ul" gap="md" m={0} p={0} style={{ listStyle: 'none' }} aria-label="Legend">
      {(Object.keys(conditionWords) as Condition[]).map((condition) => (
        <Group key={condition} component="li" gap={6}>
          <span
            aria-hidden
            style={{ width: 10, height: 10, borderRadius: '50%', background: conditionColor(condition) }}
          />
          <Text size="sm" c={counts.has(condition) ? 'inherit' : 'dimmed'} className="numeric">
            {conditionWords[condition].label} {counts.get(condition)?.length ?? 0}
          </Text>
        </Group>
      ))}
    </Group>
  );
}
