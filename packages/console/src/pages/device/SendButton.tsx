import { Button, Group, Stack, Text } from '@mantine/core';
import { type CommandCreate, costText, isDear } from '@reeve/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api, describeError } from '../../data/api.ts';
import { refresh } from '../../data/refresh.ts';

interface SendButtonProps {
  deviceId: string;
  /** Undefined as long as it can't be sent. */
  command: CommandCreate | undefined;
  color?: string;
  done: () => void;
  children: ReactNode;
}

/** Queues a command. What would cost the device much is told first, and sent once a person has seen that. */
export function SendButton({ deviceId, command, color, done, children }: SendButtonProps) {
  const client = useQueryClient();
  const params = { device: deviceId };
  const cost = useMutation({
    mutationFn: async (asked: CommandCreate) => {
      const { operation } = asked;
      return { asked: JSON.stringify(operation), cost: await api('commands.cost', { params, body: { operation } }) };
    },
  });
  const send = useMutation({
    mutationFn: (body: CommandCreate) => api('commands.create', { params, body }),
    onSuccess: () => {
      done();
      return refresh(client);
    },
  });
  // A cost counts for what it was asked for.
  const known =
    cost.data && command && cost.data.asked === JSON.stringify(command.operation) ? cost.data.cost : undefined;
  const unknown = command && isDear(command.operation) && !known;
  const error = send.error ?? cost.error;
  return (
    <Stack gap="xs">
      {known && (
        <Text size="sm" role="status" data-testid="cost">
          It {costText(known)}.
        </Text>
      )}
      {error !== null && (
        <Text size="sm" c="red" role="alert">
          {describeError(error)}
        </Text>
      )}
      <Group justify="flex-end" gap="xs">
        <Button size="xs" variant="default" onClick={done}>
          Cancel
        </Button>
        <Button
          size="xs"
          {...(color === undefined ? {} : { color })}
          disabled={!command}
          loading={cost.isPending || send.isPending}
          onClick={() => command && (unknown ? cost : send).mutate(command)}
        >
          {unknown ? 'What does it cost?' : children}
        </Button>
      </Group>
    </Stack>
  );
}
