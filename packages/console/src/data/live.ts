import type { DeviceDetail, DeviceSummary, History, LivePresence, LiveSamples } from '@reeve/contract';
import type { InfiniteData, Query, QueryClient } from '@tanstack/react-query';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { gather } from './gather.ts';
import { appendHistory, mapPages, patchDetail, patchSummary } from './patch.ts';
import { patchQueries } from './patchQueries.ts';
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
      (touched) =>
        client.invalidateQueries({ predicate: (query) => isStale(touched, query.queryKey, deviceOf(query)) }),
      (run) => {
        timer = window.setTimeout(run, GATHER);
      },
    );
    const close = openStream({
      onConnection(state) {
        setConnection(state);
        // A new stream starts now, and samples are never replayed: whatever was missed is fetched.
        if (state === 'live') void client.invalidateQueries();
        // The stream cannot tell a lost connection from a lost session; the session query can.
        if (state === 'lost') void client.invalidateQueries({ queryKey: ['session'] });
      },
      onEntry: (entry) => gatherEntry(entry.deviceId),
      onSamples(samples) {
        if (applySamples(client, samples)) gatherEntry(samples.deviceId);
      },
      onPresence(presence) {
        if (applyPresence(client, presence)) gatherEntry(presence.deviceId);
      },
    });
    return () => {
      close();
      window.clearTimeout(timer);
    };
  }, [client]);
  return connection;
}

function deviceOf(query: Query): string | undefined {
  return query.queryKey[0] === 'device' ? (query.state.data as DeviceDetail | undefined)?.deviceId : undefined;
}

/**
 * Changes one device wherever it is shown.
 *
 * @returns whether its answer is under way, and may be older
 */
function applyToDevice(
  client: QueryClient,
  deviceId: string,
  toSummary: (device: DeviceSummary) => DeviceSummary,
  toDetail: (device: DeviceDetail) => DeviceDetail,
): boolean {
  const inList = patchQueries<DevicePages>(client, ['devices'], (data) => {
    const pages = mapPages(data.pages, (item) => (item.deviceId === deviceId ? toSummary(item) : item));
    return pages === data.pages ? data : { ...data, pages };
  });
  const alone = patchQueries<DeviceDetail>(client, ['device'], (data) =>
    data.deviceId === deviceId ? toDetail(data) : data,
  );
  return inList || alone;
}

function applySamples(client: QueryClient, { deviceId, values }: LiveSamples): boolean {
  const overtaken = applyToDevice(
    client,
    deviceId,
    (device) => patchSummary(device, values),
    (device) => patchDetail(device, values),
  );
  for (const value of values)
    patchQueries<History>(client, ['history', deviceId, value.path], (history) => appendHistory(history, value));
  return overtaken;
}

function applyPresence(client: QueryClient, { deviceId, presence }: LivePresence): boolean {
  return applyToDevice(
    client,
    deviceId,
    (device) => ({ ...device, presence }),
    (device) => ({ ...device, presence }),
  );
}
