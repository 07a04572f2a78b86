import { Group, Progress, Stack, Text } from '@mantine/core';
import type { DeviceDetail, UpdateInfo } from '@reeve/contract';
import { ActionButton } from '../../components/ActionButton.tsx';
import { Age } from '../../components/Age.tsx';
import { PagedList } from '../../components/PagedList.tsx';
import { Section } from '../../components/Section.tsx';
import { WordBadge } from '../../components/WordBadge.tsx';
import { api } from '../../data/api.ts';
import { useDeviceUpdates } from '../../data/queries.ts';
import { updateWords } from '../../words.ts';
import { StartUpdate } from './StartUpdate.tsx';

/** Objects of firmware and of software. */
const UPDATABLE: readonly number[] = [5, 9];

/** Updates of the device with how far they are, and another one. Only of devices that can be updated, or were. */
export function DeviceUpdates({ device }: { device: DeviceDetail }) {
  const updates = useDeviceUpdates(device.deviceId);
  const able = device.objects.some(({ objectId }) => UPDATABLE.includes(objectId));
  if (!able && updates.items.length === 0) return null;
  return (
    <Section title="Updates" aside={able && <StartUpdate device={device} />}>
      <PagedList list={updates} empty="It was not updated yet.">
        {(items) => items.map((update) => <Update key={update.updateId} update={update} />)}
      </PagedList>
    </Section>
  );
}

function Update({ update }: { update: UpdateInfo }) {
  const { updateId, artifact, path, state, phase, done, bytes, detail, startedAt, startedBy } = update;
  const percent = bytes === 0 ? 0 : Math.floor((done / bytes) * 100);
  const running = state === 'running';
  return (
    <Stack gap={4} data-testid={updateId}>
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
          {artifact}
        </Text>
        <WordBadge word={updateWords[state]} />
      </Group>
      {running && <Progress value={percent} aria-label={`${artifact}: ${percent} %`} />}
      <Text size="xs" c="dimmed">
        {running && `${phase}, ${done} of ${bytes} bytes · `}
        {path} · <Age at={startedAt} /> by {startedBy}
      </Text>
      {detail !== undefined && <Text size="xs">{detail}</Text>}
      {running && (
        <Group justify="flex-end">
          <ActionButton
            size="compact-xs"
            label={`Cancel ${artifact}`}
            run={() => api('updates.cancel', { params: { update: updateId } })}
          >
            Cancel
          </ActionButton>
        </Group>
      )}
    </Stack>
  );
}
