import { Button, Group, List, Stack, Text } from '@mantine/core';
import type { PolicyApplied } from '@reeve/contract';
import { useState } from 'react';
import { DocumentEditor } from '../../components/DocumentEditor.tsx';
import { api } from '../../data/api.ts';
import { formatCount } from '../../format.ts';
import { policyErrors } from './policyErrors.ts';

/** Devices that are named of those that a policy matches. */
const SHOWN = 20;

/** A policy as YAML; once it is applied, which devices it matches and what they lack. */
export function PolicyEditor({ source, close }: { source: string; close: () => void }) {
  const [applied, setApplied] = useState<PolicyApplied>();
  if (applied) return <Matches applied={applied} close={close} />;
  return (
    <DocumentEditor
      label="Policy as YAML"
      source={source}
      wrong="This is no policy"
      button="Apply"
      parse={(document) => ({ ok: true, document })}
      save={async (document) => setApplied(await api('policies.apply', { body: { source: document } }))}
      explain={policyErrors}
      cancel={close}
    />
  );
}

function Matches({ applied, close }: { applied: PolicyApplied; close: () => void }) {
  const { policy, created, matches } = applied;
  return (
    <Stack gap="sm" data-testid="policy-applied">
      <Text size="sm" role="status">
        {created ? 'Applied' : 'Replaced'} {policy.policyId}, version {policy.version}, to {policy.mode}. It matches{' '}
        {formatCount(matches.length, 'device')}.
      </Text>
      {matches.length > 0 && (
        <List size="sm">
          {matches.slice(0, SHOWN).map(({ deviceId, endpoint, lacks }) => (
            <List.Item key={deviceId}>
              {endpoint}
              {lacks.length > 0 && ` lacks: ${lacks.join('; ')}`}
            </List.Item>
          ))}
        </List>
      )}
      {matches.length > SHOWN && <Text size="sm">And {matches.length - SHOWN} more.</Text>}
      <Group justify="flex-end">
        <Button size="xs" onClick={close}>
          Done
        </Button>
      </Group>
    </Stack>
  );
}
