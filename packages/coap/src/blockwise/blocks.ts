import type { CoapMessage } from '../message.ts';
import { BERT, type BlockValue, type CoapOption, encodeBlock, Option, option } from '../options.ts';

/** Bytes of a block with a size exponent (RFC 7959 §2.2). */
export function blockBytes(szx: number): number {
  return szx === BERT ? 1024 : 2 ** (szx + 4);
}

/** Whether so many bytes are a part of that size, with others to follow. */
export function fills(szx: number, bytes: number): boolean {
  return szx === BERT ? bytes > 0 && bytes % blockBytes(szx) === 0 : bytes === blockBytes(szx);
}

/** The size exponent of the largest block that is not longer than so many bytes. */
export function exponentOf(bytes: number): number {
  return Math.min(6, Math.max(0, Math.floor(Math.log2(bytes)) - 4));
}

export function block1Option(block: BlockValue): CoapOption {
  return option(Option.Block1, encodeBlock(block));
}

export function block2Option(block: BlockValue): CoapOption {
  return option(Option.Block2, encodeBlock(block));
}

const BLOCK_OPTIONS: ReadonlySet<number> = new Set([
  Option.Block1.number,
  Option.Block2.number,
  Option.Size1.number,
  Option.Size2.number,
]);

/** The message that a body in parts stands for, without the options that speak of parts: itself if it has none. */
export function whole(message: CoapMessage, payload: Uint8Array): CoapMessage {
  if (payload === message.payload && !speaksOfParts(message)) return message;
  return { ...message, payload, options: message.options.filter((found) => !isOfParts(found)) };
}

/** Whether a message says anything of parts. */
export function speaksOfParts({ options }: CoapMessage): boolean {
  return options.some(isOfParts);
}

function isOfParts({ number }: CoapOption): boolean {
  return BLOCK_OPTIONS.has(number);
}

/**
 * What the parts of one body have in common (RFC 7959 §2.4 and §2.5, RFC 9175 §3.3): method, target and every other
 * option of the request but those of the transfer itself and of observation.
 */
export function transferKey({ code, options }: CoapMessage): string {
  let key = String(code);
  for (const { number, value } of options) {
    if (BLOCK_OPTIONS.has(number) || number === Option.Observe.number) continue;
    key += `,${number}:${Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64')}`;
  }
  return key;
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * An entity tag made of the content (FNV-1a with the length in front), so that a body that has to be made anew in
 * the middle of a transfer keeps its tag exactly when it is the same.
 */
export function entityTag(body: Uint8Array): Uint8Array {
  let hash = FNV_OFFSET;
  for (let i = 0; i < body.length; i++) hash = Math.imul(hash ^ (body[i] ?? 0), FNV_PRIME);
  const tag = new Uint8Array(8);
  const view = new DataView(tag.buffer);
  view.setUint32(0, body.length);
  view.setUint32(4, hash >>> 0);
  return tag;
}
