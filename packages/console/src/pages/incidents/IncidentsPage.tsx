import { Stack } from '@mantine/core';
import type { IncidentState } from '@reeve/contract';
import { PagedList } from '../../components/PagedList.tsx';
import { Section } from '../../components/Section.tsx';
import { useIncidents } from '../../data/queries.ts';
import { Approvals } from './Approvals.tsx';
import { IncidentCard } from './IncidentCard.tsx';

const sections: { state: IncidentState; title: string; about: string; empty: string }[] = [
  { state: 'open', title: 'Open', about: 'A rule is broken now', empty: 'No incident is open.' },
  {
    state: 'cleared',
    title: 'Cleared',
    about: 'The cause is gone; closes by itself 30 minutes later',
    empty: 'No incident waits for its end.',
  },
  { state: 'closed', title: 'Closed', about: 'Newest first', empty: 'No incident has been closed yet.' },
];

/** What needs a person, then what is broken, then what was. */
export function IncidentsPage() {
  return (
    <>
      <Approvals />
      {sections.map((section) => (
        <IncidentSection key={section.state} {...section} />
      ))}
    </>
  );
}

function IncidentSection({ state, title, about, empty }: (typeof sections)[number]) {
  const incidents = useIncidents(state);
  return (
    <Section title={title} about={about}>
      <PagedList list={incidents} empty={empty}>
        {(items) => (
          <Stack gap="sm">
            {items.map((incident) => (
              <IncidentCard key={incident.incidentId} incident={incident} />
            ))}
          </Stack>
        )}
      </PagedList>
    </Section>
  );
}
