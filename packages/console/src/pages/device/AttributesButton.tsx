import { Stack, TextInput } from '@mantine/core';
import type { CommandOperation } from '@reeve/contract';
import { useState } from 'react';
import { FormButton } from '../../components/FormButton.tsx';
import { parseAttributes } from './parseAttributes.ts';
import { quiet } from './quiet.ts';
import { SendButton } from './SendButton.tsx';

const ofPeriods = [
  ['pmin', 'At least between notifications (s)'],
  ['pmax', 'At most between notifications (s)'],
] as const;
const ofValues = [
  ['gt', 'Upper limit'],
  ['lt', 'Lower limit'],
  ['st', 'Step'],
  ['edge', 'Only when it becomes true (1) or false (0)'],
] as const;
/** Since LwM2M 1.1 and 1.2. */
const ofLater = [
  ['epmin', 'At least between evaluations (s)'],
  ['epmax', 'At most between evaluations (s)'],
  ['con', 'Confirmable: 1, or not: 0'],
  ['hqmax', 'Kept while it is offline'],
] as const;

/** Says when the device notifies a path: each field sets an attribute, a dash takes it away, an empty one leaves it. */
export function AttributesButton({ deviceId, path, ofValue }: { deviceId: string; path: string; ofValue: boolean }) {
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const { attributes, wrong } = parseAttributes(texts);
  const fields = ofValue ? [...ofPeriods, ...ofValues, ...ofLater] : [...ofPeriods, ...ofLater];
  const operation: CommandOperation = { kind: 'write-attributes', path, attributes };
  const isComplete = wrong.length === 0 && Object.keys(attributes).length > 0;
  return (
    <FormButton
      {...quiet}
      label={`When ${path} is notified`}
      form={(done) => (
        <Stack gap="xs" w={260} mah={420} style={{ overflowY: 'auto' }}>
          {fields.map(([name, label]) => (
            <TextInput
              key={name}
              size="xs"
              label={`${label}, ${name}`}
              placeholder="as it is; - takes it away"
              value={texts[name] ?? ''}
              error={wrong.includes(name) && 'A number, or -'}
              onChange={(event) => setTexts({ ...texts, [name]: event.currentTarget.value })}
            />
          ))}
          <SendButton deviceId={deviceId} command={isComplete ? { operation } : undefined} done={done}>
            Attach
          </SendButton>
        </Stack>
      )}
    >
      When
    </FormButton>
  );
}
