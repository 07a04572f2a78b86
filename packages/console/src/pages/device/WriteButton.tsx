import { Button, Group, NativeSelect, Popover, Stack, TextInput } from '@mantine/core';
import type { CommandOperation } from '@reeve/contract';
import { useState } from 'react';
import { ActionButton } from '../../components/ActionButton.tsx';
import { api } from '../../data/api.ts';
import { inputTypes, parseInput } from './parseInput.ts';
import type { ResourceRow } from './tree.ts';

/** Takes a new value and queues a Write. The type comes from the definition; for an unknown resource a person says it. */
export function WriteButton({ deviceId, row }: { deviceId: string; row: ResourceRow }) {
  const [asking, setAsking] = useState(false);
  const [text, setText] = useState('');
  const [type, setType] = useState(row.type ?? 'string');
  const parsed = parseInput(type, text);
  const { path } = row;

  function ask() {
    setText(String(row.value?.value ?? ''));
    setAsking(true);
  }
  async function write() {
    if (!parsed.ok) return;
    const typed = row.operations === 'unknown' ? { type } : {};
    const operation: CommandOperation = {
      kind: 'write',
      mode: 'replace',
      path,
      values: [{ path, value: parsed.value, ...typed }],
    };
    await api('commands.create', { params: { device: deviceId }, body: { operation } });
    setAsking(false);
  }

  return (
    <Popover opened={asking} onChange={setAsking} trapFocus withArrow shadow="md" position="bottom-end">
      <Popover.Target>
        <Button size="compact-xs" variant="subtle" flex="none" aria-label={`Write ${path}`} onClick={ask}>
          Write
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs" w={260}>
          {row.operations === 'unknown' && (
            <NativeSelect
              size="xs"
              label="Type"
              data={inputTypes}
              value={type}
              onChange={(event) => setType(event.currentTarget.value)}
            />
          )}
          <TextInput
            size="xs"
            label={`${row.name} (${path})`}
            description={row.limits === '' ? type : `${type}: ${row.limits}`}
            value={text}
            error={!parsed.ok && text !== '' && `Expected ${parsed.expected}`}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Group justify="flex-end" gap="xs">
            <Button size="xs" variant="default" onClick={() => setAsking(false)}>
              Cancel
            </Button>
            <ActionButton variant="filled" disabled={!parsed.ok} run={write}>
              Write
            </ActionButton>
          </Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
