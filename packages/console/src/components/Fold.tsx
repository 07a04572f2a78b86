import { UnstyledButton } from '@mantine/core';
import { type ReactNode, useState } from 'react';

/** Something that is drawn, and fetched, only once it is unfolded. */
export function Fold({ title, children }: { title: string; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <div>
      <UnstyledButton fz="sm" c="blue" mt={4} aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? '▾' : '▸'} {title}
      </UnstyledButton>
      {open && children}
    </div>
  );
}
