import { Anchor, Group, Paper, Text } from '@mantine/core';
import type { Incident } from '@reeve/contract';
import { Link } from 'wouter';
import { Age } from '../../components/Age.tsx';
import { WordBadge } from '../../components/WordBadge.tsx';
import { describeEvidence, incidentWords, responseWords } from '../../words.ts';

/** An incident in a list: which device broke which rule, by what, and what was done. */
export function IncidentCard({ incident }: { incident: Incident }) {
  const newest = incident.evidence.at(-1);
  // Each time the cause comes back there is a response anew: the last one is how it stands.
  const response = incident.responses.at(-1);
  return (
    <Paper
      withBorder
      p="sm"
      component="article"
      aria-label={`Incident on ${incident.endpoint}`}
      data-testid={`incident-${incident.incidentId}`}
    >
      <Group justify="space-between" gap="xs">
        <Group gap="xs">
          <WordBadge word={incidentWords[incident.state]} testId="incident-state" />
          <Anchor component={Link} href={`/incidents/${incident.incidentId}`} fw={600}>
            {incident.endpoint}
          </Anchor>
          {response && <WordBadge word={responseWords[response.state]} />}
        </Group>
        <Text size="xs" c="dimmed">
          opened <Age at={incident.openedAt} />
          {incident.acknowledgedBy !== undefined && ` · ${incident.acknowledgedBy} looks after it`}
        </Text>
      </Group>
      <Text size="sm" mt={4} className="sentence" data-testid="incident-rule">
        {incident.rule}
      </Text>
      {newest && (
        <Text size="sm" c="dimmed" className="sentence" data-testid="incident-evidence">
          {describeEvidence(newest, incident.rule)}
        </Text>
      )}
    </Paper>
  );
}
