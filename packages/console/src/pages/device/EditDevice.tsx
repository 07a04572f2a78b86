import { Checkbox, NativeSelect, SimpleGrid, TextInput } from '@mantine/core';
import type { DeviceDetail } from '@reeve/contract';
import { useState } from 'react';
import { DialogButton } from '../../components/DialogButton.tsx';
import { Form } from '../../components/Form.tsx';
import { LabelsField } from '../../components/LabelsField.tsx';
import { parseLabels } from '../../components/labels.ts';
import { api } from '../../data/api.ts';
import { changeOf, type SettingsDraft, settingsOf } from './settingsForm.ts';

/** Changes what people say of a device. */
export function EditDevice({ device }: { device: DeviceDetail }) {
  return (
    <DialogButton title={`Settings of ${device.endpoint}`} button="Edit" label={`Edit the device ${device.endpoint}`}>
      {(close) => <SettingsForm device={device} close={close} />}
    </DialogButton>
  );
}

const wakes = [
  { value: '', label: 'as the server has it' },
  { value: 'urgent', label: 'urgent ones' },
  { value: 'normal', label: 'urgent and normal ones' },
  { value: 'never', label: 'none' },
];

function SettingsForm({ device, close }: { device: DeviceDetail; close: () => void }) {
  const [before] = useState(() => settingsOf(device));
  const [draft, setDraft] = useState(before);
  const labels = parseLabels(draft.labels);
  const change = changeOf(before, draft, labels.ok ? labels.labels : {});
  const text = (name: Exclude<keyof SettingsDraft, 'admitsBehind'>, label: string, hint = '', type = 'text') => (
    <TextInput
      size="xs"
      type={type}
      label={label}
      placeholder={hint}
      value={draft[name]}
      onChange={(event) => setDraft({ ...draft, [name]: event.currentTarget.value })}
    />
  );
  const save = async () => {
    await api('devices.change', { params: { device: device.deviceId }, body: change });
    close();
  };
  return (
    <Form button="Save" disabled={!labels.ok || Object.keys(change).length === 0} submit={save} cancel={close}>
      <LabelsField text={draft.labels} change={(labels) => setDraft({ ...draft, labels })} />
      <SimpleGrid cols={2} spacing="xs">
        {text('site', 'Site')}
        {text('owner', 'Owner')}
        {text('model', 'Model')}
        {text('smsNumber', 'Number for SMS', 'as it registers', 'tel')}
        {text('awakeSeconds', 'Awake after a message (s)', '93', 'number')}
        {text('downlinkBytesPerDay', 'Bytes a day to it', 'as many as one likes', 'number')}
      </SimpleGrid>
      <NativeSelect
        size="xs"
        label="Woken by SMS for commands"
        data={wakes}
        value={draft.wake}
        onChange={(event) => setDraft({ ...draft, wake: event.currentTarget.value })}
      />
      <Checkbox
        size="xs"
        label="It is a gateway: devices that it names as behind it are added"
        checked={draft.admitsBehind}
        onChange={(event) => setDraft({ ...draft, admitsBehind: event.currentTarget.checked })}
      />
    </Form>
  );
}
