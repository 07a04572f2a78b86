import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';

interface DialogProps {
  title: string;
  open: boolean;
  close: () => void;
  wide?: boolean;
  children: ReactNode;
}

/** A dialog. Only its buttons and Escape close it: what was typed, or is shown once, is not lost by a stray click. */
export function Dialog({ title, open, close, wide = false, children }: DialogProps) {
  return (
    <Modal
      opened={open}
      onClose={close}
      title={title}
      size={wide ? 'xl' : 'md'}
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {children}
    </Modal>
  );
}
