import { Select } from '@mantine/core';
import type { BootstrapState } from '@reeve/contract';
import { useState } from 'react';
import { BootstrapCard } from '../../components/BootstrapCard.tsx';
import { PagedList } from '../../components/PagedList.tsx';
import { Section } from '../../components/Section.tsx';
import { useBootstraps } from '../../data/queries.ts';
import { bootstrapWords } from '../../words.ts';
import { Templates } from './Templates.tsx';

const states: readonly BootstrapState[] = ['running', 'finished', 'failed'];

/** How devices were given what they register with, and what they are given. */
export function BootstrapPage() {
  const [state, setState] = useState<BootstrapState>();
  const sessions = useBootstraps(state);
  return (
    <>
      <Section
        title="Bootstrap"
        about="Sessions with devices that asked for their keys and accounts, newest first"
        level={1}
        aside={
          <Select
            aria-label="State"
            placeholder="Every state"
            data={states.map((value) => ({ value, label: bootstrapWords[value].label }))}
            value={state ?? null}
            onChange={(value) => setState(states.find((each) => each === value))}
            clearable
            w={160}
          />
        }
      >
        <PagedList list={sessions} empty="No device has asked. The server listens for them with --bootstrap.">
          {(items) => items.map((session) => <BootstrapCard key={session.bootstrapId} session={session} />)}
        </PagedList>
      </Section>
      <Templates />
    </>
  );
}
