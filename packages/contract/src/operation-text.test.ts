import { expect, it } from 'vitest';
import type { CommandOperation } from './commands.ts';
import { operationText } from './operation-text.ts';

const long = 'x'.repeat(5000);

it.each<[CommandOperation, string]>([
  [{ kind: 'read-composite', paths: ['/3/0/9', '/6/0'] }, 'read /3/0/9, /6/0'],
  [{ kind: 'write', mode: 'replace', path: '/1/0/1', values: [{ path: '/1/0/1', value: 60 }] }, 'write /1/0/1 = 60'],
  [
    { kind: 'write', mode: 'partial', path: '/3/0', values: [{ path: '/3/0/14', value: 'Z' }] },
    'merge into /3/0: /3/0/14 = "Z"',
  ],
  [
    {
      kind: 'write-composite',
      values: [
        { path: '/3/0/14', value: long },
        { path: '/3/0/6/1', value: null },
      ],
    },
    `write /3/0/14 = "${'x'.repeat(59)}… (5002 characters), no /3/0/6/1`,
  ],
  [
    {
      kind: 'write-composite',
      values: [
        { path: '/5/0/0', value: null, secret: true },
        { path: '/1/0/1', value: 60 },
      ],
    },
    'write /5/0/0 = (hidden), /1/0/1 = 60',
  ],
  [
    { kind: 'create', path: '/9', values: [{ path: '/2', value: 'hunter2', secret: true }] },
    'create /9/?: /2 = (hidden)',
  ],
  [{ kind: 'execute', path: '/3/0/4' }, 'execute /3/0/4'],
  [{ kind: 'execute', path: '/3/0/4', arguments: '0=1' }, 'execute /3/0/4 (0=1)'],
  [{ kind: 'create', path: '/5', values: [] }, 'create /5/?'],
  [{ kind: 'create', path: '/5', instanceId: 1, values: [{ path: '/0', value: 7 }] }, 'create /5/1: /0 = 7'],
  [{ kind: 'write-attributes', path: '/3/0', attributes: { pmin: 5, gt: null } }, 'attach to /3/0: pmin=5 no gt'],
])('%j in words', (operation, text) => expect(operationText(operation)).toBe(text));
