import { Button, Checkbox, Group, Popover, Stack, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { Session } from '@reeve/contract';
import { useState } from 'react';
import { DialogButton } from '../../components/DialogButton.tsx';
import { PagedList } from '../../components/PagedList.tsx';
import { Section } from '../../components/Section.tsx';
import { useDevices } from '../../data/queries.ts';
import { AddDevice } from './AddDevice.tsx';
import { columnIds, columns } from './columns.tsx';
import { DeviceTable } from './DeviceTable.tsx';
import { emptyDevice } from './deviceForm.ts';
import { FirstDevice } from './FirstDevice.tsx';
import { ImportDevices } from './ImportDevices.tsx';
import { LatestFailure } from './LatestFailure.tsx';
import { useColumns } from './useColumns.ts';

/** Every device, and the newest attempt to become one that failed. */
export function FleetPage({ session }: { session: Session }) {
  const [text, setText] = useState('');
  const [search] = useDebouncedValue(text.trim(), 250);
  const devices = useDevices(search, 100);
  const { shown, isShown, toggle } = useColumns();
  return (
    <>
      <Section
        title="Fleet"
        level={1}
        aside={
          <Group gap="xs">
            <TextInput
              size="xs"
              type="search"
              aria-label="Search devices"
              placeholder="Endpoint, key=value, site, owner"
              w={{ base: 210, sm: 260 }}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
            <Popover position="bottom-end" shadow="md">
              <Popover.Target>
                <Button size="xs" variant="default">
                  Columns
                </Button>
              </Popover.Target>
              <Popover.Dropdown>
                <Stack gap="xs">
                  {columnIds.map((id) => (
                    <Checkbox key={id} label={columns[id].name} checked={isShown(id)} onChange={() => toggle(id)} />
                  ))}
                </Stack>
              </Popover.Dropdown>
            </Popover>
            <DialogButton title="Import devices" button="Import">
              {(close) => <ImportDevices close={close} />}
            </DialogButton>
            <DialogButton title="A new device" button="Add device" variant="filled">
              {(close) => <AddDevice session={session} draft={emptyDevice} close={close} />}
            </DialogButton>
          </Group>
        }
      >
        <PagedList list={devices} empty={search === '' ? <FirstDevice session={session} /> : 'No device matches.'}>
          {(items) => <DeviceTable devices={items} shown={shown} />}
        </PagedList>
      </Section>
      <LatestFailure />
    </>
  );
}
