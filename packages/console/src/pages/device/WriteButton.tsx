import { Button, NativeSelect, Popover, Stack } from '@mantine/core';
import { type CommandOperation, parseTyped, typedText, typedTypes } from '@reeve/contract';
import { useState } from 'react';
import { QueueTerms, type Terms } from './QueueTerms.tsx';
import { rangeFault } from './rangeFault.ts';
import { SendButton } from './SendButton.tsx';
import type { ResourceRow } from './tree.ts';
import { ValueInput } from './ValueInput.tsx';

/** Takes a new value and queues a Write. The type comes from the definition; for an unknown resource a person says it. */
export function WriteButton({ deviceId, row }: { deviceId: string; row: ResourceRow }) {
  const [asking, setAsking] = useState(false);
  const [text, setText] = useState('');
  const [type, setType] = useState(row.type ?? 'string');
  const [terms, setTerms] = useState<Terms>({});
  const { path } = row;

  function ask() {
    setText(row.value ? typedText(row.value) : '');
    setAsking(true);
  }
  const operation = operationOf(row, type, text);

  return (
    <Popover opened={asking} onChange={setAsking} trapFocus withArrow shadow="md" position="bottom-end">
      <Popover.Target>
        <Button size="compact-xs" variant="subtle" flex="none" aria-label={`Write ${path}`} onClick={ask}>
          Write
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs" w={280}>
          {row.operations === 'unknown' && (
            <NativeSelect
              size="xs"
              label="Type"
              data={typedTypes}
              value={type}
              onChange={(event) => setType(event.currentTarget.value)}
            />
          )}
          <ValueInput row={row} type={type} text={text} change={setText} />
          <QueueTerms terms={terms} change={setTerms} />
          <SendButton deviceId={deviceId} command={operation && { operation, ...terms }} done={() => setAsking(false)}>
            Write
          </SendButton>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

/** The Write of what was typed, if that fits the resource. */
function operationOf(row: ResourceRow, type: string, text: string): CommandOperation | undefined {
  const parsed = parseTyped(type, text);
  if (!parsed.ok || rangeFault(row, parsed.value) !== undefined) return undefined;
  const { path } = row;
  const typed = row.operations === 'unknown' ? { type } : {};
  return { kind: 'write', mode: 'replace', path, values: [{ path, value: parsed.value, ...typed }] };
}
