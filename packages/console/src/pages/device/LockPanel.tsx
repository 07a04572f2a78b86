import { Anchor, Group, List, Stack, Text } from '@mantine/core';
import type { DeviceDetail, Incident } from '@reeve/contract';
import { Link } from 'wouter';
import { ActionButton } from '../../components/ActionButton.tsx';
import { Age } from '../../components/Age.tsx';
import { Section } from '../../components/Section.tsx';
import { WordBadge } from '../../components/WordBadge.tsx';
import { api } from '../../data/api.ts';
import { lockWords } from '../../words.ts';

interface LockPanelProps {
  device: DeviceDetail;
  incidents: readonly Incident[];
  /** Name of who is signed in. */
  person: string;
}

/** Whether the device says that it is locked, who holds the lock, and a person's own hold on it. */
export function LockPanel({ device, incidents, person }: LockPanelProps) {
  const { lock, deviceId } = device;
  const holds = lock.holders.includes(person);
  const change = (held: boolean) => () => api('devices.lock', { params: { device: deviceId }, body: { held } });
  return (
    <Section
      title="Lock"
      aside={
        holds ? (
          <ActionButton run={change(false)}>Let go</ActionButton>
        ) : (
          <ActionButton run={change(true)}>{lock.holders.length > 0 ? 'Hold the lock too' : 'Lock'}</ActionButton>
        )
      }
    >
      <Stack gap={4}>
        <Group gap="xs">
          <WordBadge word={lockWords[lock.state]} testId="lock-state" />
          {lock.provedAt !== undefined && (
            <Text size="sm" c="dimmed">
              the device said so <Age at={lock.provedAt} />
            </Text>
          )}
        </Group>
        {lock.until !== undefined && (
          <Text size="sm">
            Ends by itself <Age at={lock.until} future />
          </Text>
        )}
        {lock.holders.length > 0 && (
          <>
            <Text size="sm">Held by</Text>
            <List size="sm">
              {lock.holders.map((holder) => (
                <List.Item key={holder}>
                  <Holder holder={holder} incident={incidents.find(({ incidentId }) => incidentId === holder)} />
                </List.Item>
              ))}
            </List>
          </>
        )}
      </Stack>
    </Section>
  );
}

function Holder({ holder, incident }: { holder: string; incident: Incident | undefined }) {
  if (!incident) return holder;
  return (
    <Anchor component={Link} href={`/incidents/${incident.incidentId}`} inherit>
      {incident.policyId} / {incident.ruleId}
    </Anchor>
  );
}
