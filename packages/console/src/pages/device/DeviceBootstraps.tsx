import type { DeviceDetail } from '@reeve/contract';
import { ActionButton } from '../../components/ActionButton.tsx';
import { BootstrapCard } from '../../components/BootstrapCard.tsx';
import { PagedList } from '../../components/PagedList.tsx';
import { Section } from '../../components/Section.tsx';
import { api } from '../../data/api.ts';
import { useDeviceBootstraps } from '../../data/queries.ts';

/** Times that the device was bootstrapped. Shown only of devices that the bootstrap server serves, or did. */
export function DeviceBootstraps({ device }: { device: DeviceDetail }) {
  const sessions = useDeviceBootstraps(device.deviceId);
  const served = device.credentials.some(({ purpose }) => purpose !== 'management');
  if (!served && sessions.items.length === 0) return null;
  const [account] = device.objects.find(({ objectId }) => objectId === 1)?.instances ?? [];
  const again = async () => {
    const operation = { kind: 'execute', path: `/1/${account}/9` } as const;
    await api('commands.create', { params: { device: device.deviceId }, body: { operation } });
  };
  return (
    <Section
      title="Bootstrap"
      aside={device.registration && account !== undefined && <ActionButton run={again}>Bootstrap again</ActionButton>}
    >
      <PagedList list={sessions} empty="It has not asked to be bootstrapped yet.">
        {(items) => items.map((session) => <BootstrapCard key={session.bootstrapId} session={session} />)}
      </PagedList>
    </Section>
  );
}
