const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** UTF-8 bytes of a string. Option values are short and nearly always ASCII, where a loop beats `TextEncoder` by far. */
export function encodeText(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return encoder.encode(text);
    bytes[i] = code;
  }
  return bytes;
}

/** The string in UTF-8 bytes; see `encodeText`. */
export function decodeText(bytes: Uint8Array): string {
  for (let i = 0; i < bytes.length; i++) if ((bytes[i] ?? 0) > 0x7f) return decoder.decode(bytes);
  return latin1(bytes);
}

/** A string of one character for each byte. Four at a time: each addition makes a string of its own. */
export function latin1(bytes: Uint8Array): string {
  let text = '';
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) {
    text += String.fromCharCode(bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0, bytes[at + 3] ?? 0);
  }
  for (; at < bytes.length; at++) text += String.fromCharCode(bytes[at] ?? 0);
  return text;
}
