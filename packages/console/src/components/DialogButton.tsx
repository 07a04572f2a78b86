import { Button, type ButtonProps } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { Dialog } from './Dialog.tsx';

interface DialogButtonProps extends Omit<ButtonProps, 'children'> {
  title: string;
  /** Name for screen readers, if the text of the button alone does not say on what it acts. */
  label?: string;
  button: ReactNode;
  wide?: boolean;
  /** What stands in the dialog, begun anew each time that it opens. */
  children: (close: () => void) => ReactNode;
}

/** A button that opens a dialog. */
export function DialogButton({ title, label, button, wide = false, children, ...more }: DialogButtonProps) {
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <Button size="xs" variant="default" aria-label={label} onClick={() => setOpen(true)} {...more}>
        {button}
      </Button>
      <Dialog title={title} open={open} close={close} wide={wide}>
        {open && children(close)}
      </Dialog>
    </>
  );
}
