import type { BootstrapState, DeviceDetail, IncidentState, PolicyDevice, QueryOf } from '@reeve/contract';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { api, isSignedOut } from './api.ts';
import type { Key } from './keys.ts';

/** Things that can change without a journal entry are asked for again at this pace, in ms. */
const POLL = 10_000;

/** Who is signed in; null if nobody. Polled, because a store that fails cannot journal that it fails. */
export function useSession() {
  return useQuery({
    queryKey: ['session'],
    queryFn: async () => {
      try {
        return await api('session.show');
      } catch (error) {
        if (isSignedOut(error)) return null;
        throw error;
      }
    },
    refetchInterval: POLL,
  });
}

/** A list fetched page by page. */
interface Page<T> {
  items: T[];
  next?: string;
}

function usePages<T>(queryKey: Key, fetch: (after: { after?: string }) => Promise<Page<T>>, poll?: number) {
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => fetch(pageParam === '' ? {} : { after: pageParam }),
    initialPageParam: '',
    getNextPageParam: (page: Page<T>) => page.next,
    ...(poll === undefined ? {} : { refetchInterval: poll }),
  });
  return { ...query, items: query.data?.pages.flatMap(({ items }) => items) ?? [] };
}

/** A list as the pages use it. */
export type Pages<T> = ReturnType<typeof usePages<T>>;

/** Devices that match `search` (endpoint, key=value, site, owner), a page of `limit` at a time. */
export function useDevices(search: string, limit: number) {
  const query: QueryOf<'devices.list'> = { limit, ...(search === '' ? {} : { search }) };
  return usePages(['devices', search, limit], (after) => api('devices.list', { query: { ...query, ...after } }));
}

/** Everything known of one device, by its id or endpoint name. */
export function useDevice(device: string) {
  return useQuery({ queryKey: ['device', device], queryFn: () => api('devices.show', { params: { device } }) });
}

/** The journal of one device, newest first. */
export function useTimeline(deviceId: string) {
  return usePages(['timeline', deviceId], async ({ after }) => {
    const before = after === undefined ? {} : { before: Number(after) };
    const { items } = await api('devices.timeline', {
      params: { device: deviceId },
      query: { ...before, limit: TIMELINE_PAGE },
    });
    const last = items.length === TIMELINE_PAGE ? items.at(-1) : undefined;
    return last ? { items, next: String(last.seq) } : { items };
  });
}
const TIMELINE_PAGE = 30;

/** The newest commands of one device. */
export function useCommands(deviceId: string) {
  return usePages(['commands', deviceId], (after) =>
    api('commands.list', { query: { device: deviceId, limit: 20, ...after } }),
  );
}

/** The newest incidents of one device. */
export function useDeviceIncidents(deviceId: string) {
  return usePages(['deviceIncidents', deviceId], (after) =>
    api('incidents.list', { query: { device: deviceId, limit: 5, ...after } }),
  );
}

/** Samples of one resource over the last `span` ms. */
export function useHistory(deviceId: string, path: string, span: number) {
  return useQuery({
    queryKey: ['history', deviceId, path, span],
    queryFn: () =>
      api('devices.history', {
        params: { device: deviceId },
        query: { path, from: Date.now() - span, limit: 10_000 },
      }),
  });
}

/** Incidents in one state, newest first. */
export function useIncidents(state: IncidentState) {
  return usePages(['incidents', state], (after) => api('incidents.list', { query: { state, limit: 50, ...after } }));
}

export function useIncident(id: string) {
  return useQuery({ queryKey: ['incident', id], queryFn: () => api('incidents.show', { params: { id } }) });
}

export function useIncidentTimeline(id: string) {
  return usePages(['incidentTimeline', id], () => api('incidents.timeline', { params: { id } }));
}

/** Responses that wait for a person. */
export function useApprovals() {
  return usePages(['approvals'], () => api('approvals.list', { query: { state: 'waiting' } }));
}

export function usePolicies() {
  return usePages(['policies'], () => api('policies.list'));
}

/** The rules of one policy, device by device. */
export function usePolicyDevices(id: string) {
  return usePages<PolicyDevice>(['policyDevices', id], (after) =>
    api('policies.devices', { params: { id }, query: { limit: 100, ...after } }),
  );
}

