import { MultiSelect, Text, TextInput } from '@mantine/core';
import { compact, type DeviceDetail, type FrameSource } from '@reeve/contract';
import { useState } from 'react';
import { Age } from '../../components/Age.tsx';
import { ConfirmButton } from '../../components/ConfirmButton.tsx';
import { DialogButton } from '../../components/DialogButton.tsx';
import { Facts } from '../../components/Facts.tsx';
import { Form } from '../../components/Form.tsx';
import { Secret } from '../../components/Secret.tsx';
import { Section } from '../../components/Section.tsx';
import { api } from '../../data/api.ts';
import { useFrameSource, useLayouts } from '../../data/queries.ts';

/** How the device sends frames over a network too thin for a handshake. Only where there is a layout of frames. */
export function Frames({ device }: { device: DeviceDetail }) {
  const { deviceId, endpoint } = device;
  const layouts = useLayouts().items.map(({ name }) => name);
  const source = useFrameSource(device);
  const [key, setKey] = useState<string>();
  if (!source && layouts.length === 0) return null;
  const params = { device: deviceId };
  const change = (
    <DialogButton
      size="compact-xs"
      title={`Frames of ${endpoint}`}
      label={source ? `Change how ${endpoint} sends frames` : `Let ${endpoint} send frames`}
      button={source ? 'Change' : 'Allow'}
    >
      {(close) => <SourceForm deviceId={deviceId} source={source} layouts={layouts} made={setKey} close={close} />}
    </DialogButton>
  );
  const remove = source && (
    <ConfirmButton
      size="compact-xs"
      question={`Take frames of ${endpoint} no longer?`}
      label={`Refuse frames of ${endpoint}`}
      run={() => api('frames.remove', { params })}
    >
      Refuse
    </ConfirmButton>
  );
  return (
    <Section
      title="Frames"
      aside={
        <div>
          {change} {remove}
        </div>
      }
    >
      {source ? (
        <Facts
          facts={[
            ['Link', source.link],
            ['Layouts', source.layouts.map((name, number) => `${number} ${name}`).join(', ')],
            ['Newest frame', source.newest === 0 ? 'none yet' : `number ${source.newest}`],
            ['Came', source.lastAt !== undefined && <Age at={source.lastAt} />],
          ]}
        />
      ) : (
        <Text size="sm" c="dimmed">
          None are taken of it.
        </Text>
      )}
      {key !== undefined && (
        <Secret about="Key of its frames in hex, shown this once; the device counts from 1 with it" secret={key} />
      )}
    </Section>
  );
}

interface SourceFormProps {
  deviceId: string;
  source: FrameSource | undefined;
  layouts: string[];
  /** Gets the key that was made. */
  made: (key: string | undefined) => void;
  close: () => void;
}

function SourceForm({ deviceId, source, layouts: known, made, close }: SourceFormProps) {
  const [link, setLink] = useState(source?.link ?? '');
  const [layouts, setLayouts] = useState<string[]>(source?.layouts ?? []);
  const [key, setKey] = useState('');
  const save = async () => {
    const body = { link: link.trim(), layouts, ...compact({ key: key.replace(/[\s:]/g, '') || undefined }) };
    made((await api('frames.set', { params: { device: deviceId }, body })).key);
    close();
  };
  return (
    <Form button="Save" disabled={link.trim() === '' || layouts.length === 0} submit={save} cancel={close}>
      <TextInput
        size="xs"
        label="Link"
        placeholder="what the network calls the device"
        value={link}
        onChange={(event) => setLink(event.currentTarget.value)}
      />
      <MultiSelect
        size="xs"
        label="Layouts, numbered from 0 in the order in which they are chosen"
        data={known}
        value={layouts}
        onChange={setLayouts}
      />
      <TextInput
        size="xs"
        label="Key, 16 bytes in hex"
        placeholder={source ? 'the one that it has' : 'made here, and shown once'}
        autoComplete="off"
        value={key}
        onChange={(event) => setKey(event.currentTarget.value)}
      />
    </Form>
  );
}
