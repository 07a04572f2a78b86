/** Base64 of RFC 4648, own because the package also runs where neither Node's Buffer nor `Uint8Array.fromBase64` is. */

const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const URL_SAFE = `${STANDARD.slice(0, 62)}-_`;

const SEXTETS = new Int8Array(128).fill(-1);
for (let index = 0; index < 64; index++) {
  SEXTETS[STANDARD.charCodeAt(index)] = index;
  SEXTETS[URL_SAFE.charCodeAt(index)] = index;
}

function encode(bytes: Uint8Array, alphabet: string): string {
  let text = '';
  for (let index = 0; index < bytes.length; index += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(index, index + 3);
    const chars = Math.min(bytes.length - index, 3) + 1;
    const bits = (a << 16) | (b << 8) | c;
    for (let char = 0; char < chars; char++) text += alphabet[(bits >> (18 - 6 * char)) & 63];
  }
  return text;
}

/** Standard alphabet with padding (RFC 4648 §4), the form of opaque values in plain text. */
export function toBase64(bytes: Uint8Array): string {
  const text = encode(bytes, STANDARD);
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

/** URL-safe alphabet without padding (RFC 4648 §5), the form of opaque values in SenML JSON. */
export function toBase64Url(bytes: Uint8Array): string {
  return encode(bytes, URL_SAFE);
}

/** Reads either alphabet, with or without padding, since devices send all four; undefined for anything else. */
export function fromBase64(text: string): Uint8Array | undefined {
  let end = text.length;
  if (end % 4 === 0) for (let pad = 0; pad < 2 && text[end - 1] === '='; pad++) end--;
  if (end % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((end * 3) / 4));
  let bits = 0;
  let held = 0;
  let written = 0;
  for (let index = 0; index < end; index++) {
    const sextet = SEXTETS[text.charCodeAt(index)] ?? -1;
    if (sextet < 0) return undefined;
    bits = ((bits << 6) | sextet) & 0xfff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[written++] = bits >> held;
    }
  }
  return bytes;
}
