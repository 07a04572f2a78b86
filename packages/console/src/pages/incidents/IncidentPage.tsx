import { Anchor, Grid, Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import type { Incident } from '@reeve/contract';
import { Link } from 'wouter';
import { ActionButton } from '../../components/ActionButton.tsx';
import { Age } from '../../components/Age.tsx';
import { QueryError } from '../../components/QueryError.tsx';
import { Section } from '../../components/Section.tsx';
import { Timeline } from '../../components/Timeline.tsx';
import { WordBadge } from '../../components/WordBadge.tsx';
import { api } from '../../data/api.ts';
import { useIncident, useIncidentTimeline } from '../../data/queries.ts';
import { incidentWords } from '../../words.ts';
import { EvidenceList } from './EvidenceList.tsx';
import { ResponseList } from './ResponseList.tsx';

/** One incident: the rule in words, what proves the breach, what was done about it, and by whom. */
export function IncidentPage({ id }: { id: string }) {
  const query = useIncident(id);
  const timeline = useIncidentTimeline(id);
  if (query.isPending) return <Skeleton height={400} aria-label="Loading" />;
  if (!query.data) return <QueryError query={query} />;
  const incident = query.data;
  return (
    <Stack gap="md" data-testid={`incident-${incident.incidentId}`}>
      <QueryError query={query} />
      <Heading incident={incident} />
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack gap="md">
            <EvidenceList evidence={incident.evidence} rule={incident.rule} />
            <ResponseList responses={incident.responses} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Section title="Timeline">
            <Timeline list={timeline} />
          </Section>
        </Grid.Col>
      </Grid>
    </Stack>
  );
}

function Heading({ incident }: { incident: Incident }) {
  const params = { id: incident.incidentId };
  return (
    <Paper withBorder p="md">
      <Group justify="space-between" align="flex-start" gap="xs">
        <Group gap="sm">
          <WordBadge word={incidentWords[incident.state]} testId="incident-state" />
          <Title order={1}>
            <Anchor component={Link} href={`/devices/${incident.deviceId}`} inherit>
              {incident.endpoint}
            </Anchor>
          </Title>
        </Group>
        <Group gap="xs">
          {incident.acknowledgedAt === undefined && incident.state !== 'closed' && (
            <ActionButton run={() => api('incidents.acknowledge', { params })}>Acknowledge</ActionButton>
          )}
          {incident.state !== 'closed' && (
            <ActionButton run={() => api('incidents.close', { params })}>Close</ActionButton>
          )}
        </Group>
      </Group>
      <Text mt="xs" className="sentence" data-testid="incident-rule">
        {incident.rule}
      </Text>
      <Text size="sm" c="dimmed">
        {incident.policyId} / {incident.ruleId} · opened <Age at={incident.openedAt} />
        {incident.acknowledgedAt !== undefined && (
          <>
            {' · '}
            {incident.acknowledgedBy ?? 'someone'} looks after it since <Age at={incident.acknowledgedAt} />
          </>
        )}
        {incident.clearedAt !== undefined && (
          <>
            {' · cleared '}
            <Age at={incident.clearedAt} />
          </>
        )}
        {incident.closedAt !== undefined && (
          <>
            {' · closed '}
            <Age at={incident.closedAt} />
          </>
        )}
      </Text>
    </Paper>
  );
}
