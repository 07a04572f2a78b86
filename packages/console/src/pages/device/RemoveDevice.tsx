import type { DeviceDetail } from '@reeve/contract';
import { useLocation } from 'wouter';
import { ConfirmButton } from '../../components/ConfirmButton.tsx';
import { api } from '../../data/api.ts';

/** Removes the device from the server, and goes back to the others. */
export function RemoveDevice({ device: { deviceId, endpoint } }: { device: DeviceDetail }) {
  const [, goTo] = useLocation();
  const remove = async () => {
    await api('devices.remove', { params: { device: deviceId } });
    goTo('/');
  };
  return (
    <ConfirmButton
      question={`Remove ${endpoint}, with its credentials and history?`}
      label={`Remove the device ${endpoint}`}
      run={remove}
    >
      Remove
    </ConfirmButton>
  );
}
