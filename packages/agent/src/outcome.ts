/** Whether the device did what it was asked; if not, the CoAP code to answer with and the reason for people. */
export type Outcome<T extends object = object> =
  | ({ readonly ok: true } & T)
  | { readonly ok: false; readonly code: number; readonly detail: string };

/** A refusal. */
export function refusal(
  code: number,
  detail: string,
): { readonly ok: false; readonly code: number; readonly detail: string } {
  return { ok: false, code, detail };
}
