import { Group, Stack, Text } from '@mantine/core';
import type { CredentialAdded, DeviceDetail } from '@reeve/contract';
import { useState } from 'react';
import { ActionButton } from '../../components/ActionButton.tsx';
import { AdmitExpired } from '../../components/AdmitExpired.tsx';
import { Age } from '../../components/Age.tsx';
import { ConfirmButton } from '../../components/ConfirmButton.tsx';
import { Section } from '../../components/Section.tsx';
import { Setup } from '../../components/Setup.tsx';
import { api } from '../../data/api.ts';
import { useAdmissions } from '../../data/queries.ts';
import { credentialWords } from '../../words.ts';
import { AddCredential } from './AddCredential.tsx';

/** What the device proves itself with, and how that is exchanged. */
export function Credentials({ device }: { device: DeviceDetail }) {
  const [added, setAdded] = useState<Pick<CredentialAdded, 'setup' | 'key'>>();
  const admission = useAdmissions().items.find(({ deviceId }) => deviceId === device.deviceId);
  const certified = device.credentials.some(({ kind }) => kind === 'certificate');
  const params = { device: device.deviceId };
  return (
    <Section
      title="Credentials"
      aside={
        <Group gap={4}>
          {certified && <AdmitExpired {...device} />}
          <ConfirmButton
            size="compact-xs"
            question="Replace all of them by one new pre-shared key? Its sessions end."
            label="Replace all credentials by one new key"
            run={async () => setAdded(await api('devices.key', { params, body: {} }))}
          >
            Replace all
          </ConfirmButton>
          <AddCredential device={device} added={setAdded} />
        </Group>
      }
    >
      <Stack gap="xs">
        {device.credentials.map(({ credentialId: id, kind, purpose, identity, authority, validFrom, validUntil }) => (
          <Group key={id} gap="xs" justify="space-between" wrap="nowrap" data-testid="credential">
            <div style={{ minWidth: 0 }}>
              <Text size="sm">
                {credentialWords[kind]}
                {purpose === 'bootstrap' && ', for bootstrap'}
                {purpose === 'both' && ', for bootstrap too'}
              </Text>
              <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                {identity}
                {authority !== undefined && ` under ${authority}`}
              </Text>
              {validFrom !== undefined && (
                <Text size="xs" c="dimmed">
                  from <Age at={validFrom} future />
                </Text>
              )}
              {validUntil !== undefined && (
                <Text size="xs" c="dimmed">
                  ends <Age at={validUntil} future />
                </Text>
              )}
            </div>
            <Group gap={4} wrap="nowrap">
              {(kind === 'psk' || kind === 'oscore') && (
                <ActionButton
                  size="compact-xs"
                  label={`Make a new key for ${identity}`}
                  run={async () => setAdded(await api('credentials.rotate', { params: { ...params, id }, body: {} }))}
                >
                  New key
                </ActionButton>
              )}
              <ActionButton
                size="compact-xs"
                label={`Remove ${identity}`}
                run={() => api('credentials.remove', { params: { ...params, id } })}
              >
                Remove
              </ActionButton>
            </Group>
          </Group>
        ))}
        {device.credentials.length === 0 && (
          <Text size="sm" c="dimmed">
            None: it can only come without DTLS.
          </Text>
        )}
        {admission && (
          <Text size="xs" c="dimmed">
            {admission.person} admits its certificate even if it has expired; ends <Age at={admission.until} future />
          </Text>
        )}
        {added && <Setup added={added} />}
      </Stack>
    </Section>
  );
}
