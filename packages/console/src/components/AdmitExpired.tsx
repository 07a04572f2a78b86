import { Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api } from '../data/api.ts';
import { instantOf } from './credential/credentialForm.ts';
import { DateField } from './credential/DateField.tsx';
import { DialogButton } from './DialogButton.tsx';
import { Form } from './Form.tsx';

interface AdmitExpiredProps {
  deviceId: string;
  endpoint: string;
}

/** Admits a device although its certificate has expired, until a date and for a reason. */
export function AdmitExpired(props: AdmitExpiredProps) {
  return (
    <DialogButton
      size="compact-xs"
      title={`Admit ${props.endpoint}`}
      label={`Admit the expired certificate of ${props.endpoint}`}
      button="Admit expired"
    >
      {(close) => <AdmitForm {...props} close={close} />}
    </DialogButton>
  );
}

function AdmitForm({ deviceId, endpoint, close }: AdmitExpiredProps & { close: () => void }) {
  const [date, setDate] = useState('');
  const [reason, setReason] = useState('');
  const until = instantOf(date);
  const admit = async () => {
    if (until === undefined) return;
    await api('admissions.set', { params: { device: deviceId }, body: { until, reason: reason.trim() } });
    close();
  };
  return (
    <Form button="Admit" disabled={until === undefined || reason.trim() === ''} submit={admit} cancel={close}>
      <Text size="sm">
        The certificate of {endpoint} counts until then, even if it has expired; everything else is checked as before.
      </Text>
      <DateField label="Until, at most a year" value={date} set={setDate} />
      <TextInput size="xs" label="Why" value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
    </Form>
  );
}
