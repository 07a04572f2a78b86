import { Code, Stack, Text } from '@mantine/core';
import type { Session } from '@reeve/contract';

/** How a fleet begins: the lines that connect a first device, virtual or real. */
export function FirstDevice({ session }: { session: Session }) {
  const uri = `coaps://${window.location.hostname}:${session.server.coapsPort}`;
  return (
    <Stack gap="xs" data-testid="first-device">
      <Text>No device yet. A virtual one connects with these two lines, typed where the server runs:</Text>
      <Code
        block
      >{`./reeve device add truck-1 --label fleet=trucks --key-file truck-1.key\n./reeve simulate --endpoint truck-1 --key-file truck-1.key`}</Code>
      <Text>
        A real LwM2M 1.0, 1.1 or 1.2 client takes what <Code>./reeve device add NAME</Code> prints: the server{' '}
        <Code>{uri}</Code>, the identity and the pre-shared key. It appears here without a reload.
      </Text>
    </Stack>
  );
}
