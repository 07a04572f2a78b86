import { readFile } from 'node:fs/promises';
import { Failure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** Reads a file, or stdin for `-`. @throws Failure `usage` */
export async function readSource(file: string, terminal: Terminal): Promise<string> {
  if (file === '-') return terminal.readInput();
  return (await readBytes(file)).toString('utf8');
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new Failure('usage', `Cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * Reads a certificate, public key or revocation list from a file, or from stdin for `-`: PEM as it is, DER as base64.
 *
 * @throws Failure `usage`
 */
export async function readEncoded(file: string, terminal: Terminal): Promise<string> {
  if (file === '-') return terminal.readInput();
  const bytes = await readBytes(file);
  // DER begins with the tag of a SEQUENCE, and a length that no text has there.
  return bytes[0] === 0x30 && (bytes[1] ?? 0) > 0x7f ? bytes.toString('base64') : bytes.toString('utf8');
}

/**
 * Reads a pre-shared key in hex from a file or stdin: never from the command line, which other users of the machine see
 * and shells remember. Spaces and colons between the digits are allowed.
 *
 * @returns hex without spaces, undefined if no file is named
 * @throws Failure `usage`
 */
export async function readKey(file: string | undefined, terminal: Terminal): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const hex = (await readSource(file, terminal)).replace(/[\s:]/g, '');
  if (/^([0-9a-fA-F]{2}){16,64}$/.test(hex)) return hex;
  const from = file === '-' ? 'stdin' : file;
  throw new Failure(
    'usage',
    `${from} holds no key`,
    'A key is 16 to 64 bytes in hex, e.g. made by: openssl rand -hex 16',
  );
}
