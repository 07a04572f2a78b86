import { NativeSelect, TextInput } from '@mantine/core';
import { parseTyped } from '@reeve/contract';
import { rangeFault } from './rangeFault.ts';
import type { ResourceRow } from './tree.ts';

interface ValueInputProps {
  row: ResourceRow;
  type: string;
  text: string;
  change: (text: string) => void;
}

/** Takes a value of a resource: one of those that its definition names, or a text that fits its type and range. */
export function ValueInput({ row, type, text, change }: ValueInputProps) {
  const label = `${row.name} (${row.path})`;
  const choices = choicesOf(row, type);
  if (choices) {
    const known = choices.some(({ value }) => value === text);
    return (
      <NativeSelect
        size="xs"
        label={label}
        data={known ? choices : [{ value: text, label: text === '' ? 'Choose' : text }, ...choices]}
        value={text}
        onChange={(event) => change(event.currentTarget.value)}
      />
    );
  }
  const parsed = parseTyped(type, text);
  const fault = parsed.ok ? rangeFault(row, parsed.value) : `Expected ${parsed.expected}`;
  return (
    <TextInput
      size="xs"
      label={label}
      description={row.limits === '' ? type : `${type}: ${row.limits}`}
      value={text}
      error={text !== '' && fault}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}

function choicesOf({ values }: ResourceRow, type: string) {
  if (values) return values.map(({ value, name }) => ({ value: String(value), label: `${value} ${name}` }));
  return type === 'boolean' ? ['true', 'false'].map((value) => ({ value, label: value })) : undefined;
}
