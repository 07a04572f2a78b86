import { Stack, Text } from '@mantine/core';
import type { TimelineEntry } from '@reeve/contract';
import type { Pages } from '../data/queries.ts';
import { Moment } from './Moment.tsx';
import { PagedList } from './PagedList.tsx';

/** Journal entries in words. */
export function Timeline({ list }: { list: Pages<TimelineEntry> }) {
  return (
    <PagedList list={list} empty="Nothing has happened yet.">
      {(entries) => (
        <Stack component="ol" gap={8} m={0} p={0} style={{ listStyle: 'none' }}>
          {entries.map((entry) => (
            <li key={entry.seq} data-testid="timeline-entry" data-type={entry.type}>
              <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                {entry.text}
              </Text>
              <Text size="xs" c="dimmed">
                <Moment at={entry.at} />
                {' · '}
                {entry.actor.kind === 'server' ? 'server' : `${entry.actor.kind} ${entry.actor.name}`}
              </Text>
            </li>
          ))}
        </Stack>
      )}
    </PagedList>
  );
}
