import { Alert, List } from '@mantine/core';

/** What is wrong with what a person gave, one thing a line; nothing while nothing is. */
export function ErrorList({ title, errors }: { title: string; errors: readonly string[] }) {
  if (errors.length === 0) return null;
  return (
    <Alert color="red" py="xs" role="alert" title={title}>
      <List size="sm" mah={240} style={{ overflowY: 'auto', overflowWrap: 'anywhere' }}>
        {errors.map((error) => (
          <List.Item key={error}>{error}</List.Item>
        ))}
      </List>
    </Alert>
  );
}
