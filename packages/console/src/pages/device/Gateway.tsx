import { Anchor, Group, Text } from '@mantine/core';
import type { DeviceDetail } from '@reeve/contract';
import { Link } from 'wouter';
import { Section } from '../../components/Section.tsx';

/** The gateway that a device is behind, or the devices behind a gateway; nothing of any other. */
export function Gateway({ device: { gateway, behind = [], admitsBehind } }: { device: DeviceDetail }) {
  if (gateway === undefined && behind.length === 0 && !admitsBehind) return null;
  return (
    <Section title="Gateway">
      {gateway !== undefined && (
        <Text size="sm">
          Reached through <DeviceLink endpoint={gateway} />
        </Text>
      )}
      {behind.map(({ endpoint, prefix }) => (
        <Group key={endpoint} justify="space-between" gap="xs">
          <DeviceLink endpoint={endpoint} />
          <Text size="xs" c="dimmed">
            {prefix === undefined ? 'not registered' : `prefix ${prefix}`}
          </Text>
        </Group>
      ))}
      {admitsBehind && (
        <Text size="xs" c="dimmed">
          Devices that it names as behind it are added.
        </Text>
      )}
    </Section>
  );
}

function DeviceLink({ endpoint }: { endpoint: string }) {
  return (
    <Anchor size="sm" component={Link} href={`/devices/${encodeURIComponent(endpoint)}`}>
      {endpoint}
    </Anchor>
  );
}
