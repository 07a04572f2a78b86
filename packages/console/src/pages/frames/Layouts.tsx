import { Code, Group, Paper, Stack, Table, Text } from '@mantine/core';
import type { FrameLayout } from '@reeve/contract';
import { ConfirmButton } from '../../components/ConfirmButton.tsx';
import { DataTable } from '../../components/DataTable.tsx';
import { DialogButton } from '../../components/DialogButton.tsx';
import { DocumentEditor } from '../../components/DocumentEditor.tsx';
import { PagedList } from '../../components/PagedList.tsx';
import { Section } from '../../components/Section.tsx';
import { api } from '../../data/api.ts';
import { parseJson } from '../../data/parseJson.ts';
import { useLayouts } from '../../data/queries.ts';
import { formatCount, formatDuration } from '../../format.ts';
import { fieldRows } from './fieldRows.ts';

const example: FrameLayout = {
  name: 'tank',
  every: 21_600,
  fields: [
    { path: '/3435/0/2', bits: 16, scale: 0.01 },
    { path: '/3/0/9', bits: 7 },
    { path: '/3342/0/5500', bits: 1, encoding: 'boolean' },
  ],
};

/** What frames mean: bits, from the most significant on, and the resources that they are values of. */
export function Layouts() {
  const layouts = useLayouts();
  return (
    <Section
      title="Frames"
      level={1}
      about="What the frames of devices on networks too thin for a handshake mean. Which device sends them is said on its page."
      aside={
        <DialogButton title="A new layout" button="Add layout" variant="filled" wide>
          {(close) => <LayoutEditor layout={example} close={close} />}
        </DialogButton>
      }
    >
      <PagedList list={layouts} empty="There is no layout, so no device can send frames.">
        {(items) => (
          <Stack gap="sm">
            {items.map((layout) => (
              <LayoutCard key={layout.name} layout={layout} />
            ))}
          </Stack>
        )}
      </PagedList>
    </Section>
  );
}

function LayoutCard({ layout }: { layout: FrameLayout }) {
  const { name, every, fields } = layout;
  const bits = fields.reduce((sum, field) => sum + field.bits, 0);
  return (
    <Paper withBorder p="sm" component="article" aria-label={`Layout ${name}`} data-testid={`layout-${name}`}>
      <Group justify="space-between" gap="xs">
        <div>
          <Text fw={600}>{name}</Text>
          <Text size="xs" c="dimmed">
            {formatCount(bits, 'bit')}
            {every !== undefined && `, a frame every ${formatDuration(every * 1000)}`}
          </Text>
        </div>
        <Group gap="xs">
          <DialogButton size="compact-xs" title={`Layout ${name}`} label={`Edit ${name}`} button="Edit" wide>
            {(close) => <LayoutEditor layout={layout} close={close} />}
          </DialogButton>
          <ConfirmButton
            size="compact-xs"
            question={`Remove the layout ${name}?`}
            label={`Remove ${name}`}
            run={() => api('layouts.remove', { params: { name } })}
          >
            Remove
          </ConfirmButton>
        </Group>
      </Group>
      <DataTable label={`Fields of ${name}`} columns={[{ name: 'Bits', width: 90 }, 'Resource', 'Value']}>
        {fieldRows(fields).map(({ bits: place, path, value }) => (
          <Table.Tr key={place}>
            <Table.Td className="numeric">{place}</Table.Td>
            <Table.Td>
              {path === undefined ? (
                <Text inherit c="dimmed">
                  unused
                </Text>
              ) : (
                <Code>{path}</Code>
              )}
            </Table.Td>
            <Table.Td>{value}</Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
    </Paper>
  );
}

function LayoutEditor({ layout, close }: { layout: FrameLayout; close: () => void }) {
  return (
    <DocumentEditor
      label="Layout as JSON"
      source={JSON.stringify(layout, null, 2)}
      wrong="This is no layout"
      parse={parseJson<FrameLayout>}
      save={(body) => api('layouts.set', { body }).then(close)}
      cancel={close}
    />
  );
}
