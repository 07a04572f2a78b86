import { NativeSelect, Stack } from '@mantine/core';
import { type CommandOperation, parseTyped, typedText, typedTypes } from '@reeve/contract';
import { useState } from 'react';
import { FormButton } from '../../components/FormButton.tsx';
import { QueueTerms, type Terms } from './QueueTerms.tsx';
import { quiet } from './quiet.ts';
import { rangeFault } from './rangeFault.ts';
import { SendButton } from './SendButton.tsx';
import type { ResourceRow } from './tree.ts';
import { ValueInput } from './ValueInput.tsx';

/** Takes a new value and queues a Write. The type comes from the definition; for an unknown resource a person says it. */
export function WriteButton({ deviceId, row }: { deviceId: string; row: ResourceRow }) {
  const [text, setText] = useState('');
  const [type, setType] = useState(row.type ?? 'string');
  const [terms, setTerms] = useState<Terms>({});
  const { path } = row;

  const operation = operationOf(row, type, text);

  return (
    <FormButton
      {...quiet}
      label={`Write ${path}`}
      onOpen={() => setText(row.value ? typedText(row.value) : '')}
      form={(done) => (
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
          <SendButton deviceId={deviceId} command={operation && { operation, ...terms }} done={done}>
            Write
          </SendButton>
        </Stack>
      )}
    >
      Write
    </FormButton>
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
