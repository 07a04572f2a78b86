import { Group, NativeSelect } from '@mantine/core';
import type { CommandCreate } from '@reeve/contract';

/** How a command is queued. */
export type Terms = Pick<CommandCreate, 'priority' | 'expiresIn'>;

const priorities = [
  { value: 'urgent', label: 'Urgent' },
  { value: 'normal', label: 'Normal' },
  { value: 'background', label: 'Background' },
] as const;

const DAY = 86_400;
const expiries = [
  { value: '600', label: '10 minutes' },
  { value: '3600', label: 'An hour' },
  { value: String(DAY), label: 'A day' },
  { value: String(7 * DAY), label: 'A week' },
];

/** Asks for what goes first, and when a command is given up. */
export function QueueTerms({ terms, change }: { terms: Terms; change: (terms: Terms) => void }) {
  const { priority = 'normal', expiresIn = DAY } = terms;
  return (
    <Group grow gap="xs">
      <NativeSelect
        size="xs"
        label="Priority"
        data={[...priorities]}
        value={priority}
        onChange={(event) => {
          const chosen = priorities.find(({ value }) => value === event.currentTarget.value);
          change({ ...terms, priority: chosen?.value ?? 'normal' });
        }}
      />
      <NativeSelect
        size="xs"
        label="Given up after"
        data={expiries}
        value={String(expiresIn)}
        onChange={(event) => change({ ...terms, expiresIn: Number(event.currentTarget.value) })}
      />
    </Group>
  );
}
