import 'uplot/dist/uPlot.min.css';
import { Box, Group, SegmentedControl, Text, useComputedColorScheme } from '@mantine/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import { QueryError } from '../../components/QueryError.tsx';
import { useHistory } from '../../data/queries.ts';
import { formatTick } from '../../format.ts';
import { type ChartColumns, chartColumns, type Limits, valueRange } from './chartData.ts';

const spans = { '1 h': 3_600_000, '24 h': 86_400_000, '7 d': 604_800_000 } as const;
type Span = keyof typeof spans;
const HEIGHT = 180;

interface RuleChartProps {
  deviceId: string;
  path: string;
  limits: Limits;
  label: string;
}

/** A rule's value over time against its limits; it grows with the live samples. */
export default function RuleChart({ deviceId, path, limits, label }: RuleChartProps) {
  const [span, setSpan] = useState<Span>('1 h');
  const history = useHistory(deviceId, path, spans[span]);
  const columns = useMemo(
    () => (history.data ? chartColumns(history.data, limits) : undefined),
    [history.data, limits],
  );
  return (
    <Box mt="xs">
      <Group justify="space-between">
        <Text size="xs" c="dimmed">
          {path}
        </Text>
        <SegmentedControl
          size="xs"
          aria-label="Time span"
          data={Object.keys(spans)}
          value={span}
          onChange={(value) => setSpan(value as Span)}
        />
      </Group>
      <QueryError query={history} />
      {columns && columns[0].length === 0 && (
        <Text size="sm" c="dimmed">
          No values in this time.
        </Text>
      )}
      {columns && columns[0].length > 0 && <Plot columns={columns} limits={limits} label={label} />}
    </Box>
  );
}

interface PlotProps {
  columns: ChartColumns;
  limits: Limits;
  label: string;
}

function Plot({ columns, limits, label }: PlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const scheme = useComputedColorScheme('light');
  const { below, above } = limits;

  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are read from the page, so a new scheme draws anew; new columns only move the line.
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const drawn = new uPlot(options(element, { below, above }), columns, element);
    plot.current = drawn;
    const resize = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: HEIGHT }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      drawn.destroy();
    };
  }, [scheme, below, above]);

  useEffect(() => plot.current?.setData(columns), [columns]);

  return <div ref={host} role="img" aria-label={`Chart: ${label}`} style={{ height: HEIGHT }} />;
}

function options(element: HTMLElement, limits: Limits): uPlot.Options {
  const style = getComputedStyle(element);
  const color = (name: string) => style.getPropertyValue(`--mantine-color-${name}`);
  const axis = { stroke: color('dimmed'), grid: { stroke: color('default-border'), width: 1 }, ticks: { show: false } };
  const limit = { stroke: color('red-6'), width: 1.5, dash: [6, 4], points: { show: false } };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false },
    scales: {
      y: { range: (_, low, high) => valueRange(low, high, limits) },
    },
    axes: [
      {
        ...axis,
        size: 28,
        space: 80,
        values: (_, ticks, _axis, _space, step) => ticks.map((at) => formatTick(at * 1000, step * 1000)),
      },
      { ...axis, size: 44 },
    ],
    series: [
      {},
      { label: 'value', stroke: color('blue-6'), width: 2 },
      { label: 'lower limit', ...limit },
      { label: 'upper limit', ...limit },
    ],
  };
}
