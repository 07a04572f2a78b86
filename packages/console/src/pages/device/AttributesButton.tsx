import { Button, Group, Popover, Stack, TextInput } from '@mantine/core';
import type { NotificationAttributes } from '@reeve/contract';
import { useState } from 'react';
import { ActionButton } from '../../components/ActionButton.tsx';
import { api } from '../../data/api.ts';
import { parseAttributes } from './parseAttributes.ts';

const ofPeriods = [
  ['pmin', 'At least between notifications (s)'],
  ['pmax', 'At most between notifications (s)'],
] as const;
const ofValues = [
  ['gt', 'Upper limit'],
  ['lt', 'Lower limit'],
  ['st', 'Step'],
  ['edge', 'Only when it becomes true (1) or false (0)'],
] as const;
/** Since LwM2M 1.1 and 1.2. */
const ofLater = [
  ['epmin', 'At least between evaluations (s)'],
  ['epmax', 'At most between evaluations (s)'],
  ['con', 'Confirmable: 1, or not: 0'],
  ['hqmax', 'Kept while it is offline'],
] as const;

/** Says when the device notifies a path: each field sets an attribute, a dash takes it away, an empty one leaves it. */
export function AttributesButton({ deviceId, path, ofValue }: { deviceId: string; path: string; ofValue: boolean }) {
  const [asking, setAsking] = useState(false);
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const parsed = parseAttributes(texts);
  const fields = ofValue ? [...ofPeriods, ...ofValues, ...ofLater] : [...ofPeriods, ...ofLater];

  async function attach(attributes: NotificationAttributes) {
    const operation = { kind: 'write-attributes', path, attributes } as const;
    await api('commands.create', { params: { device: deviceId }, body: { operation } });
    setAsking(false);
  }

  return (
    <Popover opened={asking} onChange={setAsking} trapFocus withArrow shadow="md" position="bottom-end">
      <Popover.Target>
        <Button
          size="compact-xs"
          variant="subtle"
          flex="none"
          aria-label={`When ${path} is notified`}
          onClick={() => setAsking(true)}
        >
          When
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs" w={260} mah={420} style={{ overflowY: 'auto' }}>
          {fields.map(([name, label]) => (
            <TextInput
              key={name}
              size="xs"
              label={`${label}, ${name}`}
              placeholder="as it is; - takes it away"
              value={texts[name] ?? ''}
              error={parsed.wrong.includes(name) && 'A number, or -'}
              onChange={(event) => setTexts({ ...texts, [name]: event.currentTarget.value })}
            />
          ))}
          <Group justify="flex-end" gap="xs">
            <Button size="xs" variant="default" onClick={() => setAsking(false)}>
              Cancel
            </Button>
            <ActionButton
              variant="filled"
              disabled={parsed.wrong.length > 0 || Object.keys(parsed.attributes).length === 0}
              run={() => attach(parsed.attributes)}
            >
              Attach
            </ActionButton>
          </Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
