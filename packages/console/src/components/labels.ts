import { formatLabels } from '../format.ts';

type Parsed =
  | { readonly ok: true; readonly labels: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly error: string };

/** Labels as people write them: a line for each, `key=value`. */
export function parseLabels(text: string): Parsed {
  const lines = text.split('\n').flatMap((line, index) => {
    const [key = '', ...value] = line.split('=');
    return line.trim() === '' ? [] : [{ number: index + 1, key: key.trim(), value: value.join('=').trim() }];
  });
  const strange = lines.find(({ key }) => !/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(key));
  if (strange) return { ok: false, error: `Line ${strange.number}: "${strange.key}" is no key` };
  return { ok: true, labels: Object.fromEntries(lines.map(({ key, value }) => [key, value])) };
}

/** Labels as `parseLabels` reads them. */
export function labelsText(labels: Readonly<Record<string, string>>): string {
  return formatLabels(labels).join('\n');
}
