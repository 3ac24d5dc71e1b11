/** The mark: three leaves fanning from one stem. */
export function LogoMark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="var(--mark-ground)" />
      <g fill="var(--mark-leaf)">
        <path d="M16 25C10.6 22.4 7 17.6 6.2 11.4 12 12.6 15.7 17.6 16 25Z" opacity=".62" />
        <path d="M16 25c5.4-2.6 9-7.4 9.8-13.6C20 12.6 16.3 17.6 16 25Z" opacity=".62" />
        <path d="M16 25C11.8 19 11.8 11.6 16 5.6c4.2 6 4.2 13.4 0 19.4Z" />
      </g>
      <path d="M16 25v3" stroke="var(--mark-leaf)" strokeWidth="1.8" strokeLinecap="round" />
    </svg>
  );
}

export function Wordmark() {
  return <span className="wordmark">Fanvine</span>;
}
