/** A few figures side by side, each with its name. */
import { Tooltip } from "antd";
import type { ReactNode } from "react";

export interface Fact {
  name: string;
  value: ReactNode;
  /** What the figure is, for those who ask. */
  hint?: ReactNode;
  note?: ReactNode;
}

export function Facts({ label, facts }: { label: string; facts: Fact[] }) {
  return (
    <section className="panel" aria-label={label}>
      <dl className="facts">
        {facts.map(({ name, value, hint, note }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <Tooltip title={hint}>
                <span>{value}</span>
              </Tooltip>
              {note !== undefined && <small>{note}</small>}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
