/** Ten bars: how many carry a tag how strongly. */
export function Histogram({ counts, label }: { counts: number[]; label: string }) {
  const most = Math.max(1, ...counts);
  const width = 11;
  return (
    <svg
      className="histogram"
      viewBox={`0 0 ${counts.length * width} 34`}
      width={110}
      height={34}
      role="img"
      aria-label={label}
    >
      {counts.map((count, tenth) => {
        const height = count === 0 ? 0 : Math.max(1.5, (count / most) * 32);
        return (
          <rect
            // The tenths stay where they are.
            // biome-ignore lint/suspicious/noArrayIndexKey: see above
            key={tenth}
            x={tenth * width + 1}
            y={34 - height}
            width={width - 2}
            height={height}
            rx={1.5}
            fill="var(--tone)"
            opacity={0.45 + 0.055 * tenth}
          />
        );
      })}
      <line x1={0} x2={counts.length * width} y1={33.5} y2={33.5} stroke="var(--line-strong)" />
    </svg>
  );
}
