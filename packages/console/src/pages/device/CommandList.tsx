import { Group, Stack, Text } from '@mantine/core';
import { attributesText } from '@reeve/contract';
import { ActionButton } from '../../components/ActionButton.tsx';
import { Age } from '../../components/Age.tsx';
import { PagedList } from '../../components/PagedList.tsx';
import { Receipts } from '../../components/Receipts.tsx';
import { Section } from '../../components/Section.tsx';
import { WordBadge } from '../../components/WordBadge.tsx';
import { api } from '../../data/api.ts';
import { useCommands } from '../../data/queries.ts';
import { commandWords, describeOperation } from '../../words.ts';

/** What was asked of the device, by people and by policies, with every step's receipt. */
export function CommandList({ deviceId }: { deviceId: string }) {
  const commands = useCommands(deviceId);
  return (
    <Section title="Commands">
      <PagedList list={commands} empty="Nothing has been asked of this device.">
        {(items) => (
          <Stack gap="sm" mah={420} style={{ overflowY: 'auto' }}>
            {items.map((command) => (
              <div key={command.commandId} data-testid={`command-${command.commandId}`}>
                <Group gap="xs" justify="space-between" wrap="nowrap">
                  <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
                    {describeOperation(command.operation)}
                  </Text>
                  <Group gap={6} wrap="nowrap">
                    {command.code && (
                      <Text size="xs" c="dimmed" className="numeric">
                        {command.code}
                      </Text>
                    )}
                    <WordBadge word={commandWords[command.state]} />
                  </Group>
                </Group>
                <Text size="xs" c="dimmed">
                  by {command.actor.kind} {command.actor.name}
                  {command.priority !== 'normal' && ` · ${command.priority}`}
                  {command.state === 'queued' && (
                    <>
                      {' '}
                      · given up <Age at={command.expiresAt} future />
                    </>
                  )}
                </Text>
                {command.waiting && (
                  <Text size="xs" c="yellow" data-testid="waiting">
                    Waits: {command.waiting.text}
                  </Text>
                )}
                <Receipts receipts={command.receipts} />
                {command.values?.map(({ path, name, text }) => (
                  <Text key={path} size="xs" style={{ overflowWrap: 'anywhere' }}>
                    {name ?? ''} {path} = {text}
                  </Text>
                ))}
                {command.pieces?.map(({ path, written, text }) => (
                  <Text key={path} size="xs" {...(written ? {} : { c: 'red' })} style={{ overflowWrap: 'anywhere' }}>
                    {path} {written ? 'was written' : 'was not written'}: {text}
                  </Text>
                ))}
                {command.created && <Text size="xs">Created {command.created}</Text>}
                {command.nodes?.map(({ path, name, attributes }) => (
                  <Text key={path} size="xs" style={{ overflowWrap: 'anywhere' }}>
                    {path} {name} {attributesText(attributes)}
                  </Text>
                ))}
                {command.state === 'queued' && (
                  <ActionButton
                    size="compact-xs"
                    label={`Cancel ${describeOperation(command.operation)}`}
                    run={() => api('commands.cancel', { params: { id: command.commandId } })}
                  >
                    Cancel
                  </ActionButton>
                )}
              </div>
            ))}
          </Stack>
        )}
      </PagedList>
    </Section>
  );
}
