import { createTheme } from '@mantine/core';
import type { Tone } from './words.ts';

export const theme = createTheme({
  primaryColor: 'blue',
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  headings: { fontWeight: '600', sizes: { h1: { fontSize: '1.5rem' }, h2: { fontSize: '1.1rem' } } },
});

/** The theme colour of each tone. Colour never stands alone: a word goes with it. */
export const toneColor: Record<Tone, string> = { good: 'teal', attention: 'yellow', bad: 'red', unknown: 'gray' };
