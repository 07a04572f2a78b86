import { Table, Text } from '@mantine/core';
import type { Authority } from '@reeve/contract';
import { ActionButton } from '../../components/ActionButton.tsx';
import { Age } from '../../components/Age.tsx';
import { ConfirmButton } from '../../components/ConfirmButton.tsx';
import { DataTable } from '../../components/DataTable.tsx';
import { DialogButton } from '../../components/DialogButton.tsx';
import { PagedList } from '../../components/PagedList.tsx';
import { Section } from '../../components/Section.tsx';
import { WordBadge } from '../../components/WordBadge.tsx';
import { api } from '../../data/api.ts';
import { useAuthorities } from '../../data/queries.ts';
import { formatCount } from '../../format.ts';
import { mappingWords, revocationWords } from '../../words.ts';
import { AddAuthority, ChangeAuthority } from './AuthorityForms.tsx';

/** Who vouches for the certificates of devices. */
export function Authorities() {
  const authorities = useAuthorities();
  return (
    <Section
      title="Certificate authorities"
      about="They vouch for the certificates of devices that were added under them"
      aside={
        <DialogButton title="A new authority" button="Add authority">
          {(close) => <AddAuthority close={close} />}
        </DialogButton>
      }
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
        {revocation && (
          <Text size="xs" c="dimmed">
            {formatCount(revocation.revoked, 'certificate')} revoked
            {revocation.dueAt !== undefined && (
              <>
                , next list due <Age at={revocation.dueAt} future />
              </>
            )}
          </Text>
        )}
        {revocation?.lastError !== undefined && (
          <Text size="xs" c="red">
            {revocation.lastError}
          </Text>
        )}
      </Table.Td>
      <Table.Td ta="right" style={{ whiteSpace: 'nowrap' }}>
        {revocation?.url !== undefined && (
          <ActionButton
            size="compact-xs"
            label={`Fetch the list of ${name}`}
            run={() => api('authorities.refresh', { params: { id } })}
          >
            Fetch
          </ActionButton>
        )}{' '}
        <DialogButton size="compact-xs" title={`Authority ${name}`} label={`Change ${name}`} button="Change">
          {(close) => <ChangeAuthority authority={authority} close={close} />}
        </DialogButton>{' '}
        <ConfirmButton
          size="compact-xs"
          question={`Trust ${name} no longer? The credentials under it go, and their sessions end.`}
          label={`Remove ${name}`}
          run={() => api('authorities.remove', { params: { id } })}
        >
          Remove
        </ConfirmButton>
      </Table.Td>
    </Table.Tr>
  );
}
