import { Table, Text } from '@mantine/core';
import type { DeviceDetail } from '@reeve/contract';
import type { ReactNode } from 'react';
import { Age } from '../../components/Age.tsx';
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
    [
      'LwM2M',
      registration &&
        `${registration.version}, binding ${registration.binding}${registration.queueMode ? ', queue mode' : ''}`,
    ],
    ['Address', registration?.address],
    [
      'Security',
      registration && (registration.security ? `DTLS, ${credentialWords[registration.security]}` : 'none (NoSec)'),
    ],
    ['Identity', registration?.identity],
  ];
  const known = facts.filter(([, value]) => value);
  return (
    <Section title="Connection">
      {known.length === 0 && (
        <Text size="sm" c="dimmed">
          Not registered.
        </Text>
      )}
      <Table variant="vertical" withRowBorders={false} verticalSpacing={3} horizontalSpacing={0} layout="fixed">
        <Table.Tbody>
          {known.map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" w={110} fw={400} bg="transparent" c="dimmed">
                {name}
              </Table.Th>
              <Table.Td>
                <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                  {value}
                </Text>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  );
}
