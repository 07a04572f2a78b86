import { NativeSelect, Stack } from '@mantine/core';
import { compact } from '@reeve/contract';
import { useState } from 'react';
import { FormButton } from '../../components/FormButton.tsx';
import { quiet } from './quiet.ts';
import { SendButton } from './SendButton.tsx';

const depths = [
  { value: '', label: 'as the device does' },
  { value: '0', label: 'the path alone' },
  { value: '1', label: 'one level' },
  { value: '2', label: 'two levels' },
  { value: '3', label: 'three levels' },
];

/** Queues a Discover; what it lists appears among the commands. */
export function DiscoverButton({ deviceId, path }: { deviceId: string; path: string }) {
  const [depth, setDepth] = useState('');
  const operation = {
    kind: 'discover',
    path,
    ...compact({ depth: depth === '' ? undefined : Number(depth) }),
  } as const;
  return (
    <FormButton
      {...quiet}
      label={`Discover ${path}`}
      form={(done) => (
        <Stack gap="xs" w={240}>
          <NativeSelect
            size="xs"
            label="Levels below the path (LwM2M 1.2)"
            data={depths}
            value={depth}
            onChange={(event) => setDepth(event.currentTarget.value)}
          />
          <SendButton deviceId={deviceId} command={{ operation }} done={done}>
            Discover
          </SendButton>
        </Stack>
      )}
    >
      Discover
    </FormButton>
  );
}
