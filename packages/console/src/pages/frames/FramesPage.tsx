import { Callbacks } from './Callbacks.tsx';
import { Layouts } from './Layouts.tsx';

/** Devices on networks too thin for a handshake: what their frames mean, and how networks deliver them. */
export function FramesPage() {
  return (
    <>
      <Layouts />
      <Callbacks />
    </>
  );
}
