/** A line without axes; gaps where nothing is known. */
interface Props {
  values: (number | null)[];
  width?: number;
  height?: number;
  colour?: string;
  /** A share or a mean: shown between its least and greatest value, and across gaps, since an idle day has none. */
  ratio?: boolean;
}

export function Sparkline({ values, width = 104, height = 34, colour = "var(--vine)", ratio = false }: Props) {
  const points = values.flatMap((value, index) => (value === null ? [] : [{ value, index }]));
  if (points.length < 2) return null;
  const known = points.map((point) => point.value);
  const [top, bottom] = scaleOf(known, ratio);
  const x = (index: number) => ((index / (values.length - 1)) * (width - 2) + 1).toFixed(1);
  const y = (value: number) => (height - 2 - ((value - bottom) / (top - bottom || 1)) * (height - 4)).toFixed(1);
  const line = points
    .map(({ value, index }, at) => {
      const follows = at > 0 && (ratio || points[at - 1]?.index === index - 1);
      return `${follows ? "L" : "M"}${x(index)} ${y(value)}`;
    })
    .join("");
  const first = points[0]?.index ?? 0;
  const last = points.at(-1)?.index ?? 0;
  const closed = !ratio && points.length === last - first + 1;
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {closed && <path d={`${line}L${x(last)} ${height}L${x(first)} ${height}Z`} fill={colour} opacity=".1" />}
      <path d={line} fill="none" stroke={colour} strokeWidth="1.6" strokeLinejoin="round" strokeLinecap="round" />
    </svg>
  );
}

/** A ratio that hardly moves is drawn hardly moving: its scale spans at least a quarter of its height. */
function scaleOf(known: number[], ratio: boolean): [top: number, bottom: number] {
  const top = Math.max(...known);
  const bottom = Math.min(...known);
  if (!ratio) return [top, Math.min(0, bottom)];
  const slack = Math.max(0, 0.25 * Math.abs(top) - (top - bottom)) / 2;
  return [top + slack, bottom - slack];
}
