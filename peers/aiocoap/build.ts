import { join } from 'node:path';
import { PeerBuild } from '../build.ts';

/** The client and server on aiocoap: `peer.py`, run by the Python of the virtual environment in `target/venv`. */
export const aiocoapBuild = new PeerBuild({
  name: 'aiocoap (in a virtual environment of Python)',
  folder: import.meta.dirname,
  sources: ['requirements.txt'],
  command: [
    'sh',
    '-c',
    'python3 -m venv target/venv && target/venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt',
  ],
});

/** What runs the program; options follow. */
export const aiocoapCommand = (): readonly [string, ...string[]] => [
  aiocoapBuild.path('venv/bin/python'),
  join(import.meta.dirname, 'peer.py'),
];

if (import.meta.main) await aiocoapBuild.build();
