import { api, describeError } from '../../data/api.ts';

/** A document that the server did not take, and why. */
export interface Refusal {
  readonly file: string;
  readonly reason: string;
}

/** Adds each document by itself: one that is refused keeps no other back. */
export async function uploadModels(files: readonly Pick<File, 'name' | 'text'>[]): Promise<readonly Refusal[]> {
  const refusals: Refusal[] = [];
  for (const file of files) {
    const xml = await file.text();
    try {
      await api('models.add', { body: { xml } });
    } catch (error) {
      refusals.push({ file: file.name, reason: describeError(error) });
    }
  }
  return refusals;
}
