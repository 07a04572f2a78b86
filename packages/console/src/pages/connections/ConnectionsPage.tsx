import { Select } from '@mantine/core';
import type { Session } from '@reeve/contract';
import { useState } from 'react';
import { Dialog } from '../../components/Dialog.tsx';
import { HandshakeCard } from '../../components/HandshakeCard.tsx';
import { PagedList } from '../../components/PagedList.tsx';
import { Section } from '../../components/Section.tsx';
import { useHandshakeCounters, useHandshakes } from '../../data/queries.ts';
import { AddDevice } from '../fleet/AddDevice.tsx';
import type { DeviceDraft } from '../fleet/deviceForm.ts';
import { Admissions } from './Admissions.tsx';
import { Counters } from './Counters.tsx';
import { HandshakeActions } from './HandshakeActions.tsx';

/** "Why can't my device connect?", and how handshakes go at large. */
export function ConnectionsPage({ session }: { session: Session }) {
  const [check, setCheck] = useState<string | null>(null);
  // Here, and not beside the handshake: that is no stranger's any more once the device is there and its key is shown.
  const [adding, setAdding] = useState<DeviceDraft>();
  const handshakes = useHandshakes(check ?? undefined, 20);
  const counters = useHandshakeCounters();
  // What failed since the start, and what is listed from before it.
  const known = [...(counters.data?.failed ?? []), ...handshakes.items];
  const titles = new Map(known.map((each) => [each.check, each.title]));
  const checks = [...titles].map(([value, label]) => ({ value, label }));
  return (
    <>
      <Section
        title="Why can’t my device connect?"
        about="Handshakes that failed, and registrations after them, newest first. If nothing stands here, nothing arrived."
        level={1}
        aside={
          <Select
            aria-label="Check that failed"
            placeholder="Every check"
            data={checks}
            value={check}
            onChange={setCheck}
            clearable
            w={220}
          />
        }
      >
        <PagedList list={handshakes} empty="No handshake has failed.">
          {(items) =>
            items.map((failed) => (
              <HandshakeCard
                key={failed.handshakeId}
                failed={failed}
                actions={<HandshakeActions failed={failed} add={setAdding} />}
              />
            ))
          }
        </PagedList>
      </Section>
      <Admissions />
      <Dialog title="A new device" open={adding !== undefined} close={() => setAdding(undefined)}>
        {adding && <AddDevice session={session} draft={adding} close={() => setAdding(undefined)} />}
      </Dialog>
      <Counters query={counters} />
    </>
  );
}
