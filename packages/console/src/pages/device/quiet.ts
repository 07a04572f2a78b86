/** How the buttons of a path look: there are many of them on a page. */
export const quiet = { size: 'compact-xs', variant: 'subtle', flex: 'none' } as const;
