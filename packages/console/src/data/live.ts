import type { DeviceDetail, DeviceSummary, History, LivePresence, LiveSamples } from '@reeve/contract';
import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { gather } from './gather.ts';
import { appendHistory, mapPages, patchDetail, patchSummary } from './patch.ts';
import { patchQueries } from './patchQueries.ts';
import { refresh } from './refresh.ts';
import { isStale } from './staleness.ts';
import { type Connection, openStream } from './stream.ts';

type DevicePages = InfiniteData<{ items: DeviceSummary[]; next?: string }>;

/** Gathers journal entries this long, in ms, before what they touched is fetched. */
const GATHER = 200;

/** Keeps every query of the page in step with the server while the component is mounted. */
export function useLive(): Connection {
  const client = useQueryClient();
  const [connection, setConnection] = useState<Connection>('connecting');
  useEffect(() => {
    let timer: number | undefined;
    const gatherEntry = gather(
      (touched) => refresh(client, ({ queryKey, state }) => isStale(touched, queryKey, state)),
      (run) => {
        timer = window.setTimeout(run, GATHER);
      },
    );
    const close = openStream({
      onConnection(state) {
        setConnection(state);
        // A new stream starts now, and samples are never replayed: whatever was missed is fetched.
        if (state === 'live') void refresh(client);
        // The stream cannot tell a lost connection from a lost session; the session query can.
        if (state === 'lost') void client.invalidateQueries({ queryKey: ['session'] });
      },
      onEntry: (entry) => gatherEntry(entry.deviceId),
      onSamples: (samples) => applySamples(client, samples),
      onPresence: (presence) => applyPresence(client, presence),
    });
    return () => {
      close();
      window.clearTimeout(timer);
    };
  }, [client]);
  return connection;
}

/** Changes one device wherever it is shown. */
function applyToDevice(
  client: QueryClient,
  deviceId: string,
  toSummary: (device: DeviceSummary) => DeviceSummary,
  toDetail: (device: DeviceDetail) => DeviceDetail,
): void {
  patchQueries<DevicePages>(client, ['devices'], (data) => {
    const pages = mapPages(data.pages, (item) => (item.deviceId === deviceId ? toSummary(item) : item));
    return pages === data.pages ? data : { ...data, pages };
  });
  patchQueries<DeviceDetail>(client, ['device'], (data) => (data.deviceId === deviceId ? toDetail(data) : data));
}

function applySamples(client: QueryClient, { deviceId, values }: LiveSamples): void {
  applyToDevice(
    client,
    deviceId,
    (device) => patchSummary(device, values),
    (device) => patchDetail(device, values),
  );
  for (const value of values)
    patchQueries<History>(client, ['history', deviceId, value.path], (history) => appendHistory(history, value));
}

function applyPresence(client: QueryClient, { deviceId, presence }: LivePresence): void {
  applyToDevice(
    client,
    deviceId,
    (device) => ({ ...device, presence }),
    (device) => ({ ...device, presence }),
  );
}
