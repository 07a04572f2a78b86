import { Anchor, Group, NativeSelect, Progress, Stack, Text } from '@mantine/core';
import type { ArtifactInfo, DeviceDetail, UpdateInfo } from '@reeve/contract';
import { useState } from 'react';
import { Link } from 'wouter';
import { ActionButton } from '../../components/ActionButton.tsx';
import { Age } from '../../components/Age.tsx';
import { PagedList } from '../../components/PagedList.tsx';
import { Section } from '../../components/Section.tsx';
import { WordBadge } from '../../components/WordBadge.tsx';
import { api } from '../../data/api.ts';
import { useArtifacts, useDeviceUpdates } from '../../data/queries.ts';
import { updateWords } from '../../words.ts';

/** Objects of firmware and of software. */
const UPDATABLE: readonly number[] = [5, 9];

/** Updates of the device with how far they are, and another one. Only of devices that can be updated, or were. */
export function DeviceUpdates({ device }: { device: DeviceDetail }) {
  const updates = useDeviceUpdates(device.deviceId);
  const able = device.objects.some(({ objectId }) => UPDATABLE.includes(objectId));
  if (!able && updates.items.length === 0) return null;
  return (
    <Section title="Updates">
      <PagedList list={updates} empty="It was not updated yet.">
        {(items) => items.map((update) => <Update key={update.updateId} update={update} />)}
      </PagedList>
      {able && <StartUpdate deviceId={device.deviceId} />}
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

function StartUpdate({ deviceId }: { deviceId: string }) {
  const ready = useArtifacts().items.filter(({ state }) => state === 'ready');
  const [chosen, setChosen] = useState('');
  const artifactId = chosen === '' ? ready[0]?.artifactId : chosen;
  if (artifactId === undefined) {
    return (
      <Text size="xs" c="dimmed">
        There is nothing to update it with yet: add it under{' '}
        <Anchor component={Link} href="/updates" inherit>
          Updates
        </Anchor>
        .
      </Text>
    );
  }
  return (
    <Group gap="xs" align="flex-end">
      <NativeSelect
        size="xs"
        label="Update it with"
        data={ready.map((each) => ({ value: each.artifactId, label: labelOf(each) }))}
        value={artifactId}
        onChange={(event) => setChosen(event.currentTarget.value)}
      />
      <ActionButton run={() => api('updates.start', { params: { device: deviceId }, body: { artifactId } })}>
        Start
      </ActionButton>
    </Group>
  );
}

function labelOf({ name, version, kind, bytes }: ArtifactInfo): string {
  return `${name} ${version}, ${kind}, ${bytes} bytes`;
}
