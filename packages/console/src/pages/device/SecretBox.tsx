import { Checkbox } from '@mantine/core';

interface SecretBoxProps {
  /** Of several values at once. */
  several?: boolean;
  secret: boolean;
  change: (secret: boolean) => void;
}

/** Takes whether what is written must never be shown again, which not every definition says by itself. */
export function SecretBox({ several = false, secret, change }: SecretBoxProps) {
  return (
    <Checkbox
      size="xs"
      label={`Secret: never show ${several ? 'these values' : 'it'} again`}
      checked={secret}
      onChange={(event) => change(event.currentTarget.checked)}
    />
  );
}
