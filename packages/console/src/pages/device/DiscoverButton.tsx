import { Button, Group, NativeSelect, Popover, Stack } from '@mantine/core';
import { compact } from '@reeve/contract';
import { useState } from 'react';
import { ActionButton } from '../../components/ActionButton.tsx';
import { api } from '../../data/api.ts';

const depths = [
  { value: '', label: 'as the device does' },
  { value: '0', label: 'the path alone' },
  { value: '1', label: 'one level' },
  { value: '2', label: 'two levels' },
  { value: '3', label: 'three levels' },
];

/** Queues a Discover; what it lists appears among the commands. */
export function DiscoverButton({ deviceId, path }: { deviceId: string; path: string }) {
  const [asking, setAsking] = useState(false);
  const [depth, setDepth] = useState('');
  const discover = async () => {
    const operation = {
      kind: 'discover',
      path,
      ...compact({ depth: depth === '' ? undefined : Number(depth) }),
    } as const;
    await api('commands.create', { params: { device: deviceId }, body: { operation } });
    setAsking(false);
  };
  return (
    <Popover opened={asking} onChange={setAsking} trapFocus withArrow shadow="md" position="bottom-end">
      <Popover.Target>
        <Button
          size="compact-xs"
          variant="subtle"
          flex="none"
          aria-label={`Discover ${path}`}
          onClick={() => setAsking(true)}
        >
          Discover
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs" w={240}>
          <NativeSelect
            size="xs"
            label="Levels below the path (LwM2M 1.2)"
            data={depths}
            value={depth}
            onChange={(event) => setDepth(event.currentTarget.value)}
          />
          <Group justify="flex-end" gap="xs">
            <Button size="xs" variant="default" onClick={() => setAsking(false)}>
              Cancel
            </Button>
            <ActionButton variant="filled" run={discover}>
              Discover
            </ActionButton>
          </Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
