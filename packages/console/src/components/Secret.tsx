import { Alert, Button, Code, CopyButton, Group } from '@mantine/core';

/** Something that the server shows this once. */
export interface Shown {
  about: string;
  secret: string;
}

/** A secret with a button that copies it. */
export function Secret({ about, secret }: Shown) {
  return (
    <Alert color="blue" title={about} role="status">
      <Group gap="xs">
        <Code style={{ overflowWrap: 'anywhere' }}>{secret}</Code>
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <Button size="compact-xs" variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      </Group>
    </Alert>
  );
}
