import { Code, Group, List, Paper, Stack, Text } from '@mantine/core';
import type { Policy } from '@reeve/contract';
import { Age } from '../../components/Age.tsx';
import { ConfirmButton } from '../../components/ConfirmButton.tsx';
import { DialogButton } from '../../components/DialogButton.tsx';
import { Fold } from '../../components/Fold.tsx';
import { PagedList } from '../../components/PagedList.tsx';
import { Section } from '../../components/Section.tsx';
import { WordBadge } from '../../components/WordBadge.tsx';
import { api } from '../../data/api.ts';
import { usePolicies } from '../../data/queries.ts';
import type { Word } from '../../words.ts';
import { EXAMPLE } from './example.ts';
import { PolicyDevices } from './PolicyDevices.tsx';
import { PolicyEditor } from './PolicyEditor.tsx';

const modes: Record<Policy['mode'], Word> = {
  monitor: { label: 'Monitor', tone: 'unknown' },
  enforce: { label: 'Enforce', tone: 'attention' },
};

/** The policies in force and how the fleet keeps them. */
export function PoliciesPage() {
  const policies = usePolicies();
  return (
    <Section
      title="Policies"
      level={1}
      about="What groups of devices must keep to, and what follows when one does not"
      aside={
        <DialogButton title="A new policy" button="New policy" variant="filled" wide>
          {(close) => <PolicyEditor source={EXAMPLE} close={close} />}
        </DialogButton>
      }
    >
      <PagedList list={policies} empty="No policy has been applied.">
        {(items) => (
          <Stack gap="sm">
            {items.map((policy) => (
              <PolicyCard key={policy.policyId} policy={policy} />
            ))}
          </Stack>
        )}
      </PagedList>
    </Section>
  );
}

function PolicyCard({ policy }: { policy: Policy }) {
  const { total, ok, breached, cannotEvaluate, waiting } = policy.devices;
  const counts: [number, Word][] = [
    [breached, { label: `${breached} breached`, tone: 'bad' }],
    [cannotEvaluate, { label: `${cannotEvaluate} cannot evaluate`, tone: 'attention' }],
    [waiting, { label: `${waiting} blind`, tone: 'unknown' }],
    [ok, { label: `${ok} ok`, tone: 'good' }],
  ];
  return (
    <Paper
      withBorder
      p="sm"
      component="article"
      aria-label={`Policy ${policy.policyId}`}
      data-testid={`policy-${policy.policyId}`}
    >
      <Group justify="space-between" gap="xs">
        <Group gap="xs">
          <Text fw={600}>{policy.policyId}</Text>
          <WordBadge word={modes[policy.mode]} />
        </Group>
        <Group gap={6} data-testid="policy-counts">
          <Text size="sm" c="dimmed">
            of {total}:
          </Text>
          {counts
            .filter(([count]) => count > 0)
            .map(([, word]) => (
              <WordBadge key={word.label} word={word} />
            ))}
          <DialogButton
            size="compact-xs"
            title={`Policy ${policy.policyId}`}
            label={`Edit ${policy.policyId}`}
            button="Edit"
            wide
          >
            {(close) => <PolicyEditor source={policy.source} close={close} />}
          </DialogButton>
          <ConfirmButton
            size="compact-xs"
            question={`Remove ${policy.policyId}? Its automatic responses are undone.`}
            label={`Remove ${policy.policyId}`}
            run={() => api('policies.remove', { params: { id: policy.policyId } })}
          >
            Remove
          </ConfirmButton>
        </Group>
      </Group>
      <List size="sm" my="xs">
        {policy.rules.map(({ ruleId, text, respond }) => (
          <List.Item key={ruleId}>
            {text}{' '}
            <Text span size="xs" c="dimmed">
              {ruleId} → {respond.join(', ')}
            </Text>
          </List.Item>
        ))}
      </List>
      <Text size="xs" c="dimmed">
        Version {policy.version}, applied <Age at={policy.appliedAt} /> by {policy.appliedBy.name}
      </Text>
      <Fold title="Devices">
        <PolicyDevices policyId={policy.policyId} />
      </Fold>
      <Fold title="Source">
        <Code block>{policy.source}</Code>
      </Fold>
    </Paper>
  );
}
