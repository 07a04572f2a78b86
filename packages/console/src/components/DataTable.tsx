import { Table } from '@mantine/core';
import type { ReactNode } from 'react';

interface DataTableProps {
  /** Name of the table for screen readers. */
  label: string;
  /** Headings; widths in px or per cent make tables below each other line up. */
  columns: readonly (string | { name: string; width: number | string })[];
  /** Width in px below which the table scrolls sideways. */
  minWidth?: number;
  /** Keeps every row on one line. */
  oneLine?: boolean;
  /** Rows. */
  children: ReactNode;
}

/** A table that scrolls sideways by itself on a narrow page. */
export function DataTable({ label, columns, minWidth = 0, oneLine = false, children }: DataTableProps) {
  const fixed = columns.some((column) => typeof column === 'object');
  return (
    <Table.ScrollContainer minWidth={minWidth} type="native">
      <Table
        aria-label={label}
        highlightOnHover
        verticalSpacing={6}
        horizontalSpacing="xs"
        layout={fixed ? 'fixed' : 'auto'}
        style={oneLine ? { whiteSpace: 'nowrap' } : {}}
      >
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => {
              const { name, width } = typeof column === 'string' ? { name: column, width: undefined } : column;
              return (
                <Table.Th
                  key={name}
                  scope="col"
                  fz="xs"
                  fw={600}
                  c="dimmed"
                  {...(width === undefined ? {} : { w: width })}
                >
                  {name}
                </Table.Th>
              );
            })}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
