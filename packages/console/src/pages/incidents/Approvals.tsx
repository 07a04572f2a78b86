import { Anchor, Group, Paper, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import { ActionButton } from '../../components/ActionButton.tsx';
import { Age } from '../../components/Age.tsx';
import { Section } from '../../components/Section.tsx';
import { api } from '../../data/api.ts';
import { useApprovals } from '../../data/queries.ts';

/** Automatic responses beyond the cap, which wait for a person; nothing while none does. */
export function Approvals() {
  const approvals = useApprovals();
  if (approvals.items.length === 0) return null;
  return (
    <Section title="Waiting for you" about="Responses that would go beyond what a policy may do by itself">
      <Stack gap="sm">
        {approvals.items.map((approval) => (
          <Paper
            key={approval.approvalId}
            withBorder
            p="sm"
            component="article"
            aria-label={`Approval for ${approval.endpoint}`}
            data-testid={`approval-${approval.approvalId}`}
          >
            <Group justify="space-between" gap="xs">
              <div>
                <Text size="sm" fw={600}>
                  {approval.action}
                </Text>
                <Text size="sm" c="dimmed">
                  {approval.reason} · asked <Age at={approval.createdAt} /> ·{' '}
                  <Anchor component={Link} href={`/incidents/${approval.incidentId}`} inherit>
                    incident on {approval.endpoint}
                  </Anchor>
                </Text>
              </div>
              <Group gap="xs">
                <ActionButton
                  label={`Deny: ${approval.action}`}
                  run={() => api('approvals.deny', { params: { id: approval.approvalId } })}
                >
                  Deny
                </ActionButton>
                <ActionButton
                  variant="filled"
                  label={`Approve: ${approval.action}`}
                  run={() => api('approvals.approve', { params: { id: approval.approvalId } })}
                >
                  Approve
                </ActionButton>
              </Group>
            </Group>
          </Paper>
        ))}
      </Stack>
    </Section>
  );
}
