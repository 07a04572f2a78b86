import { Alert, Button, Group } from '@mantine/core';
import { describeError } from '../data/api.ts';

/** Why a list or page is not there, and a way to try again; nothing while all is well. */
export function QueryError({ query }: { query: { error: unknown; refetch: () => unknown } }) {
  if (!query.error) return null;
  return (
    <Alert color="red" role="alert" title="This could not be loaded">
      <Group justify="space-between">
        {describeError(query.error)}
        <Button size="xs" variant="default" onClick={() => query.refetch()}>
          Try again
        </Button>
      </Group>
    </Alert>
  );
}
