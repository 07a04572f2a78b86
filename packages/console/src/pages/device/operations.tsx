import { Stack, Text, TextInput } from '@mantine/core';
import type { Observation } from '@reeve/contract';
import { useState } from 'react';
import { ActionButton } from '../../components/ActionButton.tsx';
import { ConfirmButton } from '../../components/ConfirmButton.tsx';
import { FormButton } from '../../components/FormButton.tsx';
import { api } from '../../data/api.ts';
import { QueueTerms, type Terms } from './QueueTerms.tsx';
import { quiet } from './quiet.ts';
import { SendButton } from './SendButton.tsx';

interface Target {
  deviceId: string;
  path: string;
}

/** Queues a Read; its receipts and values appear among the commands. */
export function ReadButton({ deviceId, path }: Target) {
  const run = () =>
    api('commands.create', { params: { device: deviceId }, body: { operation: { kind: 'read', path } } });
  return (
    <ActionButton {...quiet} label={`Read ${path}`} run={run}>
      Read
    </ActionButton>
  );
}

/** Keeps a path observed for this person, or stops that. What a policy observes goes on either way. */
export function ObserveButton({
  deviceId,
  path,
  observation,
  person,
}: Target & { observation: Observation | undefined; person: string }) {
  const mine = observation?.wantedBy.includes(person);
  const params = { device: deviceId };
  return mine ? (
    <ActionButton
      {...quiet}
      label={`Stop observing ${path}`}
      run={() => api('devices.unobserve', { params, query: { path } })}
    >
      Stop
    </ActionButton>
  ) : (
    <ActionButton {...quiet} label={`Observe ${path}`} run={() => api('devices.observe', { params, body: { path } })}>
      Observe
    </ActionButton>
  );
}

/** Asks once more, since what is deleted is gone, and then queues it. */
export function DeleteButton({ deviceId, path }: Target) {
  const operation = { kind: 'delete', path } as const;
  return (
    <ConfirmButton
      {...quiet}
      color="red"
      question={`Delete ${path} on the device?`}
      label={`Delete ${path}`}
      run={() => api('commands.create', { params: { device: deviceId }, body: { operation } })}
    >
      Delete
    </ConfirmButton>
  );
}

/** Asks once more, since an Execute cannot be taken back, and then queues it. */
export function ExecuteButton({ deviceId, path, name }: Target & { name: string }) {
  const [text, setText] = useState('');
  const [terms, setTerms] = useState<Terms>({});
  const operation = { kind: 'execute', path, ...(text === '' ? {} : { arguments: text }) } as const;
  return (
    <FormButton
      {...quiet}
      color="red"
      label={`Execute ${path}`}
      form={(done) => (
        <Stack gap="xs">
          <Text size="sm" fw={600}>
            Execute {name} ({path})?
          </Text>
          <TextInput
            size="xs"
            label="Arguments"
            placeholder="none, or e.g. 0='text',1"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <QueueTerms terms={terms} change={setTerms} onceOnly />
          <SendButton deviceId={deviceId} command={{ operation, ...terms }} color="red" done={done}>
            Execute
          </SendButton>
        </Stack>
      )}
    >
      Execute
    </FormButton>
  );
}
