import { Checkbox, Group, NativeSelect, SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core';
import { useAuthorities } from '../../data/queries.ts';
import { Fold } from '../Fold.tsx';
import { type CredentialDraft, purposes, type Way, ways } from './credentialForm.ts';
import { DateField } from './DateField.tsx';

interface CredentialFieldsProps {
  draft: CredentialDraft;
  change: (draft: CredentialDraft) => void;
  /** What the identity is called if nothing is said. */
  endpoint: string;
}

/** Label and what stands for nothing, of the fields of each kind; the first are what people need, the rest is folded. */
interface Field {
  readonly name: string;
  readonly label: string;
  readonly empty?: string;
}

const key: Field = { name: 'key', label: 'Key in hex', empty: 'made here, and shown once' };
const rare: Readonly<Record<Way, readonly Field[]>> = {
  psk: [],
  oscore: [
    { name: 'senderId', label: 'Sender ID in hex', empty: 'made here' },
    { name: 'recipientId', label: 'Recipient ID in hex', empty: '00' },
    { name: 'salt', label: 'Master Salt in hex', empty: 'none' },
    { name: 'idContext', label: 'ID Context in hex', empty: 'none' },
    { name: 'aead', label: 'AEAD, COSE number', empty: '10' },
    { name: 'hmac', label: 'HMAC, COSE number', empty: '5' },
  ],
  'raw-key': [],
  certificate: [],
  authority: [],
};

/** What a device is to prove itself with. */
export function CredentialFields({ draft, change, endpoint }: CredentialFieldsProps) {
  const { way, purpose, sameKey, texts } = draft;
  const set = (name: string, text: string) => change({ ...draft, texts: { ...texts, [name]: text } });
  const field = ({ name, label, empty = '' }: Field) => (
    <TextInput
      key={name}
      size="xs"
      label={label}
      placeholder={empty}
      autoComplete="off"
      value={texts[name] ?? ''}
      onChange={(event) => set(name, event.currentTarget.value)}
    />
  );
  const pem = (name: string, label: string) => (
    <Textarea
      size="xs"
      label={label}
      autosize
      minRows={4}
      maxRows={10}
      value={texts[name] ?? ''}
      onChange={(event) => set(name, event.currentTarget.value)}
    />
  );
  return (
    <Stack gap="xs">
      <Group grow gap="xs" align="flex-start">
        <NativeSelect
          size="xs"
          label="It proves itself with"
          data={[...ways]}
          value={way}
          onChange={(event) => {
            const chosen = ways.find(({ value }) => value === event.currentTarget.value);
            change({ ...draft, way: chosen?.value ?? 'psk' });
          }}
        />
        <NativeSelect
          size="xs"
          label="to"
          data={[...purposes]}
          value={purpose}
          onChange={(event) => {
            const chosen = purposes.find(({ value }) => value === event.currentTarget.value);
            change({ ...draft, purpose: chosen?.value ?? 'management' });
          }}
        />
      </Group>
      {way === 'psk' && field({ name: 'identity', label: 'Identity', empty: endpoint || 'the endpoint name' })}
      {(way === 'psk' || way === 'oscore') && field(key)}
      {way === 'raw-key' && pem('publicKey', 'Public key, PEM')}
      {way === 'certificate' && (
        <>
          {pem('certificate', 'Certificate, PEM')}
          <Checkbox
            size="xs"
            label="Any certificate of the same key, so that it may be renewed"
            checked={sameKey}
            onChange={(event) => change({ ...draft, sameKey: event.currentTarget.checked })}
          />
        </>
      )}
      {way === 'authority' && <AuthorityField value={texts.authority ?? ''} set={(text) => set('authority', text)} />}
      {way === 'authority' && field({ name: 'name', label: 'Name in the certificate', empty: endpoint })}
      <Fold title="More terms">
        <Stack gap="xs" mt="xs">
          <SimpleGrid cols={2} spacing="xs">
            {rare[way].map(field)}
          </SimpleGrid>
          <Group grow gap="xs">
            <DateField label="Counts from" value={texts.validFrom} set={(text) => set('validFrom', text)} />
            <DateField label="until" value={texts.validUntil} set={(text) => set('validUntil', text)} />
          </Group>
          {field({ name: 'suites', label: 'Cipher suites, by IANA name', empty: 'those of the listener' })}
        </Stack>
      </Fold>
    </Stack>
  );
}

function AuthorityField({ value, set }: { value: string; set: (text: string) => void }) {
  const names = useAuthorities().items.map(({ name }) => name);
  return (
    <NativeSelect
      size="xs"
      label="Authority"
      data={['', ...names]}
      value={value}
      error={names.length === 0 && 'Add one under Settings first'}
      onChange={(event) => set(event.currentTarget.value)}
    />
  );
}
