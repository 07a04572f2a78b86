import type { FailedHandshake, Session } from '@reeve/contract';
import { AdmitExpired } from '../../components/AdmitExpired.tsx';
import { DialogButton } from '../../components/DialogButton.tsx';
import { AddDevice } from '../fleet/AddDevice.tsx';
import { strangerOf } from './stranger.ts';

/** What lets in who failed: a stranger is added as a device, a known one with an expired certificate is admitted. */
export function HandshakeActions({ failed, session }: { failed: FailedHandshake; session: Session }) {
  const { check, device } = failed;
  if (check === 'expired-certificate' && device) return <AdmitExpired {...device} />;
  const draft = strangerOf(failed);
  if (!draft) return null;
  return (
    <DialogButton
      size="compact-xs"
      title="A new device"
      label={`Add ${draft.endpoint || 'it'} as a device`}
      button="Add as a device"
    >
      {(close) => <AddDevice session={session} draft={draft} close={close} />}
    </DialogButton>
  );
}
