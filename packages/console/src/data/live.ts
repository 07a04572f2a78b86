import type { DeviceDetail, DeviceSummary, History, LivePresence, LiveSamples } from '@reeve/contract';
import type { InfiniteData, Query, QueryClient } from '@tanstack/react-query';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { appendHistory, mapPages, patchDetail, patchSummary } from './patch.ts';
import { isStale, type Touched } from './staleness.ts';
import { type Connection, openStream } from './stream.ts';

type DevicePages = InfiniteData<{ items: DeviceSummary[]; next?: string }>;

/** Keeps every query of the page in step with the server while the component is mounted. */
export function useLive(): Connection {
  const client = useQueryClient();
  const [connection, setConnection] = useState<Connection>('connecting');
  useEffect(() => {
    const refetch = collectEntries(client);
    const close = openStream({
      onConnection(state) {
        setConnection(state);
        // A new stream starts now, and samples are never replayed: whatever was missed is fetched.
        if (state === 'live') void client.invalidateQueries();
        // The stream cannot tell a lost connection from a lost session; the session query can.
        if (state === 'lost') void client.invalidateQueries({ queryKey: ['session'] });
      },
      onEntry: (entry) => refetch.add(entry.deviceId),
      onSamples: (samples) => applySamples(client, samples),
      onPresence: (presence) => applyPresence(client, presence),
    });
    return () => {
      close();
      refetch.stop();
    };
  }, [client]);
  return connection;
}

/** Gathers journal entries this long, in ms, before it fetches what they touched. */
const GATHER = 200;

/** Fetches what journal entries touched: never twice at the same time, however fast they come. */
function collectEntries(client: QueryClient) {
  let touched: Touched = { everything: false, devices: new Set() };
  let pending = false;
  let timer: number | undefined;
  let running = false;

  async function fetchTouched() {
    const { everything, devices } = touched;
    touched = { everything: false, devices: new Set() };
    pending = false;
    running = true;
    await client.invalidateQueries({
      predicate: (query) => isStale({ everything, devices }, query.queryKey, deviceOf(query)),
    });
    running = false;
    if (pending) schedule();
  }

  function schedule() {
    window.clearTimeout(timer);
    timer = window.setTimeout(fetchTouched, GATHER);
  }

  return {
    add(deviceId: string | undefined) {
      if (deviceId === undefined) touched.everything = true;
      else touched.devices.add(deviceId);
      if (!pending && !running) schedule();
      pending = true;
    },
    stop: () => window.clearTimeout(timer),
  };
}

function deviceOf(query: Query): string | undefined {
  return query.queryKey[0] === 'device' ? (query.state.data as DeviceDetail | undefined)?.deviceId : undefined;
}

/** Changes one device wherever it is shown. */
function applyToDevice(
  client: QueryClient,
  deviceId: string,
  toSummary: (device: DeviceSummary) => DeviceSummary,
  toDetail: (device: DeviceDetail) => DeviceDetail,
): void {
  client.setQueriesData<DevicePages>({ queryKey: ['devices'] }, (data) =>
    data
      ? { ...data, pages: mapPages(data.pages, (item) => (item.deviceId === deviceId ? toSummary(item) : item)) }
      : data,
  );
  client.setQueriesData<DeviceDetail>({ queryKey: ['device'] }, (data) =>
    data?.deviceId === deviceId ? toDetail(data) : data,
  );
}

function applySamples(client: QueryClient, { deviceId, values }: LiveSamples): void {
  applyToDevice(
    client,
    deviceId,
    (device) => patchSummary(device, values),
    (device) => patchDetail(device, values),
  );
  for (const value of values)
    client.setQueriesData<History>({ queryKey: ['history', deviceId, value.path] }, (history) =>
      history ? appendHistory(history, value) : history,
    );
}

function applyPresence(client: QueryClient, { deviceId, presence }: LivePresence): void {
  applyToDevice(
    client,
    deviceId,
    (device) => ({ ...device, presence }),
    (device) => ({ ...device, presence }),
  );
}
