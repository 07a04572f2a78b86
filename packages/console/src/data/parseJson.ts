/** What a person wrote, if it is JSON; whether it is what it should be, the server says. */
export function parseJson<T>(
  source: string,
): { readonly ok: true; readonly document: T } | { readonly ok: false; readonly error: string } {
  try {
    const document: T = JSON.parse(source);
    return { ok: true, document };
  } catch (error) {
    return { ok: false, error: `No JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}
