import { Button, type ButtonProps, Popover } from '@mantine/core';
import { type ReactNode, useState } from 'react';

interface FormButtonProps extends ButtonProps {
  /** Name for screen readers, if the text alone does not say on what it acts. */
  label?: string | undefined;
  /** Called before the form opens. */
  onOpen?: () => void;
  /** What is filled in or confirmed; `done` closes it. */
  form: (done: () => void) => ReactNode;
  children: ReactNode;
}

/** A button that opens a small form beside it. */
export function FormButton({ label, onOpen, form, children, ...button }: FormButtonProps) {
  const [asking, setAsking] = useState(false);
  const open = () => {
    onOpen?.();
    setAsking(true);
  };
  return (
    <Popover opened={asking} onChange={setAsking} trapFocus withArrow shadow="md" position="bottom-end">
      <Popover.Target>
        <Button aria-label={label} onClick={open} {...button}>
          {children}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>{form(() => setAsking(false))}</Popover.Dropdown>
    </Popover>
  );
}
