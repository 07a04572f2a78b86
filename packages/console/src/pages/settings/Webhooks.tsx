import { Table, Text } from '@mantine/core';
import { ActionButton } from '../../components/ActionButton.tsx';
import { Age } from '../../components/Age.tsx';
import { DataTable } from '../../components/DataTable.tsx';
import { PagedList } from '../../components/PagedList.tsx';
import { Section } from '../../components/Section.tsx';
import { api } from '../../data/api.ts';
import { useDeadLetters, useWebhooks } from '../../data/queries.ts';
import { AddForm } from './AddForm.tsx';

/** Where notices are sent, and whether they arrive. */
export function Webhooks() {
  const webhooks = useWebhooks();
  const add = async (url: string) => {
    const { secret } = await api('webhooks.add', { body: { url } });
    return { about: 'Secret that signs the notices, shown this once', secret };
  };
  return (
    <Section title="Webhooks" about="Told about every incident, signed, until they answer 2xx">
      <PagedList list={webhooks} empty="Nobody is told yet.">
        {(items) => (
          <DataTable
            label="Webhooks"
            columns={['URL', 'Waiting', 'Given up', 'Last delivery', 'Actions']}
            minWidth={640}
          >
            {items.map(({ webhookId, url, waiting, dead, lastDeliveredAt, lastError }) => (
              <Table.Tr key={webhookId}>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>
                  {url}
                  {lastError !== undefined && (
                    <Text size="xs" c="red">
                      {lastError}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td className="numeric">{waiting}</Table.Td>
                <Table.Td className="numeric">{dead}</Table.Td>
                <Table.Td>{lastDeliveredAt === undefined ? 'never' : <Age at={lastDeliveredAt} />}</Table.Td>
                <Table.Td ta="right" style={{ whiteSpace: 'nowrap' }}>
                  <ActionButton label={`Test ${url}`} run={() => api('webhooks.test', { params: { id: webhookId } })}>
                    Test
                  </ActionButton>{' '}
                  <ActionButton
                    label={`Remove ${url}`}
                    run={() => api('webhooks.remove', { params: { id: webhookId } })}
                  >
                    Remove
                  </ActionButton>
                </Table.Td>
              </Table.Tr>
            ))}
          </DataTable>
        )}
      </PagedList>
      <AddForm label="URL of a new webhook" placeholder="https://example.org/reeve" add={add} />
    </Section>
  );
}

/** Notices that no try could deliver; nothing while there are none. */
export function DeadLetters() {
  const letters = useDeadLetters();
  if (letters.items.length === 0) return null;
  return (
    <Section title="Dead letters" about="Notices given up after their last try">
      <DataTable label="Dead letters" columns={['Notice', 'Made', 'Tries', 'Last error', 'Actions']} minWidth={560}>
        {letters.items.map(({ deliveryId, type, createdAt, attempts, lastError }) => (
          <Table.Tr key={deliveryId} data-testid="dead-letter">
            <Table.Td>{type}</Table.Td>
            <Table.Td>
              <Age at={createdAt} />
            </Table.Td>
            <Table.Td className="numeric">{attempts}</Table.Td>
            <Table.Td>{lastError}</Table.Td>
            <Table.Td ta="right">
              <ActionButton run={() => api('webhooks.redeliver', { params: { id: deliveryId } })}>
                Try again
              </ActionButton>
            </Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
    </Section>
  );
}
