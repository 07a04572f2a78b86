import { Table, Text } from '@mantine/core';
import type { ArtifactInfo } from '@reeve/contract';
import { Age } from '../../components/Age.tsx';
import { ConfirmButton } from '../../components/ConfirmButton.tsx';
import { DataTable } from '../../components/DataTable.tsx';
import { DialogButton } from '../../components/DialogButton.tsx';
import { PagedList } from '../../components/PagedList.tsx';
import { Section } from '../../components/Section.tsx';
import { WordBadge } from '../../components/WordBadge.tsx';
import { api } from '../../data/api.ts';
import { useArtifacts } from '../../data/queries.ts';
import { formatBytes } from '../../format.ts';
import { artifactWords } from '../../words.ts';
import { AddArtifact } from './AddArtifact.tsx';

/** What devices can be updated with. */
export function Artifacts() {
  const artifacts = useArtifacts();
  return (
    <Section
      title="Artifacts"
      level={1}
      about="Firmware and software for devices; an update is started on the page of the device"
      aside={
        <DialogButton title="A new artifact" button="Add artifact" variant="filled">
          {(close) => <AddArtifact close={close} />}
        </DialogButton>
      }
    >
      <PagedList list={artifacts} empty="There is nothing to update devices with.">
        {(items) => (
          <DataTable
            label="Artifacts"
            columns={['Name', 'Version', 'Kind', 'Size', 'State', 'Added', 'Actions']}
            minWidth={640}
          >
            {items.map((artifact) => (
              <ArtifactRow key={artifact.artifactId} artifact={artifact} />
            ))}
          </DataTable>
        )}
      </PagedList>
    </Section>
  );
}

function ArtifactRow({ artifact }: { artifact: ArtifactInfo }) {
  const { artifactId, name, version, kind, bytes, sha256, received, state, addedAt, addedBy } = artifact;
  return (
    <Table.Tr data-testid={`artifact-${name}-${version}`}>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        {name}
        <Text size="xs" c="dimmed" title={sha256}>
          sha256:{sha256.slice(0, 16)}…
        </Text>
      </Table.Td>
      <Table.Td>{version}</Table.Td>
      <Table.Td>{kind}</Table.Td>
      <Table.Td className="numeric">{formatBytes(bytes)}</Table.Td>
      <Table.Td>
        <WordBadge word={artifactWords[state]} />
        {state === 'uploading' && (
          <Text size="xs" c="dimmed" className="numeric">
            {formatBytes(received)} are here
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Age at={addedAt} /> by {addedBy}
      </Table.Td>
      <Table.Td ta="right">
        <ConfirmButton
          size="compact-xs"
          question={`Remove ${name} ${version}?`}
          label={`Remove ${name} ${version}`}
          run={() => api('artifacts.remove', { params: { artifact: artifactId } })}
        >
          Remove
        </ConfirmButton>
      </Table.Td>
    </Table.Tr>
  );
}
