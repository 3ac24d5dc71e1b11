/** The tables and columns there are, and what each means; a click writes the name into the query. */

import { useQuery } from "@tanstack/react-query";
import { sqlSchema } from "../api/calls";
import { useI18n } from "../i18n/i18n";
import { RightOutlined, TableOutlined } from "../ui/icons";
import { Failed, Loading } from "../ui/Page";

export function useSqlSchema() {
  return useQuery({ queryKey: ["sql-schema"], queryFn: sqlSchema, staleTime: 300_000 });
}

export function SchemaTree({ onPick }: { onPick: (name: string) => void }) {
  const { t } = useI18n();
  const schema = useSqlSchema();
  return (
    <aside className="panel schema" aria-label={t("sql.schema")}>
      <h2>{t("sql.schema")}</h2>
      {schema.isPending && <Loading />}
      {schema.isError && <Failed error={schema.error} retry={() => schema.refetch()} />}
      {schema.data?.tables.map((table, index) => (
        <details key={table.name} open={index === 0}>
          <summary title={table.about}>
            <RightOutlined className="schema-arrow" />
            <TableOutlined />
            <span>{table.name}</span>
            <small>{table.columns.length}</small>
          </summary>
          <ul>
            {table.columns.map((column) => (
              <li key={column.name}>
                <button type="button" title={column.about} onClick={() => onPick(column.name)}>
                  <span className="mono">{column.name}</span>
                  <small>{column.type.toLowerCase()}</small>
                </button>
              </li>
            ))}
          </ul>
        </details>
      ))}
    </aside>
  );
}
