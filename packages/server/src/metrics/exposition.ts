import type { HistogramFigures } from '../store/histogram.ts';

type Labels = Readonly<Record<string, string>>;

/** One number, and what of the metric it is of. */
export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

/** A metric with all its samples. Names and labels are the program's own: words of letters, digits and underscores. */
export type Metric = { readonly name: string; readonly help: string } & (
  | { readonly type: 'counter' | 'gauge'; readonly samples: readonly Sample[] }
  | { readonly type: 'histogram'; readonly figures: HistogramFigures }
);

/** Metrics in Prometheus' text exposition format, version 0.0.4. */
export function expose(metrics: readonly Metric[]): string {
  return metrics
    .flatMap((metric) => [
      `# HELP ${metric.name} ${escapeHelp(metric.help)}`,
      `# TYPE ${metric.name} ${metric.type}`,
      ...(metric.type === 'histogram'
        ? histogramLines(metric.name, metric.figures)
        : lines(metric.name, metric.samples)),
    ])
    .map((line) => `${line}\n`)
    .join('');
}

function lines(name: string, samples: readonly Sample[]): string[] {
  return samples.map(({ labels = {}, value }) => line(name, labels, value));
}

/** Buckets count all that is not above their bound, those of smaller bounds too. */
function histogramLines(name: string, { bounds, counts, sum }: HistogramFigures): string[] {
  let total = 0;
  const buckets = counts.map((count, index) => {
    total += count;
    return line(`${name}_bucket`, { le: numberText(bounds[index] ?? Number.POSITIVE_INFINITY) }, total);
  });
  return [...buckets, line(`${name}_sum`, {}, sum), line(`${name}_count`, {}, total)];
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${numberText(value)}`;
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');
