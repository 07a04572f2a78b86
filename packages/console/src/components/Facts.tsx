import { Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** Names and what they are; what is not known is left out. */
export function Facts({ facts }: { facts: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <Table variant="vertical" withRowBorders={false} verticalSpacing={3} horizontalSpacing={0} layout="fixed">
      <Table.Tbody>
        {facts
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" w={110} fw={400} bg="transparent" c="dimmed" style={{ verticalAlign: 'top' }}>
                {name}
              </Table.Th>
              <Table.Td>
                <Text size="sm" component="div" style={{ overflowWrap: 'anywhere' }}>
                  {value}
                </Text>
              </Table.Td>
            </Table.Tr>
          ))}
      </Table.Tbody>
    </Table>
  );
}
