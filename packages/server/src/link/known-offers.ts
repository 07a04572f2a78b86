import { parseLinks, parseRegistrationObjects } from '@reeve/lwm2m';
import { Shared } from '../shared.ts';
import type { Offer } from './port.ts';

/** Lists at once; a fleet has few kinds of devices. */
const MAX_KNOWN = 500;
/** Octets of a list that is remembered. */
const LONGEST = 2048;

/** Reads what devices list: of a list that came before, from this device or another of its kind, only its octets. */
export class KnownOffers {
  readonly #known = new Shared<Offer | string>(MAX_KNOWN);

  /** @returns what is offered, or what is wrong with the list in words */
  read(list: Uint8Array): Offer | string {
    if (list.length > LONGEST) return offerIn(list);
    const { buffer, byteOffset, length } = list;
    return this.#known.of(Buffer.from(buffer, byteOffset, length).toString('latin1'), () => offerIn(list));
  }
}

function offerIn(list: Uint8Array): Offer | string {
  const links = parseLinks(list);
  if (!links.ok) return links.error.detail;
  const { rootPath, contentFormats = [], objects } = parseRegistrationObjects(links.links);
  return {
    rootPath,
    contentFormats,
    objects: objects.map(({ objectId, version, instances }) => ({
      objectId,
      instances: [...instances],
      ...(version === undefined ? {} : { version }),
    })),
  };
}
