import { Accordion, Group, Text } from '@mantine/core';
import type { DeviceDetail } from '@reeve/contract';
import { useState } from 'react';
import { Section } from '../../components/Section.tsx';
import { formatCount } from '../../format.ts';
import { CompositeButton } from './CompositeButton.tsx';
import { CreateButton } from './CreateButton.tsx';
import { DiscoverButton } from './DiscoverButton.tsx';
import { InstanceTable } from './InstanceTable.tsx';

import { buildTree } from './tree.ts';

/** What the device offers and last said, object by object. */
export function ObjectTree({ device, person }: { device: DeviceDetail; person: string }) {
  const tree = buildTree(device);
  const [closed, setClosed] = useState<string[]>([]);
  const all = tree.map(({ objectId }) => String(objectId));
  return (
    <Section title="Objects" aside={device.registration && <CompositeButton device={device} />}>
      {tree.length === 0 && (
        <Text size="sm" c="dimmed">
          The device has not said yet what it offers.
        </Text>
      )}
      <Accordion
        multiple
        variant="contained"
        order={3}
        value={all.filter((id) => !closed.includes(id))}
        onChange={(open) => setClosed(all.filter((id) => !open.includes(id)))}
      >
        {tree.map((object) => (
          <Accordion.Item key={object.objectId} value={String(object.objectId)}>
            <Accordion.Control>
              <Text span fw={600}>
                {object.name}
              </Text>{' '}
              <Text span size="sm" c="dimmed">
                /{object.objectId}
                {object.version && ` · version ${object.version}`} · {formatCount(object.instances.length, 'instance')}
              </Text>
            </Accordion.Control>
            <Accordion.Panel>
              <Group gap={4} ml={-7}>
                <CreateButton deviceId={device.deviceId} path={`/${object.objectId}`} resources={object.resources} />
                <DiscoverButton deviceId={device.deviceId} path={`/${object.objectId}`} />
              </Group>
              {object.instances.map((instance) => (
                <InstanceTable key={instance.path} deviceId={device.deviceId} instance={instance} person={person} />
              ))}
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
    </Section>
  );
}
