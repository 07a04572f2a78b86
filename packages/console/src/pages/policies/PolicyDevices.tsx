import { Anchor, Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import { DataTable } from '../../components/DataTable.tsx';
import { PagedList } from '../../components/PagedList.tsx';
import { WordBadge } from '../../components/WordBadge.tsx';
import { useNow } from '../../data/clock.ts';
import { usePolicyDevices } from '../../data/queries.ts';
import { explainRule, ruleWords } from '../../words.ts';

/** Each device that a policy applies to, rule by rule. */
export function PolicyDevices({ policyId }: { policyId: string }) {
  const devices = usePolicyDevices(policyId);
  const now = useNow();
  return (
    <PagedList list={devices} empty="The policy applies to no device.">
      {(items) => (
        <DataTable label={`Devices of ${policyId}`} columns={['Device', 'Rule', 'State']} minWidth={480}>
          {items.flatMap(({ deviceId, endpoint, rules }) =>
            rules.map((rule) => (
              <Table.Tr key={`${deviceId} ${rule.ruleId}`}>
                <Table.Td>
                  <Anchor component={Link} href={`/devices/${deviceId}`} size="sm">
                    {endpoint}
                  </Anchor>
                </Table.Td>
                <Table.Td>{rule.ruleId}</Table.Td>
                <Table.Td>
                  <WordBadge word={ruleWords[rule.state]} />{' '}
                  {rule.state !== 'ok' && (
                    <Text span size="xs" c="dimmed">
                      {explainRule(rule, now)}
                    </Text>
                  )}
                </Table.Td>
              </Table.Tr>
            )),
          )}
        </DataTable>
      )}
    </PagedList>
  );
}
