import { Button, type ButtonProps, Modal } from '@mantine/core';
import { type ReactNode, useState } from 'react';

interface DialogButtonProps extends Omit<ButtonProps, 'children'> {
  title: string;
  /** Name for screen readers, if the text of the button alone does not say on what it acts. */
  label?: string;
  button: ReactNode;
  wide?: boolean;
  /** What stands in the dialog, begun anew each time that it opens. */
  children: (close: () => void) => ReactNode;
}

/** A button that opens a dialog. Only its buttons and Escape close it: what was typed is not lost by a stray click. */
export function DialogButton({ title, label, button, wide = false, children, ...more }: DialogButtonProps) {
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <Button size="xs" variant="default" aria-label={label} onClick={() => setOpen(true)} {...more}>
        {button}
      </Button>
      <Modal
        opened={open}
        onClose={close}
        title={title}
        size={wide ? 'xl' : 'md'}
        closeOnClickOutside={false}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        {open && children(close)}
      </Modal>
    </>
  );
}
