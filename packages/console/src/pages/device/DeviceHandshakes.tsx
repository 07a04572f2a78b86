import { HandshakeCard } from '../../components/HandshakeCard.tsx';
import { PagedList } from '../../components/PagedList.tsx';
import { Section } from '../../components/Section.tsx';
import { useDeviceHandshakes } from '../../data/queries.ts';

/** Handshakes that the device seems to have tried, and that failed; nothing if there is none. */
export function DeviceHandshakes({ deviceId }: { deviceId: string }) {
  const handshakes = useDeviceHandshakes(deviceId);
  if (handshakes.items.length === 0) return null;
  return (
    <Section
      title="Why can’t it connect?"
      about="Failed handshakes under this device’s identity or name. Anybody can try with them: nothing proves that it was the device."
    >
      <PagedList list={handshakes} empty="None.">
        {(items) => items.map((failed) => <HandshakeCard key={failed.handshakeId} failed={failed} />)}
      </PagedList>
    </Section>
  );
}
