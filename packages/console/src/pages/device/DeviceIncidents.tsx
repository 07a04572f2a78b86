import { Stack } from '@mantine/core';
import type { Incident } from '@reeve/contract';
import { PagedList } from '../../components/PagedList.tsx';
import { Section } from '../../components/Section.tsx';
import type { Pages } from '../../data/queries.ts';
import { IncidentCard } from '../incidents/IncidentCard.tsx';

/** What was broken on this device; nothing while nothing ever was. */
export function DeviceIncidents({ incidents }: { incidents: Pages<Incident> }) {
  if (incidents.items.length === 0) return null;
  return (
    <Section title="Incidents">
      <PagedList list={incidents} empty="">
        {(items) => (
          <Stack gap="xs">
            {items.map((incident) => (
              <IncidentCard key={incident.incidentId} incident={incident} />
            ))}
          </Stack>
        )}
      </PagedList>
    </Section>
  );
}
