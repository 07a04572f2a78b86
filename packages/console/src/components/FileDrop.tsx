import { FileButton, Paper, Text, UnstyledButton } from '@mantine/core';
import { type DragEvent, useState } from 'react';

interface FileDropProps {
  /** What is wanted, e.g. `Drag a CSV file here, or choose one`. */
  label: string;
  /** Media types or endings that the dialog for files offers. */
  accept?: string;
  /** Name of the file that was taken. */
  name?: string | undefined;
  take: (file: File) => void;
}

/** A place to which a file is dragged; pressed, by mouse or keyboard, it opens the dialog for files. */
export function FileDrop({ label, accept = '', name, take }: FileDropProps) {
  const [over, setOver] = useState(false);
  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    const [file] = event.dataTransfer.files;
    if (file) take(file);
  }
  return (
    <FileButton accept={accept} onChange={(file) => file && take(file)}>
      {(props) => (
        <UnstyledButton
          {...props}
          type="button"
          onDragOver={(event: DragEvent) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={drop}
        >
          <Paper
            withBorder
            p="md"
            style={{ borderStyle: 'dashed', borderColor: 'var(--border)' }}
            bg={over ? 'var(--mantine-primary-color-light)' : 'transparent'}
          >
            <Text size="sm" c="dimmed" ta="center" style={{ overflowWrap: 'anywhere' }}>
              {name === undefined ? label : `${name}: press to take another one`}
            </Text>
          </Paper>
        </UnstyledButton>
      )}
    </FileButton>
  );
}
