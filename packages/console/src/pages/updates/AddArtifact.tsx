import { Group, NativeSelect, Progress, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { FileDrop } from '../../components/FileDrop.tsx';
import { Form } from '../../components/Form.tsx';
import { formatBytes } from '../../format.ts';
import { uploadArtifact } from './uploadArtifact.ts';

const kinds = [
  { value: 'firmware', label: 'firmware, object 5' },
  { value: 'software', label: 'software, object 9' },
] as const;

/** Takes a package and what it is, and shows how far its upload is. */
export function AddArtifact({ close }: { close: () => void }) {
  const [file, setFile] = useState<File>();
  const [name, setName] = useState('');
  const [version, setVersion] = useState('');
  const [kind, setKind] = useState<(typeof kinds)[number]['value']>('firmware');
  const [received, setReceived] = useState<number>();

  function take(taken: File) {
    setFile(taken);
    // The package is mostly called as it is; what a name can't hold becomes a dash.
    setName(taken.name.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 64));
  }
  async function upload() {
    if (!file) return;
    setReceived(0);
    try {
      await uploadArtifact(file, { name: name.trim(), version: version.trim(), kind }, setReceived);
      close();
    } finally {
      setReceived(undefined);
    }
  }

  const percent = file && received !== undefined ? Math.floor((received / file.size) * 100) : undefined;
  return (
    <Form
      button="Upload"
      disabled={!file || name.trim() === '' || version.trim() === ''}
      submit={upload}
      cancel={close}
    >
      <FileDrop label="Drag the package here, or press to choose it" name={file?.name} take={take} />
      <Group grow gap="xs">
        <TextInput size="xs" label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <TextInput
          size="xs"
          label="Version"
          placeholder="as the device will say it"
          value={version}
          onChange={(event) => setVersion(event.currentTarget.value)}
        />
      </Group>
      <NativeSelect
        size="xs"
        label="Kind"
        data={[...kinds]}
        value={kind}
        onChange={(event) =>
          setKind(kinds.find(({ value }) => value === event.currentTarget.value)?.value ?? 'firmware')
        }
      />
      {file && percent !== undefined && (
        <Stack gap={4}>
          <Progress value={percent} aria-label={`Upload: ${percent} %`} />
          <Text size="xs" c="dimmed" className="numeric">
            {formatBytes(received ?? 0)} of {formatBytes(file.size)}
          </Text>
        </Stack>
      )}
    </Form>
  );
}
