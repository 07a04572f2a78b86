import { Anchor, Button, Group, NativeSelect, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import type { DeviceAdded, Session } from '@reeve/contract';
import { useState } from 'react';
import { Link } from 'wouter';
import { CredentialFields } from '../../components/credential/CredentialFields.tsx';
import { Form } from '../../components/Form.tsx';
import { LabelsField } from '../../components/LabelsField.tsx';
import { parseLabels } from '../../components/labels.ts';
import { Setup } from '../../components/Setup.tsx';
import { api } from '../../data/api.ts';
import { type DeviceDraft, deviceOf, reaches } from './deviceForm.ts';

interface AddDeviceProps {
  session: Session;
  /** What is known of it already. */
  draft: DeviceDraft;
  close: () => void;
}

/** Asks for a new device, and then shows what to set on it. */
export function AddDevice({ session, draft: first, close }: AddDeviceProps) {
  const [draft, setDraft] = useState(first);
  const [added, setAdded] = useState<DeviceAdded>();
  if (added) return <Added added={added} close={close} />;
  const labels = parseLabels(draft.labels);
  const text = (name: 'endpoint' | 'site' | 'owner' | 'model' | 'group' | 'gateway', label: string, hint = '') => (
    <TextInput
      size="xs"
      label={label}
      placeholder={hint}
      value={draft[name]}
      data-autofocus={name === 'endpoint' || undefined}
      onChange={(event) => setDraft({ ...draft, [name]: event.currentTarget.value })}
    />
  );
  return (
    <Form
      button="Add"
      disabled={draft.endpoint.trim() === '' || !labels.ok}
      submit={async () => labels.ok && setAdded(await api('devices.add', { body: deviceOf(draft, labels.labels) }))}
      cancel={close}
    >
      {text('endpoint', 'Endpoint name', 'the name with which it registers')}
      <NativeSelect
        size="xs"
        label="It comes"
        data={reaches.filter(({ value }) => value !== 'nosec' || session.server.noSec)}
        value={draft.reach}
        onChange={(event) => {
          const chosen = reaches.find(({ value }) => value === event.currentTarget.value);
          setDraft({ ...draft, reach: chosen?.value ?? 'credential' });
        }}
      />
      {draft.reach === 'credential' && (
        <CredentialFields
          draft={draft.credential}
          change={(credential) => setDraft({ ...draft, credential })}
          endpoint={draft.endpoint}
        />
      )}
      {draft.reach === 'gateway' && text('gateway', 'Gateway', 'its endpoint name')}
      <SimpleGrid cols={2} spacing="xs">
        {text('site', 'Site')}
        {text('owner', 'Owner')}
        {text('model', 'Model', 'until it says so itself')}
        {text('group', 'Group', 'for bootstrap')}
      </SimpleGrid>
      <LabelsField text={draft.labels} change={(text) => setDraft({ ...draft, labels: text })} />
    </Form>
  );
}

function Added({ added, close }: { added: DeviceAdded; close: () => void }) {
  const { device, setup } = added;
  return (
    <Stack gap="sm" data-testid="device-added">
      <Text size="sm">
        Added{' '}
        <Anchor component={Link} href={`/devices/${device.deviceId}`} inherit fw={600}>
          {device.endpoint}
        </Anchor>
        .{setup.length === 0 && device.gateway === undefined && ' Its page says how it goes on.'}
        {device.gateway !== undefined && ` It comes when ${device.gateway} names it.`}
      </Text>
      {setup.length > 0 && <Setup added={added} />}
      <Group justify="flex-end">
        <Button size="xs" onClick={close}>
          Done
        </Button>
      </Group>
    </Stack>
  );
}
