import { Text } from '@mantine/core';
import type { DeviceDetail } from '@reeve/contract';
import type { ReactNode } from 'react';
import { Age } from '../../components/Age.tsx';
import { Facts } from '../../components/Facts.tsx';
import { Section } from '../../components/Section.tsx';
import { formatDuration } from '../../format.ts';
import { credentialWords } from '../../words.ts';

/** How the device is registered and what it proves itself with. */
export function Connection({ device }: { device: DeviceDetail }) {
  const { registration, presence } = device;
  const facts: [name: string, value: ReactNode][] = [
    ['Model', device.model],
    ['Site', device.site],
    ['Owner', device.owner],
    ['Next contact', presence.nextContactBy !== undefined && <Age at={presence.nextContactBy} future />],
    ['Registered', registration && <Age at={registration.registeredAt} />],
    [
      'Lifetime',
      registration && (registration.lifetime === 0 ? 'endless' : formatDuration(registration.lifetime * 1000)),
    ],
    ['Address', registration?.address],
    ['Security', registration && (registration.security ? credentialWords[registration.security] : 'none (NoSec)')],
    ['Identity', registration?.identity],
  ];
  return (
    <Section title="Connection">
      {!registration && (
        <Text size="sm" c="dimmed">
          Not registered.
        </Text>
      )}
      <Facts facts={facts} />
    </Section>
  );
}
