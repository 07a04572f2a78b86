import { Text } from '@mantine/core';
import { type DeviceDetail, type FormatInfo, isCutOff } from '@reeve/contract';
import { Facts } from '../../components/Facts.tsx';
import { Section } from '../../components/Section.tsx';
import { formatDuration } from '../../format.ts';

/** What the device says that it supports, and what was learned of it by talking to it. */
export function Support({ device }: { device: DeviceDetail }) {
  const { registration, downlink } = device;
  if (!registration) return null;
  const { version, binding, queueMode, transport, rootPath, contentFormats, profile, extra } = registration;
  const { refusedFormats, noFetch, noIpatch, readByInstance } = registration;
  const parameters = Object.entries(extra ?? {}).map(([name, value]) => (value === '' ? name : `${name}=${value}`));
  const { bytesPerDay, bytesToday = 0, awakeSeconds } = downlink;
  const refuses = refusedFormats || noFetch || noIpatch || readByInstance;
  const quirky = refuses || profile || rootPath || parameters.length > 0;
  return (
    <Section title="Supports">
      <Facts
        facts={[
          ['LwM2M', version],
          ['Binding', `${binding}${queueMode ? ', queue mode' : ''}`],
          ['Transport', isCutOff(device) ? 'none: nothing can be sent until it is heard' : transport],
          ['Formats', contentFormats ? names(contentFormats) : 'it did not say'],
          ['SMS', registration.sms],
        ]}
      />
      <Text size="sm" fw={600}>
        Learned
      </Text>
      <Facts
        facts={[
          ['Refused', refusedFormats && `${names(refusedFormats)}: tried last`],
          ['Several paths', noFetch && 'one at a time: it takes no FETCH'],
          ['Several values', noIpatch && 'written one at a time, where they may be: it takes no iPATCH'],
          ['By instance', readByInstance && `${readByInstance.map((id) => `/${id}`).join(', ')} read and observed`],
          ['Awake for', queueMode && `${formatDuration(awakeSeconds * 1000)} after each message`],
          ['Downlink', bytesPerDay !== undefined && `${bytesToday} of ${bytesPerDay} bytes today`],
          ['Profile', profile],
          ['Paths', rootPath && `begin with ${rootPath}`],
          ['Also says', parameters.join(' ')],
          ['Quirks', !quirky && 'none so far'],
        ]}
      />
    </Section>
  );
}

function names(formats: readonly FormatInfo[]): string {
  return formats.map(({ name }) => name).join(', ');
}
