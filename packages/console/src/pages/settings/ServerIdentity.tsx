import { Code, Skeleton, Stack, Text } from '@mantine/core';
import { Age } from '../../components/Age.tsx';
import { QueryError } from '../../components/QueryError.tsx';
import { Section } from '../../components/Section.tsx';
import { useServerIdentity } from '../../data/queries.ts';

/** What the server proves itself with: devices have to be told. */
export function ServerIdentity() {
  const query = useServerIdentity();
  if (query.isPending) return <Skeleton height={80} aria-label="Loading" />;
  if (!query.data) return <QueryError query={query} />;
  const { rawKey, certificates } = query.data;
  return (
    <Section title="Identity of the server" about="What devices with a raw key or a certificate have to know">
      <Stack gap="xs">
        <Text size="sm">Raw public key, base64 (/0/x/4)</Text>
        <Code style={{ overflowWrap: 'anywhere' }}>{rawKey.publicKey}</Code>
        <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          sha256:{rawKey.fingerprint}
        </Text>
        {certificates.map(({ subject, serverNames, fingerprint, notAfter, lastError }) => (
          <div key={fingerprint} data-testid="server-certificate">
            <Text size="sm">
              Certificate {subject} for {serverNames.length === 0 ? 'every other name' : serverNames.join(', ')}, ends{' '}
              <Age at={notAfter} future />
            </Text>
            <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
              sha256:{fingerprint}
            </Text>
            {lastError !== undefined && (
              <Text size="xs" c="red">
                {lastError}
              </Text>
            )}
          </div>
        ))}
      </Stack>
    </Section>
  );
}
