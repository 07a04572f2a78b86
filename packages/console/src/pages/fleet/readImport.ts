import { type ImportRead, readCsvDevices, readLeshanSecurity } from '@reeve/contract';

/** What is said of all devices of a file. */
export interface ImportTerms {
  readonly bootstrap: boolean;
  /** Of devices with certificates; empty: none is said. */
  readonly authority: string;
}

/** The devices of a file: security information of Leshan if its name says JSON, else CSV. */
export function readImport(name: string, text: string, { bootstrap, authority }: ImportTerms): ImportRead {
  const purpose = bootstrap ? 'bootstrap' : undefined;
  if (!name.endsWith('.json')) return readCsvDevices(text, purpose);
  return readLeshanSecurity(text, { authority: authority || undefined, purpose });
}
