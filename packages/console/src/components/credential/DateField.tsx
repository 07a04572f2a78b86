import { TextInput } from '@mantine/core';

interface DateFieldProps {
  label: string;
  value: string | undefined;
  set: (text: string) => void;
}

/** Takes date and time in the reader's zone. */
export function DateField({ label, value = '', set }: DateFieldProps) {
  return (
    <TextInput
      size="xs"
      type="datetime-local"
      label={label}
      value={value}
      onChange={(event) => set(event.currentTarget.value)}
    />
  );
}
