import { Stack, Text, TextInput } from '@mantine/core';
import type { ResourceInfo } from '@reeve/contract';
import { useState } from 'react';
import { DialogButton } from '../../components/DialogButton.tsx';
import { createOf, createRows, type Texts } from './createForm.ts';
import { QueueTerms, type Terms } from './QueueTerms.tsx';
import { SecretBox } from './SecretBox.tsx';
import { SendButton } from './SendButton.tsx';
import { allows } from './tree.ts';
import { ValueInput } from './ValueInput.tsx';

interface CreateProps {
  deviceId: string;
  /** Of the object. */
  path: string;
  /** Of its definition; absent if the server has none. */
  resources: readonly ResourceInfo[] | undefined;
}

/** Queues a Create, with the values that the instance begins with. */
export function CreateButton(props: CreateProps) {
  return (
    <DialogButton
      size="compact-xs"
      variant="subtle"
      title={`A new instance of ${props.path}`}
      label={`Create an instance of ${props.path}`}
      button="Create"
    >
      {(close) => <CreateForm {...props} close={close} />}
    </DialogButton>
  );
}

function CreateForm({ deviceId, path, resources = [], close }: CreateProps & { close: () => void }) {
  const [instance, setInstance] = useState('');
  const [texts, setTexts] = useState<Texts>({});
  const [secret, setSecret] = useState(false);
  const [terms, setTerms] = useState<Terms>({});
  const rows = createRows(resources, texts);
  const operation = createOf(path, instance, rows, texts, secret);
  return (
    <Stack gap="xs">
      <TextInput
        size="xs"
        label="Number of the instance"
        placeholder="the device chooses"
        value={instance}
        onChange={(event) => setInstance(event.currentTarget.value)}
      />
      {rows.length === 0 && (
        <Text size="sm" c="dimmed">
          The server has no definition of this object: the instance begins without values.
        </Text>
      )}
      <Stack gap="xs" mah="45vh" style={{ overflowY: 'auto' }} role="group" aria-label="Values to begin with">
        {rows.map((row) => (
          <ValueInput
            key={row.path}
            row={row}
            type={row.type ?? 'string'}
            text={texts[row.path] ?? ''}
            change={(text) => setTexts({ ...texts, [row.path]: text })}
          />
        ))}
      </Stack>
      {rows.some(({ operations }) => allows(operations, 'R')) && (
        <SecretBox several secret={secret} change={setSecret} />
      )}
      <QueueTerms terms={terms} change={setTerms} onceOnly />
      <SendButton deviceId={deviceId} command={operation && { operation, ...terms }} done={close}>
        Create
      </SendButton>
    </Stack>
  );
}
