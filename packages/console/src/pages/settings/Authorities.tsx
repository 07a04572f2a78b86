import { Group, NativeSelect, Stack, Table, Text, Textarea, TextInput } from '@mantine/core';
import type { Authority, AuthorityAdd } from '@reeve/contract';
import { useState } from 'react';
import { ActionButton } from '../../components/ActionButton.tsx';
import { Age } from '../../components/Age.tsx';
import { DataTable } from '../../components/DataTable.tsx';
import { PagedList } from '../../components/PagedList.tsx';
import { Section } from '../../components/Section.tsx';
import { WordBadge } from '../../components/WordBadge.tsx';
import { api } from '../../data/api.ts';
import { useAuthorities } from '../../data/queries.ts';
import { mappingWords, revocationWords } from '../../words.ts';

/** Who vouches for the certificates of devices. */
export function Authorities() {
  const authorities = useAuthorities();
  return (
    <Section
      title="Certificate authorities"
      about="They vouch for the certificates of devices that were added under them"
    >
      <PagedList list={authorities} empty="No authority is trusted.">
        {(items) => (
          <DataTable
            label="Certificate authorities"
            columns={['Name', 'Device told by', 'Devices', 'Ends', 'Revocation list', 'Actions']}
            minWidth={720}
          >
            {items.map((authority) => (
              <AuthorityRow key={authority.authorityId} authority={authority} />
            ))}
          </DataTable>
        )}
      </PagedList>
      <AddAuthority />
    </Section>
  );
}

function AuthorityRow({ authority }: { authority: Authority }) {
  const { authorityId: id, name, subject, mapping, devices, notAfter, revocation } = authority;
  return (
    <Table.Tr data-testid="authority">
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        {name}
        <Text size="xs" c="dimmed">
          {subject}
        </Text>
      </Table.Td>
      <Table.Td>{mappingWords[mapping]}</Table.Td>
      <Table.Td className="numeric">{devices}</Table.Td>
      <Table.Td>
        <Age at={notAfter} future />
      </Table.Td>
      <Table.Td>
        {revocation ? <WordBadge word={revocationWords[revocation.state]} /> : 'none'}
        {revocation?.lastError !== undefined && (
          <Text size="xs" c="red">
            {revocation.lastError}
          </Text>
        )}
      </Table.Td>
      <Table.Td ta="right" style={{ whiteSpace: 'nowrap' }}>
        {revocation?.url !== undefined && (
          <ActionButton label={`Fetch the list of ${name}`} run={() => api('authorities.refresh', { params: { id } })}>
            Fetch
          </ActionButton>
        )}{' '}
        <ActionButton label={`Remove ${name}`} run={() => api('authorities.remove', { params: { id } })}>
          Remove
        </ActionButton>
      </Table.Td>
    </Table.Tr>
  );
}

function AddAuthority() {
  const [certificate, setCertificate] = useState('');
  const [url, setUrl] = useState('');
  const [mapping, setMapping] = useState<Authority['mapping']>('cn');
  const add = async () => {
    const body: AuthorityAdd = { certificate, mapping, ...(url === '' ? {} : { revocation: { url } }) };
    await api('authorities.add', { body });
    setCertificate('');
    setUrl('');
  };
  return (
    <Stack gap="xs" maw={560}>
      <Textarea
        size="xs"
        label="Certificate of a new authority, PEM"
        autosize
        minRows={3}
        maxRows={10}
        value={certificate}
        onChange={(event) => setCertificate(event.currentTarget.value)}
      />
      <Group gap="xs" align="flex-end">
        <NativeSelect
          size="xs"
          label="Its certificates tell the device by"
          data={(['cn', 'dns', 'uri'] as const).map((value) => ({ value, label: mappingWords[value] }))}
          value={mapping}
          onChange={(event) => {
            const { value } = event.currentTarget;
            setMapping(value === 'dns' || value === 'uri' ? value : 'cn');
          }}
        />
        <TextInput
          size="xs"
          w={240}
          label="URL of its revocation list"
          placeholder="optional"
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
        <ActionButton disabled={certificate.trim() === ''} run={add}>
          Add
        </ActionButton>
      </Group>
    </Stack>
  );
}
