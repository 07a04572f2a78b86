import { NativeSelect, Stack } from '@mantine/core';
import { typedText, typedTypes } from '@reeve/contract';
import { useState } from 'react';
import { FormButton } from '../../components/FormButton.tsx';
import { QueueTerms, type Terms } from './QueueTerms.tsx';
import { quiet } from './quiet.ts';
import { SecretBox } from './SecretBox.tsx';
import { SendButton } from './SendButton.tsx';
import { allows, type ResourceRow } from './tree.ts';
import { ValueInput } from './ValueInput.tsx';
import { writeOperation } from './writeOperation.ts';

/** Takes a new value and queues a Write. The type comes from the definition; for an unknown resource a person says it. */
export function WriteButton({ deviceId, row }: { deviceId: string; row: ResourceRow }) {
  const [text, setText] = useState('');
  const [type, setType] = useState(row.type ?? 'string');
  const [secret, setSecret] = useState(false);
  const [terms, setTerms] = useState<Terms>({});
  const { path } = row;

  const operation = writeOperation(row, type, text, secret);

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
          {allows(row.operations, 'R') && <SecretBox secret={secret} change={setSecret} />}
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
