import { Button, Group, Paper, Text } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import type { DeviceSummary } from '@reeve/contract';
import { useEffect, useRef, useState } from 'react';
import { Age } from '../../components/Age.tsx';
import { QueryError } from '../../components/QueryError.tsx';
import { Section } from '../../components/Section.tsx';
import { useDevices } from '../../data/queries.ts';
import { formatCount } from '../../format.ts';
import { conditionOf, conditionWords } from '../../words.ts';
import { DeviceDot } from './DeviceDot.tsx';
import { Legend } from './Legend.tsx';
import { project, states, west } from './projection.ts';
import { useView } from './useView.ts';
import { fit, HEIGHT, type Point, WIDTH, wholeCountry } from './view.ts';

/** Devices drawn at most: beyond it dots lie on each other and the page becomes slow. */
const MAX_DOTS = 3000;
/** Radius of a dot in px, however wide the page is. */
const DOT_RADIUS = 6;

interface Placed {
  device: DeviceSummary;
  at: Point;
}

/** Where the devices are, on borders that come with the page: no tile server is asked. */
export default function MapPage() {
  const devices = useAllDevices();
  const [pointed, setPointed] = useState<string>();
  const placed = devices.items.flatMap((device): Placed[] => {
    const at = device.location && project(device.location.latitude, device.location.longitude);
    return at ? [{ device, at }] : [];
  });
  const svg = useRef<SVGSVGElement>(null);
  const { ref: frame, width, height } = useElementSize();
  const unitsPerPixel = Math.max(WIDTH / (width || WIDTH), HEIGHT / (height || HEIGHT));
  const { view, show, zoom, drag } = useView(svg, fit(west));
  const unplaced = devices.items.length - placed.length;
  return (
    <Section
      title="Map"
      level={1}
      about={`${formatCount(placed.length, 'device')} on the map${unplaced > 0 ? `, ${unplaced} without a position in the United States` : ''}${devices.hasNextPage ? ', more not shown' : ''}`}
      aside={
        <Group gap={6}>
          <Button size="xs" variant="default" aria-label="Zoom in" onClick={() => zoom(1.6)}>
            +
          </Button>
          <Button size="xs" variant="default" aria-label="Zoom out" onClick={() => zoom(1 / 1.6)}>
            −
          </Button>
          <Button size="xs" variant="default" onClick={() => show(fit(placed.map(({ at }) => at)))}>
            Fit devices
          </Button>
          <Button size="xs" variant="default" onClick={() => show(fit(west))}>
            West
          </Button>
          <Button size="xs" variant="default" onClick={() => show(wholeCountry)}>
            All states
          </Button>
        </Group>
      }
    >
      <QueryError query={devices} />
      <figure ref={frame} aria-label="Map of devices" style={{ position: 'relative', margin: 0 }}>
        <svg ref={svg} className="map" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} {...drag}>
          <title>Map of devices</title>
          <g transform={`translate(${view.x} ${view.y}) scale(${view.scale})`}>
            {states.map(({ name, outline }) => (
              <path key={name} className="state" d={outline}>
                <title>{name}</title>
              </path>
            ))}
            {placed.map(({ device, at: [x, y] }) => (
              <DeviceDot
                key={device.deviceId}
                deviceId={device.deviceId}
                endpoint={device.endpoint}
                condition={conditionOf(device)}
                x={x}
                y={y}
                radius={(DOT_RADIUS * unitsPerPixel) / view.scale}
                onPoint={setPointed}
              />
            ))}
          </g>
        </svg>
        <Pointed device={devices.items.find(({ deviceId }) => deviceId === pointed)} />
      </figure>
      <Legend devices={placed.map(({ device }) => device)} />
    </Section>
  );
}

/** Every page of the fleet, up to what can be drawn. */
function useAllDevices() {
  const devices = useDevices('', 500);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = devices;
  const more = hasNextPage && !isFetchingNextPage && devices.items.length < MAX_DOTS;
  useEffect(() => {
    if (more) void fetchNextPage();
  }, [more, fetchNextPage]);
  return devices;
}

function Pointed({ device }: { device: DeviceSummary | undefined }) {
  if (!device) return null;
  return (
    <Paper withBorder shadow="sm" px="sm" py={6} pos="absolute" top={8} left={8} style={{ pointerEvents: 'none' }}>
      <Text size="sm" fw={600}>
        {device.endpoint}
      </Text>
      <Text size="xs" c="dimmed">
        {conditionWords[conditionOf(device)].label}
        {device.location && (
          <>
            {' · here '}
            <Age at={device.location.at} />
          </>
        )}
      </Text>
    </Paper>
  );
}
