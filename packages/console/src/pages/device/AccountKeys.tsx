import { Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import type { AccountKeysStatus, DeviceDetail } from '@reeve/contract';
import { useState } from 'react';
import { Age } from '../../components/Age.tsx';
import { ConfirmButton } from '../../components/ConfirmButton.tsx';
import { DialogButton } from '../../components/DialogButton.tsx';
import { Form } from '../../components/Form.tsx';
import { Section } from '../../components/Section.tsx';
import { api } from '../../data/api.ts';
import { useAccountKeys, useDeviceBootstraps } from '../../data/queries.ts';
import { keyFields, keysOf } from './accountKeyForm.ts';

/** Whose keys the device is given for servers elsewhere. Shown only of devices that are bootstrapped here, or have some. */
export function AccountKeys({ device }: { device: DeviceDetail }) {
  const { items } = useAccountKeys(device.deviceId);
  const bootstrapped = useDeviceBootstraps(device.deviceId).items.length > 0;
  const served = bootstrapped || device.credentials.some(({ purpose }) => purpose !== 'management');
  if (items.length === 0 || !(served || items.some(({ own }) => own))) return null;
  return (
    <Section title="Servers elsewhere" about="What it is given when it is bootstrapped next; keys are never shown">
      <Stack gap="xs">
        {items.map((status) => (
          <Account key={status.shortServerId} device={device} status={status} />
        ))}
      </Stack>
    </Section>
  );
}

function Account({ device, status }: { device: DeviceDetail; status: AccountKeysStatus }) {
  const { shortServerId, uri, own, fault, changedAt, changedBy } = status;
  const params = { device: device.deviceId, server: String(shortServerId) };
  return (
    <Group gap="xs" justify="space-between" wrap="nowrap" align="flex-start" data-testid={`account-${shortServerId}`}>
      <div style={{ minWidth: 0 }}>
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {shortServerId}: {uri ?? 'no account of its template'}
        </Text>
        {(own || fault === undefined) && (
          <Text size="xs" c="dimmed">
            {own ? 'Keys of its own are set' : 'Keys of its template'}
            {changedAt !== undefined && (
              <>
                , <Age at={changedAt} /> by {changedBy}
              </>
            )}
          </Text>
        )}
        {fault !== undefined && (
          <Text size="xs" c="red">
            It would be given nothing: {fault}
          </Text>
        )}
      </div>
      <Group gap={4} wrap="nowrap">
        {status.security !== undefined && (
          <DialogButton
            size="compact-xs"
            title={`Keys of ${device.endpoint} for server ${shortServerId}`}
            label={`Set keys for server ${shortServerId}`}
            button={own ? 'Replace' : 'Set'}
          >
            {(close) => <KeysForm params={params} security={status.security ?? 'psk'} close={close} />}
          </DialogButton>
        )}
        {own && (
          <ConfirmButton
            size="compact-xs"
            question="Remove the keys of its own? It is given those of its template then."
            label={`Remove keys for server ${shortServerId}`}
            run={() => api('bootstrap.remove-account-keys', { params })}
          >
            Remove
          </ConfirmButton>
        )}
      </Group>
    </Group>
  );
}

interface KeysFormProps {
  params: { device: string; server: string };
  security: NonNullable<AccountKeysStatus['security']>;
  close: () => void;
}

function KeysForm({ params, security, close }: KeysFormProps) {
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const keys = keysOf(security, texts);
  const set = async () => {
    if (keys) await api('bootstrap.set-account-keys', { params, body: keys });
    close();
  };
  return (
    <Form button="Set" disabled={!keys} submit={set} cancel={close}>
      {keyFields[security].map(({ name, label, optional = false, pem = false }) => {
        const field = {
          ...{ size: 'xs', label, autoComplete: 'off', value: texts[name] ?? '' },
          placeholder: optional ? 'none' : '',
        };
        const type = (text: string) => setTexts({ ...texts, [name]: text });
        return pem ? (
          <Textarea
            key={name}
            {...field}
            autosize
            minRows={3}
            maxRows={8}
            onChange={(event) => type(event.currentTarget.value)}
          />
        ) : (
          <TextInput key={name} {...field} onChange={(event) => type(event.currentTarget.value)} />
        );
      })}
    </Form>
  );
}
