import { Artifacts } from '../artifacts/artifacts.ts';
import type { ServerUris } from '../bootstrap/uris.ts';
import type { Handlers } from '../http/handlers.ts';
import type { LinkDown, LinkUp } from '../link/port.ts';
import type { Credentials } from '../registry/credentials.ts';
import type { Device } from '../registry/fleet.ts';
import { updateHandlers } from './handlers.ts';
import { servePart } from './serving.ts';
import { Updates } from './updates.ts';

type Options = Omit<Parameters<typeof Updates.load>[0], 'artifacts' | 'origins'> & {
  readonly credentials: Credentials;
  readonly send: (message: LinkDown) => void;
  readonly dataFolder: string;
  /** Where devices reach the server by CoAP. */
  readonly uris: () => ServerUris;
  /** Origin of the HTTP server; empty as long as it is not known. */
  readonly httpOrigin: () => string;
};

/** Artifacts and updates, joined. */
export async function openUpdates(options: Options) {
  const artifacts = await Artifacts.load(options);
  const origins = (device: Device): ReadonlyMap<string, string> => {
    const http = options.httpOrigin();
    // A device fetches over the session that it has, and nothing secret over a worse one.
    const transport = device.session?.transport ?? 'coap';
    const own = [transport, options.uris()[transport]] as const;
    return new Map(
      [own, [http.startsWith('https:') ? 'https' : 'http', http] as const].flatMap(([scheme, origin]) =>
        origin ? [[scheme, origin] as const] : [],
      ),
    );
  };
  const updates = await Updates.load({ ...options, artifacts, origins });
  const handlers = (): Pick<Handlers, keyof ReturnType<typeof updateHandlers>> =>
    updateHandlers({ ...options, artifacts, updates });
  const fetch = (message: Extract<LinkUp, { kind: 'fetch' }>) => servePart(message, { ...options, artifacts, updates });
  return { artifacts, updates, fetch, handlers };
}
