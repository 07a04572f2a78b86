import { Code, Stack, Text } from '@mantine/core';
import type { Session } from '@reeve/contract';

/** Where `./reeve simulate` looks for a server by itself. */
const DEFAULT_PORT = 5684;

/** How a fleet begins: the lines that connect a first device, virtual or real. */
export function FirstDevice({ session }: { session: Session }) {
  const { coapsPort } = session.server;
  const to = coapsPort === DEFAULT_PORT ? '' : ` --server coaps://127.0.0.1:${coapsPort}`;
  return (
    <Stack gap="xs" data-testid="first-device">
      <Text>No device yet. A virtual one connects with these two lines, typed where the server runs:</Text>
      <Code block>
        {`./reeve device add my-device > my-device.key\n./reeve simulate --device my-device --key-file my-device.key${to}`}
      </Code>
      <Text>
        A real LwM2M 1.0, 1.1 or 1.2 client is given the server{' '}
        <Code>{`coaps://${window.location.hostname}:${coapsPort}`}</Code> and what <b>Add device</b> above, or{' '}
        <Code>./reeve device add NAME</Code>, gives: its identity and its pre-shared key. It appears here without a
        reload.
      </Text>
    </Stack>
  );
}
