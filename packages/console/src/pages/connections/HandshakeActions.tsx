import { Button } from '@mantine/core';
import type { FailedHandshake } from '@reeve/contract';
import { AdmitExpired } from '../../components/AdmitExpired.tsx';
import type { DeviceDraft } from '../fleet/deviceForm.ts';
import { strangerOf } from './stranger.ts';

interface HandshakeActionsProps {
  failed: FailedHandshake;
  /** Begins to add a device. */
  add: (draft: DeviceDraft) => void;
}

/** What lets in who failed: a stranger is added as a device, a known one with an expired certificate is admitted. */
export function HandshakeActions({ failed, add }: HandshakeActionsProps) {
  const { check, device } = failed;
  if (check === 'expired-certificate' && device) return <AdmitExpired {...device} />;
  const draft = strangerOf(failed);
  if (!draft) return null;
  return (
    <Button
      size="compact-xs"
      variant="default"
      aria-label={`Add ${draft.endpoint || 'it'} as a device`}
      onClick={() => add(draft)}
    >
      Add as a device
    </Button>
  );
}
