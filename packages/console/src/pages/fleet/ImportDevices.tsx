import { Alert, Button, Checkbox, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { ApiError, importErrors, madeKeysCsv } from '@reeve/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ErrorList } from '../../components/ErrorList.tsx';
import { FileDrop } from '../../components/FileDrop.tsx';
import { api, describeErrors } from '../../data/api.ts';
import { useAuthorities } from '../../data/queries.ts';
import { refresh } from '../../data/refresh.ts';
import { saveFile } from '../../data/saveFile.ts';
import { formatCount } from '../../format.ts';
import { type ImportTerms, readImport } from './readImport.ts';

/** What was read of a file, and whether the keys that were made for it are with the person. */
interface Loaded {
  readonly name: string;
  readonly text: string;
  readonly read: ReturnType<typeof readImport>;
  readonly saved: boolean;
}

const columns = 'name, identity, key, site, owner, group, label.NAME, value.PATH, account.SERVER.key';

/** Adds the devices of a file: all of them or none. Keys that are made for them are saved before they count. */
export function ImportDevices({ close }: { close: () => void }) {
  const client = useQueryClient();
  const [terms, setTerms] = useState<ImportTerms>({ bootstrap: false, authority: '' });
  const [loaded, setLoaded] = useState<Loaded>();
  const authorities = useAuthorities().items.map(({ name }) => name);
  const entries = loaded?.read.ok ? loaded.read.entries : [];
  const made = entries.filter((entry) => entry.made).length;
  const add = useMutation({
    mutationFn: () => api('devices.import', { body: { devices: entries.map(({ device }) => device) } }),
    onSuccess: () => refresh(client),
  });

  function load(name: string, text: string, said: ImportTerms) {
    setTerms(said);
    setLoaded({ name, text, read: readImport(name, text, said), saved: false });
    add.reset();
  }
  const say = (said: ImportTerms) => (loaded ? load(loaded.name, loaded.text, said) : setTerms(said));
  function save() {
    if (!loaded) return;
    saveFile('reeve-keys.csv', madeKeysCsv(entries));
    setLoaded({ ...loaded, saved: true });
  }
  const unread = loaded && !loaded.read.ok ? loaded.read.errors : [];
  const refused = !add.isError
    ? []
    : add.error instanceof ApiError
      ? importErrors(add.error.problem, entries)
      : describeErrors(add.error);

  if (add.data) {
    return (
      <Stack gap="sm">
        <Text size="sm" role="status">
          Added {formatCount(add.data.added, 'device')}.{made > 0 && ' The keys are in the file that you saved.'}
        </Text>
        <Group justify="flex-end">
          <Button size="xs" onClick={close}>
            Done
          </Button>
        </Group>
      </Stack>
    );
  }
  return (
    <Stack gap="xs">
      <FileDrop
        label="Drag a file here, or press to choose one: CSV, or security information of Leshan as JSON"
        accept=".csv,.json,text/csv,application/json"
        name={loaded?.name}
        take={async (file) => load(file.name, await file.text(), terms)}
      />
      <Text size="xs" c="dimmed">
        The first line of CSV names its columns: {columns}. Devices without a key get one.
      </Text>
      <Checkbox
        size="xs"
        label="The keys are for the bootstrap server"
        checked={terms.bootstrap}
        onChange={(event) => say({ ...terms, bootstrap: event.currentTarget.checked })}
      />
      {loaded?.name.endsWith('.json') && (
        <NativeSelect
          size="xs"
          label="Authority of devices with certificates"
          data={['', ...authorities]}
          value={terms.authority}
          onChange={(event) => say({ ...terms, authority: event.currentTarget.value })}
        />
      )}
      <ErrorList title="The file can’t be read so" errors={unread} />
      <ErrorList title="Nothing was added" errors={refused} />
      {made > 0 && (
        <Alert color="blue" py="xs" title={`${formatCount(made, 'device')} without a key`}>
          <Group gap="xs" justify="space-between">
            <Text size="sm">Keys were made for them. They are nowhere else: save them before they count.</Text>
            <Button size="xs" variant={loaded?.saved ? 'default' : 'filled'} onClick={save}>
              {loaded?.saved ? 'Save again' : 'Save the keys'}
            </Button>
          </Group>
        </Alert>
      )}
      <Group justify="flex-end" gap="xs">
        <Button size="xs" variant="default" onClick={close}>
          Cancel
        </Button>
        <Button
          size="xs"
          disabled={entries.length === 0 || (made > 0 && !loaded?.saved)}
          loading={add.isPending}
          onClick={() => add.mutate()}
        >
          {entries.length === 0 ? 'Add' : `Add ${formatCount(entries.length, 'device')}`}
        </Button>
      </Group>
    </Stack>
  );
}
