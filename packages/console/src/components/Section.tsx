import { Group, Paper, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

interface SectionProps {
  title: string;
  /** One line under the title. */
  about?: ReactNode;
  /** Shown beside the title, e.g. buttons. */
  aside?: ReactNode;
  /** Level of the heading: 1 for the section that the page is about. */
  level?: 1 | 2;
  children: ReactNode;
}

/** A titled card: every page is made of these. */
export function Section({ title, about, aside, level = 2, children }: SectionProps) {
  return (
    <Paper component="section" aria-label={title} withBorder p="md">
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start" gap="xs">
          <div>
            <Title order={level} size="h2">
              {title}
            </Title>
            {about !== undefined && (
              <Text size="sm" c="dimmed">
                {about}
              </Text>
            )}
          </div>
          {aside}
        </Group>
        {children}
      </Stack>
    </Paper>
  );
}