/** Failed handshakes of all peers, of one check if one is named; counted, not journalled, one by one. */
export function useHandshakes(check: string | undefined, limit: number) {
  const query = { limit, ...(check === undefined ? {} : { check }) };
  return usePages(
    ['handshakes', check ?? '', limit],
    (after) => api('handshakes.list', { query: { ...query, ...after } }),
    POLL,
  );
}

/** Failed handshakes that one device seems to have tried. */
export function useDeviceHandshakes(deviceId: string) {
  return usePages(
    ['deviceHandshakes', deviceId],
    (after) => api('handshakes.list', { query: { device: deviceId, limit: 5, ...after } }),
    POLL,
  );
}

/** How handshakes went since the server started. */
export function useHandshakeCounters() {
  return useQuery({
    queryKey: ['handshakeCounters'],
    queryFn: () => api('handshakes.counters'),
    refetchInterval: POLL,
  });
}

/** Bootstrap sessions of all devices, newest first; a running one goes on without journal entries. */
export function useBootstraps(state: BootstrapState | undefined) {
  const query = { limit: 20, ...(state === undefined ? {} : { state }) };
  return usePages(
    ['bootstraps', state ?? ''],
    (after) => api('bootstrap.list', { query: { ...query, ...after } }),
    POLL,
  );
}

/** Bootstrap sessions of one device, newest first. */
export function useDeviceBootstraps(deviceId: string) {
  return usePages(
    ['deviceBootstraps', deviceId],
    (after) => api('bootstrap.list', { query: { device: deviceId, limit: 3, ...after } }),
    POLL,
  );
}

/** What devices are given, by group. */
export function useBootstrapTemplates() {
  return usePages(['bootstrapTemplates'], () => api('bootstrap.templates'));
}

/** Accounts of one device on servers elsewhere, and whose keys it is given for them. */
export function useAccountKeys(deviceId: string) {
  return usePages(['accountKeys', deviceId], () => api('bootstrap.account-keys', { params: { device: deviceId } }));
}

/** Updates of one device, newest first; what it has taken of one is not journalled piece by piece. */
export function useDeviceUpdates(deviceId: string) {
  return usePages(
    ['deviceUpdates', deviceId],
    () => api('updates.list', { query: { device: deviceId, limit: 5 } }),
    POLL,
  );
}

/** Updates of all devices, newest first. */
export function useUpdates() {
  return usePages(['updates'], () => api('updates.list', { query: { limit: 50 } }), POLL);
}

/** What frames mean. */
export function useLayouts() {
  return usePages(['layouts'], () => api('layouts.list'));
}

/** How a device sends frames, if it does; those that come are counted, not journalled. */
export function useFrameSource({ deviceId, sendsFrames = false }: Pick<DeviceDetail, 'deviceId' | 'sendsFrames'>) {
  const queryFn = () => api('frames.show', { params: { device: deviceId } });
  const { data } = useQuery({
    queryKey: ['frameSource', deviceId],
    queryFn,
    enabled: sendsFrames,
    refetchInterval: POLL,
  });
  return sendsFrames ? data : undefined;
}

/** Devices whose expired certificate is admitted. */
export function useAdmissions() {
  return usePages(['admissions'], () => api('admissions.list'));
}

/** Firmware and software for devices. */
export function useArtifacts() {
  return usePages(['artifacts'], () => api('artifacts.list'));
}

export function useWebhooks() {
  return usePages(['webhooks'], () => api('webhooks.list'), POLL);
}

export function useDeadLetters() {
  return usePages(['deadLetters'], () => api('webhooks.dead'), POLL);
}

/** Certificate authorities; what is fetched of their revocation lists need not be journalled. */
export function useAuthorities() {
  return usePages(['authorities'], () => api('authorities.list'), POLL);
}

/** What the server proves itself with. */
export function useServerIdentity() {
  return useQuery({ queryKey: ['serverIdentity'], queryFn: () => api('server.identity') });
}

/** Every version of every object that the server knows. */
export function useModels() {
  return usePages(['models'], () => api('models.list'));
}

/** One version of an object with its resources. */
export function useModel(objectId: number, version: string) {
  return useQuery({
    queryKey: ['model', String(objectId), version],
    queryFn: () => api('models.show', { params: { object: String(objectId) }, query: { version } }),
  });
}

export function usePeople() {
  return usePages(['people'], () => api('people.list'));
}

export function useTokens() {
  return usePages(['tokens'], () => api('tokens.list'));
}
