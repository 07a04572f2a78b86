import { Checkbox, Group, NativeSelect } from '@mantine/core';
import type { CommandCreate } from '@reeve/contract';

/** How a command is queued. */
export type Terms = Pick<CommandCreate, 'priority' | 'expiresIn' | 'repeatable'>;

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

interface QueueTermsProps {
  terms: Terms;
  change: (terms: Terms) => void;
  /** Whether a second try may do what the first did already, so that it is asked for. */
  onceOnly?: boolean;
}

/** Asks for what goes first, and when a command is given up. */
export function QueueTerms({ terms, change, onceOnly = false }: QueueTermsProps) {
  const { priority = 'normal', expiresIn = DAY, repeatable = false } = terms;
  return (
    <>
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
      {onceOnly && (
        <Checkbox
          size="xs"
          label="It may be sent again if the answer is lost"
          checked={repeatable}
          onChange={(event) => change({ ...terms, repeatable: event.currentTarget.checked })}
        />
      )}
    </>
  );
}
