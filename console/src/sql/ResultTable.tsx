/** Rows of any width and length: only those in view are in the page. */
import { useMemo, useRef, useState } from "react";
import type { SqlAnswer } from "../api/types";

const rowHeight = 32;
const spare = 12;

interface Props {
  answer: SqlAnswer;
  label: string;
}

export function ResultTable({ answer, label }: Props) {
  const { columns, rows } = answer;
  const holder = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const shape = useMemo(() => shapeOf(answer), [answer]);
  const template = shape.map(({ width }) => `${width}px`).join(" ");
  const visible = Math.ceil((holder.current?.clientHeight ?? 640) / rowHeight);
  const first = Math.max(0, Math.floor(top / rowHeight) - spare);
  const last = Math.min(rows.length, first + visible + 2 * spare);
  return (
    <div
      ref={holder}
      className="result"
      role="table"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length}
      tabIndex={0}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <div className="result-head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
        {columns.map((name, index) => (
          <div
            key={`${name} ${index}`}
            role="columnheader"
            className={shape[index]?.numeric ? "result-number" : ""}
            title={answer.types[index]}
          >
            {name}
          </div>
        ))}
      </div>
      <div role="rowgroup" style={{ height: rows.length * rowHeight, position: "relative" }}>
        {rows.slice(first, last).map((cells, offset) => {
          const index = first + offset;
          return (
            <div
              key={index}
              role="row"
              aria-rowindex={index + 2}
              className="result-row"
              style={{ gridTemplateColumns: template, transform: `translateY(${index * rowHeight}px)` }}
            >
              {cells.map((cell, column) => (
                <div
                  key={column}
                  role="cell"
                  className={cell === null ? "result-null" : shape[column]?.numeric ? "result-number" : ""}
                  title={textOf(cell)}
                >
                  {textOf(cell)}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

export function textOf(cell: unknown): string {
  if (cell === null || cell === undefined) return "NULL";
  return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}

interface Shape {
  numeric: boolean;
  width: number;
}

/** A column's width follows its longest text among the first rows. */
function shapeOf({ columns, rows }: SqlAnswer): Shape[] {
  const sample = rows.slice(0, 200);
  return columns.map((name, index) => {
    const cells = sample.map((row) => row[index]).filter((cell) => cell !== null);
    const longest = Math.max(name.length, ...cells.map((cell) => textOf(cell).length));
    return {
      numeric: cells.length > 0 && cells.every((cell) => typeof cell === "number"),
      width: Math.min(420, Math.max(84, Math.round(longest * 7.9) + 30)),
    };
  });
}
