import { Button, Checkbox, Group, Popover, Stack, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { Session } from '@reeve/contract';
import { useState } from 'react';
import { PagedList } from '../../components/PagedList.tsx';
import { Section } from '../../components/Section.tsx';
import { useDevices } from '../../data/queries.ts';
import { columnIds, columns } from './columns.tsx';
import { DeviceTable } from './DeviceTable.tsx';
import { FirstDevice } from './FirstDevice.tsx';
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
          <Group gap="xs" wrap="nowrap">
            <TextInput
              type="search"
              aria-label="Search devices"
              placeholder="Endpoint, key=value, site, owner"
              w={{ base: 210, sm: 260 }}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
            <Popover position="bottom-end" shadow="md">
              <Popover.Target>
                <Button variant="default">Columns</Button>
              </Popover.Target>
              <Popover.Dropdown>
                <Stack gap="xs">
                  {columnIds.map((id) => (
                    <Checkbox key={id} label={columns[id].name} checked={isShown(id)} onChange={() => toggle(id)} />
                  ))}
                </Stack>
              </Popover.Dropdown>
            </Popover>
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
