import type { CredentialAdded, DeviceDetail } from '@reeve/contract';
import { useState } from 'react';
import { CredentialFields } from '../../components/credential/CredentialFields.tsx';
import { credentialOf, emptyCredential } from '../../components/credential/credentialForm.ts';
import { DialogButton } from '../../components/DialogButton.tsx';
import { Form } from '../../components/Form.tsx';
import { api } from '../../data/api.ts';

interface AddCredentialProps {
  device: DeviceDetail;
  /** Gets what has to be set on the device. */
  added: (added: CredentialAdded) => void;
}

/** Asks for a new credential; those that are there stay. */
export function AddCredential(props: AddCredentialProps) {
  return (
    <DialogButton size="compact-xs" title={`Another credential of ${props.device.endpoint}`} button="Add">
      {(close) => <CredentialForm {...props} close={close} />}
    </DialogButton>
  );
}

function CredentialForm({ device, added, close }: AddCredentialProps & { close: () => void }) {
  const [draft, setDraft] = useState(emptyCredential);
  const add = async () => {
    added(await api('credentials.add', { params: { device: device.deviceId }, body: credentialOf(draft) }));
    close();
  };
  return (
    <Form button="Add" submit={add} cancel={close}>
      <CredentialFields draft={draft} change={setDraft} endpoint={device.endpoint} />
    </Form>
  );
}
