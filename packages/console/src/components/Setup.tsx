import { Alert, Stack, Text } from '@mantine/core';
import type { CredentialAdded } from '@reeve/contract';
import { Secret } from './Secret.tsx';

/** What to set on a device for its new credential; a key that was made is shown until the page is left. */
export function Setup({ added: { setup, key } }: { added: Pick<CredentialAdded, 'setup' | 'key'> }) {
  const isOscore = setup.some(({ path }) => path === '/21/x/1');
  return (
    <Stack gap="xs">
      <Alert color="blue" title="Set on the device, in its server account" role="status">
        {setup.map(({ about, path, value }) => (
          <Text key={about} size="xs" style={{ overflowWrap: 'anywhere' }}>
            {about}
            {path !== undefined && ` (${path})`}: {value}
          </Text>
        ))}
      </Alert>
      {key !== undefined && (
        <Secret
          about={`${isOscore ? 'Master Secret' : 'PSK'} in hex (${isOscore ? '/21/x/0' : '/0/x/5'}), shown this once`}
          secret={key}
        />
      )}
    </Stack>
  );
}
