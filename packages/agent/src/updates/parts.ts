import {
  block1,
  block1Option,
  blockBytes,
  type CoapMessage,
  Code,
  contentFormat,
  fills,
  Option,
  optionUint,
  optionValue,
  type ResponseSpec,
  uriPath,
} from '@reeve/coap';
import { ContentFormat, parsePath } from '@reeve/lwm2m';
import type { Slot } from '../instance.ts';
import type { DeviceModel } from '../model.ts';
import type { PartOutcome, PartsTaker } from '../resource.ts';

const CODES: Readonly<Record<Exclude<PartOutcome, 'taken'>, number>> = {
  gap: Code.RequestEntityIncomplete,
  busy: Code.BadRequest,
};

/** The resource that a request writes a part of, if it takes parts. */
export function partsSlot(
  message: CoapMessage,
  model: DeviceModel,
): (Slot & { readonly taker: PartsTaker }) | undefined {
  if (message.code !== Code.Put || block1(message) === undefined) return undefined;
  const path = parsePath(`/${uriPath(message).join('/')}`);
  const slot = path === undefined ? undefined : model.slot(path);
  const taker = slot?.path === path ? slot?.resource.parts : undefined;
  return slot !== undefined && taker !== undefined ? { ...slot, taker } : undefined;
}

/** Takes a part (RFC 7959 §2.5, §2.9). */
export function takePart(message: CoapMessage, taker: PartsTaker): ResponseSpec {
  const block = block1(message);
  const format = contentFormat(message);
  if (format !== undefined && format !== ContentFormat.opaque) return { code: Code.UnsupportedContentFormat };
  if (block === undefined || (block.more && !fills(block.szx, message.payload.length)))
    return { code: Code.BadRequest };
  const outcome = taker.take({
    offset: block.num * blockBytes(block.szx),
    bytes: message.payload,
    more: block.more,
    size: optionUint(message, Option.Size1),
    tag: Buffer.from(optionValue(message, Option.RequestTag) ?? []).toString('hex'),
  });
  if (outcome !== 'taken') return { code: CODES[outcome] };
  return { code: block.more ? Code.Continue : Code.Changed, options: [block1Option(block)] };
}
