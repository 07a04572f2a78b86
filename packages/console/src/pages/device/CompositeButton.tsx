import { Button, Checkbox, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core';
import type { DeviceDetail } from '@reeve/contract';
import { useState } from 'react';
import { ActionButton } from '../../components/ActionButton.tsx';
import { api } from '../../data/api.ts';
import { parseComposite } from './parseComposite.ts';
import { QueueTerms, type Terms } from './QueueTerms.tsx';
import { SecretBox } from './SecretBox.tsx';
import { SendButton } from './SendButton.tsx';
import { buildTree } from './tree.ts';

/** Reads, writes or observes several resources in one request (LwM2M 1.1). */
export function CompositeButton({ device }: { device: DeviceDetail }) {
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button size="compact-xs" variant="default" onClick={() => setAsking(true)}>
        Several at once
      </Button>
      <Modal opened={asking} onClose={() => setAsking(false)} title="Several resources in one request">
        <CompositeForm device={device} done={() => setAsking(false)} />
      </Modal>
    </>
  );
}

function CompositeForm({ device, done }: { device: DeviceDetail; done: () => void }) {
  const [text, setText] = useState('');
  const [attributes, setAttributes] = useState('');
  const [secret, setSecret] = useState(false);
  const [terms, setTerms] = useState<Terms>({});
  const [inPieces, setInPieces] = useState(false);
  const rows = buildTree(device).flatMap(({ instances }) => instances.flatMap((instance) => instance.rows));
  const parsed = parseComposite(text, (path) => rows.find((row) => row.path === path), secret);
  const together = parsed.ok ? parsed.operation : undefined;
  const writes = together?.kind === 'write-composite';
  const operation = writes && inPieces ? { ...together, inPieces } : together;
  const observe = async () => {
    if (operation?.kind !== 'read-composite') return;
    const path = operation.paths.join(' ') + (attributes.trim() === '' ? '' : `?${attributes.trim()}`);
    await api('devices.observe', { params: { device: device.deviceId }, body: { path } });
    done();
  };
  const reads = operation?.kind === 'read-composite';
  return (
    <Stack gap="xs">
      <Textarea
        label="Resources"
        description="A line for each: /3/0/9 reads it, /1/0/1 = 60 writes it, remove /11/0/1/2 removes one of several values with them"
        autosize
        minRows={4}
        maxRows={12}
        value={text}
        error={!parsed.ok && parsed.error}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {writes && <SecretBox several secret={secret} change={setSecret} />}
      {writes && (
        <Checkbox
          size="xs"
          label="If the device refuses them together, write them one by one: perhaps not all of them are"
          checked={inPieces}
          onChange={(event) => setInPieces(event.currentTarget.checked)}
        />
      )}
      <QueueTerms terms={terms} change={setTerms} />
      <SendButton deviceId={device.deviceId} command={operation && { operation, ...terms }} done={done}>
        {writes ? 'Write' : 'Read'}
      </SendButton>
      {reads && (
        <>
          <Text size="sm" fw={600}>
            Or have them observed as one
          </Text>
          <TextInput
            size="xs"
            label="When it notifies"
            placeholder="e.g. pmin=60&pmax=3600; none"
            value={attributes}
            onChange={(event) => setAttributes(event.currentTarget.value)}
          />
          <ActionButton run={observe}>Observe</ActionButton>
        </>
      )}
    </Stack>
  );
}
