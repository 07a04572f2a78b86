import { Button, Group, NativeSelect, Popover, Stack, Textarea, TextInput } from '@mantine/core';
import type { CredentialAdd, CredentialAdded, DeviceDetail } from '@reeve/contract';
import { useState } from 'react';
import { ActionButton } from '../../components/ActionButton.tsx';
import { api } from '../../data/api.ts';
import { useAuthorities } from '../../data/queries.ts';

const ways = [
  { value: 'psk', label: 'Pre-shared key, made here' },
  { value: 'oscore', label: 'OSCORE secret, made here' },
  { value: 'raw-key', label: 'Raw public key' },
  { value: 'certificate', label: 'Exactly this certificate' },
  { value: 'authority', label: 'Certificate under an authority' },
] as const;
type Way = (typeof ways)[number]['value'];

interface AddCredentialProps {
  device: DeviceDetail;
  /** Gets what has to be set on the device. */
  added: (added: CredentialAdded) => void;
}

/** Asks for a new credential; those that are there stay. */
export function AddCredential({ device, added }: AddCredentialProps) {
  const [asking, setAsking] = useState(false);
  const [way, setWay] = useState<Way>('psk');
  const [text, setText] = useState('');
  const [authority, setAuthority] = useState('');
  const authorities = useAuthorities().items.map(({ name }) => name);
  const chosen = authority === '' ? (authorities[0] ?? '') : authority;

  async function add() {
    const body = bodyOf(way, text.trim(), chosen);
    added(await api('credentials.add', { params: { device: device.deviceId }, body }));
    setText('');
    setAsking(false);
  }

  return (
    <Popover opened={asking} onChange={setAsking} trapFocus withArrow shadow="md" position="bottom-end">
      <Popover.Target>
        <Button size="compact-xs" variant="default" onClick={() => setAsking(true)}>
          Add
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs" w={320}>
          <NativeSelect
            size="xs"
            label="The device proves itself with"
            data={[...ways]}
            value={way}
            onChange={(event) => setWay(ways.find(({ value }) => value === event.currentTarget.value)?.value ?? 'psk')}
          />
          {way === 'authority' && (
            <NativeSelect
              size="xs"
              label="Authority"
              data={authorities}
              value={chosen}
              error={authorities.length === 0 && 'Add one under Settings first'}
              onChange={(event) => setAuthority(event.currentTarget.value)}
            />
          )}
          {way === 'raw-key' || way === 'certificate' ? (
            <Textarea
              size="xs"
              label={way === 'raw-key' ? 'Public key, PEM' : 'Certificate, PEM'}
              autosize
              minRows={4}
              maxRows={10}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
          ) : (
            <TextInput
              size="xs"
              label={way === 'psk' ? 'Identity' : way === 'oscore' ? 'Sender ID in hex' : 'Name in the certificate'}
              placeholder={way === 'oscore' ? 'made here' : device.endpoint}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
          )}
          <Group justify="flex-end" gap="xs">
            <Button size="xs" variant="default" onClick={() => setAsking(false)}>
              Cancel
            </Button>
            <ActionButton variant="filled" run={add}>
              Add
            </ActionButton>
          </Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

function bodyOf(way: Way, text: string, authority: string): CredentialAdd {
  switch (way) {
    case 'psk':
      return { kind: 'psk', ...(text === '' ? {} : { identity: text }) };
    case 'oscore':
      return { kind: 'oscore', ...(text === '' ? {} : { oscore: { senderId: text } }) };
    case 'raw-key':
      return { kind: 'raw-key', publicKey: text };
    case 'certificate':
      return { kind: 'certificate', certificate: text };
    case 'authority':
      return { kind: 'certificate', authority, ...(text === '' ? {} : { name: text }) };
  }
}
