import { Anchor, NativeSelect, SimpleGrid, Text, TextInput } from '@mantine/core';
import { type ArtifactInfo, compact, type DeviceDetail, type UpdateMethod, type UpdateScheme } from '@reeve/contract';
import { useState } from 'react';
import { Link } from 'wouter';
import { DialogButton } from '../../components/DialogButton.tsx';
import { Form } from '../../components/Form.tsx';
import { api } from '../../data/api.ts';
import { useArtifacts } from '../../data/queries.ts';
import { formatBytes } from '../../format.ts';

const methods: Readonly<Record<UpdateMethod, string>> = {
  auto: 'as the device takes it',
  push: 'the server sends it',
  pull: 'the device fetches it',
};

/** By which a device fetches. */
const schemes: Readonly<Record<UpdateScheme, string>> = {
  coap: 'coap',
  coaps: 'coaps',
  'coap+tcp': 'coap+tcp',
  'coaps+tcp': 'coaps+tcp',
  http: 'http',
  https: 'https',
};

/** Updates the device with an artifact. */
export function StartUpdate({ device }: { device: DeviceDetail }) {
  return (
    <DialogButton size="compact-xs" title={`Update ${device.endpoint}`} label="Start an update" button="Update">
      {(close) => <UpdateForm deviceId={device.deviceId} close={close} />}
    </DialogButton>
  );
}

function UpdateForm({ deviceId, close }: { deviceId: string; close: () => void }) {
  const ready = useArtifacts().items.filter(({ state }) => state === 'ready');
  const [chosen, setChosen] = useState('');
  const [method, setMethod] = useState<UpdateMethod>('auto');
  const [scheme, setScheme] = useState<UpdateScheme>();
  const [instance, setInstance] = useState('0');
  const [hours, setHours] = useState('24');
  const artifactId = chosen === '' ? ready[0]?.artifactId : chosen;
  if (artifactId === undefined) {
    return (
      <Text size="sm">
        There is nothing to update it with yet: add it under{' '}
        <Anchor component={Link} href="/updates" inherit>
          Updates
        </Anchor>
        .
      </Text>
    );
  }
  const start = async () => {
    const numbers = { instance: Number(instance), expireSeconds: Math.round(Number(hours) * 3600) };
    const body = { artifactId, method, ...numbers, ...compact({ scheme }) };
    await api('updates.start', { params: { device: deviceId }, body });
    close();
  };
  return (
    <Form button="Start" submit={start} cancel={close}>
      <NativeSelect
        size="xs"
        label="Artifact"
        data={ready.map((each) => ({ value: each.artifactId, label: labelOf(each) }))}
        value={artifactId}
        onChange={(event) => setChosen(event.currentTarget.value)}
      />
      <SimpleGrid cols={2} spacing="xs">
        <NativeSelect
          size="xs"
          label="How it gets there"
          data={keysOf(methods).map((value) => ({ value, label: methods[value] }))}
          value={method}
          onChange={(event) => setMethod(find(methods, event.currentTarget.value) ?? 'auto')}
        />
        <NativeSelect
          size="xs"
          label="Fetched by"
          disabled={method === 'push'}
          data={[{ value: '', label: 'what both speak' }, ...keysOf(schemes)]}
          value={scheme ?? ''}
          onChange={(event) => setScheme(find(schemes, event.currentTarget.value))}
        />
        <TextInput
          size="xs"
          type="number"
          min={0}
          label="Instance of the object"
          value={instance}
          onChange={(event) => setInstance(event.currentTarget.value)}
        />
        <TextInput
          size="xs"
          type="number"
          min={1}
          label="Given up after (h)"
          value={hours}
          onChange={(event) => setHours(event.currentTarget.value)}
        />
      </SimpleGrid>
    </Form>
  );
}

function keysOf<K extends string>(table: Readonly<Record<K, string>>): K[] {
  return Object.keys(table) as K[];
}

function find<K extends string>(table: Readonly<Record<K, string>>, value: string): K | undefined {
  return keysOf(table).find((key) => key === value);
}

function labelOf({ name, version, kind, bytes }: ArtifactInfo): string {
  return `${name} ${version}, ${kind}, ${formatBytes(bytes)}`;
}
