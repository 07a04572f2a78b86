import type { CommandOperation } from './commands.ts';
import type { SetValue } from './devices.ts';

/** Characters of a written value that are told: the rest is read where the value is. */
const TOLD = 60;

/** An operation in words, e.g. `write /1/0/1 = 60`. */
export function operationText(operation: CommandOperation): string {
  switch (operation.kind) {
    case 'read':
    case 'delete':
    case 'discover':
      return `${operation.kind} ${operation.path}`;
    case 'read-composite':
      return `read ${operation.paths.join(', ')}`;
    case 'write-composite':
      return `write ${writtenText(operation.values)}`;
    case 'write':
      return operation.mode === 'replace'
        ? `write ${writtenText(operation.values)}`
        : `merge into ${operation.path}: ${writtenText(operation.values)}`;
    case 'execute':
      return `execute ${operation.path}${operation.arguments ? ` (${operation.arguments})` : ''}`;
    case 'create': {
      const values = writtenText(operation.values);
      return `create ${operation.path}/${operation.instanceId ?? '?'}${values && `: ${values}`}`;
    }
    case 'write-attributes':
      return `attach to ${operation.path}: ${attributesText(operation.attributes)}`;
  }
}

/** Attributes as people read them, e.g. `pmin=5 gt=50`, or `no pmin` for one that is taken away. */
export function attributesText(attributes: Readonly<Record<string, string | number | null>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => (value === null ? `no ${name}` : value === '' ? name : `${name}=${value}`))
    .join(' ');
}

function writtenText(values: readonly SetValue[]): string {
  return values
    .map(({ path, value, secret }) => {
      if (secret) return `${path} = (hidden)`;
      return value === null ? `no ${path}` : `${path} = ${valueText(value)}`;
    })
    .join(', ');
}

function valueText(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > TOLD ? `${text.slice(0, TOLD)}… (${text.length} characters)` : text;
}
