import { Alert, Badge, Grid, Group, Skeleton, Stack, Title } from '@mantine/core';
import type { DeviceDetail, Session } from '@reeve/contract';
import { PresenceBadge } from '../../components/PresenceBadge.tsx';
import { QueryError } from '../../components/QueryError.tsx';
import { Section } from '../../components/Section.tsx';
import { Timeline } from '../../components/Timeline.tsx';
import { useDevice, useDeviceIncidents, useTimeline } from '../../data/queries.ts';
import { formatLabels } from '../../format.ts';
import { toneColor } from '../../theme.ts';
import { AccountKeys } from './AccountKeys.tsx';
import { CommandList } from './CommandList.tsx';
import { Connection } from './Connection.tsx';
import { Credentials } from './Credentials.tsx';
import { DeviceBootstraps } from './DeviceBootstraps.tsx';
import { DeviceHandshakes } from './DeviceHandshakes.tsx';
import { DeviceIncidents } from './DeviceIncidents.tsx';
import { DeviceUpdates } from './DeviceUpdates.tsx';
import { EditDevice } from './EditDevice.tsx';
import { Frames } from './Frames.tsx';
import { Gateway } from './Gateway.tsx';
import { LockPanel } from './LockPanel.tsx';
import { ObjectTree } from './ObjectTree.tsx';
import { RemoveDevice } from './RemoveDevice.tsx';
import { RuleList } from './RuleList.tsx';
import { Support } from './Support.tsx';
import { Trace } from './Trace.tsx';

/**
 * Everything known of one device.
 *
 * @param device id or endpoint name
 */
export function DevicePage({ device, session }: { device: string; session: Session }) {
  const query = useDevice(device);
  if (query.isPending) return <Skeleton height={400} aria-label="Loading" />;
  if (!query.data) return <QueryError query={query} />;
  return (
    <>
      <QueryError query={query} />
      <Panels device={query.data} person={session.actor.name} />
    </>
  );
}

function Panels({ device, person }: { device: DeviceDetail; person: string }) {
  const incidents = useDeviceIncidents(device.deviceId);
  return (
    <>
      <Heading device={device} />
      {!device.registration && <DeviceHandshakes deviceId={device.deviceId} />}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, lg: 8 }}>
          <Stack gap="md">
            <DeviceIncidents incidents={incidents} />
            <RuleList device={device} />
            <ObjectTree device={device} person={person} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4 }}>
          <Stack gap="md">
            <LockPanel device={device} incidents={incidents.items} person={person} />
            <CommandList deviceId={device.deviceId} />
            <Connection device={device} />
            <Support device={device} />
            <Gateway device={device} />
            <DeviceUpdates device={device} />
            <Credentials device={device} />
            <Frames device={device} />
            <DeviceBootstraps device={device} />
            <AccountKeys device={device} />
            <Trace deviceId={device.deviceId} />
            <DeviceTimeline deviceId={device.deviceId} />
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  );
}

function Heading({ device }: { device: DeviceDetail }) {
  return (
    <Stack gap="xs">
      <Group gap="sm" justify="space-between" align="flex-start">
        <Group gap="sm" flex={1}>
          <Title order={1} style={{ overflowWrap: 'anywhere' }}>
            {device.endpoint}
          </Title>
          <PresenceBadge presence={device.presence} />
          {formatLabels(device.labels).map((label) => (
            <Badge key={label} variant="default" tt="none" fw={400}>
              {label}
            </Badge>
          ))}
        </Group>
        <Group gap="xs">
          <EditDevice device={device} />
          <RemoveDevice device={device} />
        </Group>
      </Group>
      <Alert
        color={toneColor[device.verdict.tone]}
        py="xs"
        role="status"
        data-testid="verdict"
        data-tone={device.verdict.tone}
      >
        {device.verdict.text}
      </Alert>
    </Stack>
  );
}

function DeviceTimeline({ deviceId }: { deviceId: string }) {
  const timeline = useTimeline(deviceId);
  return (
    <Section title="Timeline">
      <Timeline list={timeline} />
    </Section>
  );
}
